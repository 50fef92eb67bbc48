import { expect, test } from "vitest";
import type { Clip } from "./clip";
import { landingOf } from "./landing";

const at = (startRow: number, startColumn: number, endRow = startRow, endColumn = startColumn) => ({
  startRow,
  startColumn,
  endRow,
  endColumn,
});

const CLIP: Clip = {
  rows: 2,
  columns: 2,
  cells: [
    { row: 0, column: 0, input: "a", style: {} },
    { row: 1, column: 1, input: "2", style: {}, relative: "=R[-1]C[-1]" },
  ],
  merges: [at(0, 0, 0, 1)],
  hasLooks: true,
};

const landing = (selected: ReturnType<typeof at>) => {
  const found = landingOf(CLIP, selected);
  if (typeof found === "string") throw new Error(found);
  return found;
};

test("a clip covers its own size from the selected cell on, and empties what it does not fill", () => {
  const { area, cells, merges } = landing(at(4, 2, 6, 2));
  expect(area).toEqual(at(4, 2, 5, 3));
  expect(cells.map(({ input }) => input)).toEqual(["a", "", "", "=C5"]);
  expect(merges).toEqual([at(4, 2, 4, 3)]);
});

test("a selection that is a multiple of the clip is filled with it", () => {
  const { area, cells } = landing(at(0, 0, 3, 1));
  expect(area).toEqual(at(0, 0, 3, 1));
  expect(cells.map(({ input }) => input)).toEqual(["a", "", "", "=A1", "a", "", "", "=A3"]);
});

test("what does not fit is refused with a sentence", () => {
  expect(landingOf(CLIP, at(99_999, 0))).toContain("100,000 rows");
  expect(landingOf(CLIP, at(0, 999))).toContain("1,000 columns");
  expect(landingOf({ ...CLIP, rows: 100_000, columns: 3 }, at(0, 0))).toContain("200,000 cells");
  const filled = {
    ...CLIP,
    cells: Array.from({ length: 60_000 }, (_, row) => ({ row, column: 0, input: "1", style: {} })),
  };
  expect(landingOf({ ...filled, rows: 60_000, columns: 1 }, at(0, 0, 59_999, 1))).toContain("100,000 filled cells");
});
