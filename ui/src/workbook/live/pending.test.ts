import { expect, test } from "vitest";
import type { Edit } from "./frames";
import { Pending } from "./pending";

const B2 = { row: 1, column: 1 };
const edits: Edit[] = [
  { op: "set", sheet: "Sheet1", cell: "B2", input: "=1" },
  { op: "format", sheet: "Sheet1", range: "A1:C3", style: { bold: true } },
  { op: "clear", sheet: "Sheet1", range: "B:B" },
  { op: "insert_rows", sheet: "Sheet1", at: 1, count: 1 },
];

test("the last unacknowledged edit decides what a cell holds", () => {
  const pending = new Pending(edits);
  expect(pending.inputAfter("Sheet1", B2, "old")).toBe("");
  expect(new Pending(edits.slice(0, 2)).inputAfter("Sheet1", B2, "old")).toBe("=1");
  expect(new Pending(edits.toReversed()).inputAfter("Sheet1", B2, "old")).toBe("=1");
  expect(pending.inputAfter("Sheet1", { row: 1, column: 2 }, "old")).toBe("old");
});

test("formats are laid over each other", () => {
  expect(new Pending(edits).styleAfter("Sheet1", B2, { italic: true })).toEqual({ italic: true, bold: true });
  expect(new Pending(edits).styleAfter("Sheet2", B2, {})).toEqual({});
});

test("a cell of another sheet is not pending", () => {
  expect(new Pending(edits).decides("Sheet1", { row: 900, column: 1 })).toBe(true);
  expect(new Pending(edits).decides("Sheet2", B2)).toBe(false);
});
