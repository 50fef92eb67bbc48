import createFetchClient, { type Middleware } from "openapi-fetch";
import createQueryHooks from "openapi-react-query";
import type { components, paths } from "./schema";

export type Schema = components["schemas"];

/** The server refused, or did not answer at all (status 0). The message is a sentence for people. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    sentence: string,
  ) {
    super(sentence);
  }
}

export const isRefusal = (error: unknown, status: number) => error instanceof Refusal && error.status === status;

/** What to show of an error, whatever was thrown. */
export const sentenceOf = (error: unknown) =>
  error instanceof Refusal ? error.message : "Something went wrong in this page. Reload it and try again.";

type Detail = string | { message: string } | { msg: string; loc: string[] }[];

/** Every refusal of the server is `{"detail": …}`; what is not comes from something in between. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const body: { detail?: Detail } = await response.json().catch(() => ({}));
  return new Refusal(response.status, sentenceIn(body.detail) ?? `The server answered ${response.status}.`);
}

function sentenceIn(detail?: Detail): string | undefined {
  if (Array.isArray(detail)) return detail.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join(" ");
  return typeof detail === "object" ? detail.message : detail;
}

const refusing: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await refusalOf(response);
  },
  onError({ error }) {
    const isAborted = error instanceof DOMException && error.name === "AbortError";
    return isAborted ? error : new Refusal(0, "GridOS does not answer. Check your connection and try again.");
  },
};

/** Calls throw a Refusal; an answer that is none has its `data`. */
export const client = createFetchClient<paths>({
  baseUrl: globalThis.location?.origin,
  // Looked up at each call, so that a test may stand in for the server.
  fetch: (request) => globalThis.fetch(request),
});
client.use(refusing);

export const api = createQueryHooks(client);
