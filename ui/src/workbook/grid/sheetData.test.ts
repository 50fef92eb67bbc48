import { expect, test } from "vitest";
import type { Sheet } from "../live/frames";
import { layoutMutations, reaching } from "./sheetData";

const SHEET: Sheet = {
  id: 1,
  name: "Sheet1",
  rows: 1000,
  columns: 26,
  merges: [],
  sizes: { rows: {}, columns: {} },
  frozen: { rows: 0, columns: 0 },
};

test("a sheet is as large as its cells need, and the grid is told of nothing else", () => {
  const grown = reaching(SHEET, [
    { row: 1499, column: 0 },
    { row: 0, column: 28 },
  ]);
  expect(grown).toEqual({ ...SHEET, rows: 1500, columns: 29 });
  expect(layoutMutations(grown, SHEET).map(({ id }) => id)).toEqual([
    "sheet.mutation.set-worksheet-row-count",
    "sheet.mutation.set-worksheet-column-count",
  ]);
});

test("cells inside leave a sheet the very same", () => {
  expect(reaching(SHEET, [{ row: 999, column: 25 }])).toBe(SHEET);
});
