import { expect, test } from "vitest";
import type { Shift } from "../live/frames";
import { parseRange, rangeAddress } from "./address";
import { followedArea, shiftedArea, shiftedPlace } from "./shifting";

const rows = (at: number, count: number): Shift => ({ sheet: 1, axis: "rows", at, count });
const columns = (at: number, count: number): Shift => ({ sheet: 1, axis: "columns", at, count });

test.each([
  ["B4:C6", rows(4, 2), "B6:C8"],
  ["B4:C6", rows(5, 2), "B4:C8"],
  ["B4:C6", rows(7, 2), "B4:C6"],
  ["B4:C6", rows(1, -3), "B1:C3"],
  ["B4:C6", rows(6, -9), "B4:C5"],
  ["B4:C6", rows(3, -2), "B3:C4"],
  ["B4:C6", rows(2, -9), undefined],
  ["B4:C6", columns(1, 1), "C4:D6"],
  ["B4:C6", columns(2, -1), "B4:B6"],
])("%s goes where its cells go", (address, shift, expected) => {
  const area = shiftedArea(parseRange(address), shift);
  expect(area && rangeAddress(area)).toBe(expected);
});

test("a cell goes along, or is gone", () => {
  expect(shiftedPlace({ row: 3, column: 0 }, rows(4, 2))).toEqual({ row: 5, column: 0 });
  expect(shiftedPlace({ row: 3, column: 0 }, rows(4, -1))).toBeUndefined();
});

test.each([
  ["B4", [rows(4, -1)], "B4"],
  ["B10", [rows(8, -3)], "B7"],
  ["B1:B10", [rows(1, 1), rows(1, 1)], "B1:B12"],
  ["B1:B10", [rows(2, -4)], "B1:B6"],
])("of ten rows a selection of %s stays one", (address, moves, expected) => {
  expect(rangeAddress(followedArea(parseRange(address), moves, { rows: 10, columns: 5 }))).toBe(expected);
});
