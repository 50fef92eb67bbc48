import { vi } from "vitest";

/** One request the page made. */
export interface Asked {
  what: string;
  body: unknown;
}

type Answer = unknown | Response | ((body: never) => unknown);

/**
 * Plays the server: answers by "METHOD /path", and remembers what it was asked.
 *
 * An answer is a body, a Response, or a function of the request's body that gives either, perhaps later.
 */
export function serve(answers: Record<string, Answer>): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const what = `${request.method} ${new URL(request.url).pathname}`;
    const text = await request.text();
    const body: unknown = text ? JSON.parse(text) : undefined;
    asked.push({ what, body });
    if (!(what in answers)) return refuse(404, "There is nothing here.");
    const answer = answers[what];
    const given = await Promise.race([
      typeof answer === "function" ? answer(body) : answer,
      new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => reject(request.signal.reason));
      }),
    ]);
    return given instanceof Response ? given.clone() : Response.json(given);
  });
  return asked;
}

export const refuse = (status: number, detail: unknown) => Response.json({ detail }, { status });

/** An answer that comes when it is told to. */
export function later<Body>() {
  let come: (body: Body) => void = () => {};
  const answer = new Promise<Body>((resolve) => {
    come = resolve;
  });
  return { answer, come };
}

export const bodiesOf = (asked: Asked[], what: string) =>
  asked.filter((one) => one.what === what).map(({ body }) => body);
