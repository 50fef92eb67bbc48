import { expect, test } from "vitest";
import type { Edit } from "./frames";
import { inputAfter, isPending, styleAfter } from "./pending";

const B2 = { row: 1, column: 1 };
const edits: Edit[] = [
  { op: "set", sheet: "Sheet1", cell: "B2", input: "=1" },
  { op: "format", sheet: "Sheet1", range: "A1:C3", style: { bold: true } },
  { op: "clear", sheet: "Sheet1", range: "B:B" },
  { op: "insert_rows", sheet: "Sheet1", at: 1, count: 1 },
];

test("the last unacknowledged edit decides what a cell holds", () => {
  expect(inputAfter(edits, "Sheet1", B2, "old")).toBe("");
  expect(inputAfter(edits.slice(0, 2), "Sheet1", B2, "old")).toBe("=1");
  expect(inputAfter(edits, "Sheet1", { row: 1, column: 2 }, "old")).toBe("old");
});

test("formats are laid over each other", () => {
  expect(styleAfter(edits, "Sheet1", B2, { italic: true })).toEqual({ italic: true, bold: true });
  expect(styleAfter(edits, "Sheet2", B2, {})).toEqual({});
});

test("a cell of another sheet is not pending", () => {
  expect(isPending(edits, "Sheet1", { row: 900, column: 1 })).toBe(true);
  expect(isPending(edits, "Sheet2", B2)).toBe(false);
});
