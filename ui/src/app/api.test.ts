import { expect, it, vi } from "vitest";
import { client, Refusal, sentenceOf } from "./api";
import { refuse, serve } from "./testing/server";

const refused = async (answer: Response) => {
  serve({ "GET /workbooks": answer });
  return client.GET("/workbooks").then(
    () => undefined,
    (error: unknown) => error as Refusal,
  );
};

it.each([
  ["There is nothing here.", "There is nothing here."],
  [{ code: "vault_locked", message: "The vault is locked." }, "The vault is locked."],
  [[{ loc: ["body", "title"], msg: "This member is missing." }], "title: This member is missing."],
])("shows the server's own sentence, however it is packed: %j", async (detail, sentence) => {
  const error = await refused(refuse(404, detail));
  expect(error).toMatchObject({ status: 404, message: sentence });
});

it("says the status of an answer that is not the server's", async () => {
  expect(await refused(new Response("<h1>Bad Gateway</h1>", { status: 502 }))).toMatchObject({
    status: 502,
    message: "The server answered 502.",
  });
});

it("says that nobody answers, and keeps a call that was given up apart from that", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(client.GET("/workbooks")).rejects.toMatchObject({ status: 0, message: /does not answer/ });
  vi.stubGlobal("fetch", () => Promise.reject(new DOMException("", "AbortError")));
  await expect(client.GET("/workbooks")).rejects.not.toBeInstanceOf(Refusal);
});

it("never shows a mistake of ours word by word", () => {
  expect(sentenceOf(new TypeError("x is undefined"))).not.toContain("undefined");
});
