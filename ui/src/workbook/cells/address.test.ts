import { expect, test } from "vitest";
import { cellAddress, columnLetters, columnNumber, parseRange, rangeAddress, rectangles } from "./address";

test("columns are counted in letters, as in every spreadsheet", () => {
  expect([0, 25, 26, 701, 702, 16_383].map(columnLetters)).toEqual(["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
  expect(["A", "Z", "AA", "XFD"].map(columnNumber)).toEqual([0, 25, 26, 16_383]);
});

test("ranges are read as they are written", () => {
  for (const address of ["B2", "B2:C3"]) expect(rangeAddress(parseRange(address))).toBe(address);
  expect(parseRange("B:C")).toMatchObject({ startRow: 0, startColumn: 1, endColumn: 2 });
  expect(parseRange("2:3")).toMatchObject({ startRow: 1, endRow: 2, startColumn: 0 });
});

test("cells are gathered into as few rectangles as their rows allow", () => {
  const cells = ["A1", "B1", "A2", "B2", "D5"].map((address) => parseRange(address));
  const areas = rectangles(cells.map(({ startRow, startColumn }) => ({ row: startRow, column: startColumn })));
  expect(areas.map(rangeAddress)).toEqual(["A1:B2", "D5"]);
  expect(cellAddress({ row: 4, column: 3 })).toBe("D5");
});
