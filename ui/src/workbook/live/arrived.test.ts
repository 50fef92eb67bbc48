import { expect, test } from "vitest";
import { arrivalSentence, withArrivals } from "./arrived";
import type { Cell } from "./frames";

const ASKED = { plugin: "stripe", owner_email: "ada@example.com" };
const cell = (state: Cell["state"], connection?: Cell["connection"]): Cell => ({
  sheet: "Sheet1",
  cell: "A1",
  input: "=X()",
  value: 1,
  state,
  connection,
});

test("only cells that were asked and answered are counted", () => {
  const cells = [cell("ok", ASKED), cell("loading", ASKED), cell("error", ASKED), cell("ok"), cell("error")];
  expect(withArrivals({ answers: 10, troubles: 0 }, cells)).toEqual({ answers: 12, troubles: 1 });
});

test.each([
  [1, 0, "1 answer arrived"],
  [12, 1, "12 answers arrived, 1 needs attention"],
  [2, 2, "2 answers arrived, 2 need attention"],
])("%d answers of which %d failed", (answers, troubles, sentence) => {
  expect(arrivalSentence({ answers, troubles })).toBe(sentence);
});
