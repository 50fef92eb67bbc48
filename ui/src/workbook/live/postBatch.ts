import type { Batch } from "./LiveLine";

/** What a server says to edits that are too large for a frame, in the words of its frames. */
export type Reply = { type: "ack"; seq: number } | { type: "refused"; code: string; message: string };

/** Send edits through HTTP, under the same kind of id. Undefined when nobody answered, or the answer is to try again. */
export async function postBatch(url: string, { id, base_seq, edits }: Batch): Promise<Reply | undefined> {
  try {
    const answer = await fetch(url.replace(/^ws/, "http").replace(/live$/, "edits"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ id, base_seq, edits }),
    });
    const body: unknown = await answer.json();
    if (answer.ok) return { type: "ack", seq: (body as { seq: number }).seq };
    // A server that is away, or a session that has ended: the socket finds out, and says so.
    if (answer.status >= 500 || [401, 429].includes(answer.status)) return undefined;
    return { type: "refused", code: String(answer.status), message: sentence((body as { detail?: unknown }).detail) };
  } catch {
    return undefined;
  }
}

function sentence(detail: unknown): string {
  if (typeof detail === "string") return detail;
  const message = (detail as { message?: unknown } | null | undefined)?.message;
  return typeof message === "string" ? message : "This could not be changed.";
}
