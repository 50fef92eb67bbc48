import { expect, test } from "vitest";
import type { Kept } from "../../cells/Cells";
import type { Cell } from "../../live/frames";
import { readTable } from "./readTable";
import { readText } from "./readText";
import { type Copied, writeTable, writeText } from "./writing";

function kept(row: number, column: number, cell: Partial<Cell>): Kept {
  return { sheet: "Sheet1", cell: "", input: String(cell.value ?? ""), value: null, state: "ok", row, column, ...cell };
}

const COPIED: Copied = {
  area: { startRow: 1, endRow: 3, startColumn: 1, endColumn: 2 },
  rows: [
    [kept(1, 1, { value: 'a "head" <b>', style: { bold: true, background: "#ffeeaa" } }), undefined],
    [kept(2, 1, { value: "two\nlines" }), kept(2, 2, { value: 1234.5, style: { number_format: "#,##0.00" } })],
    [
      kept(3, 1, { value: true }),
      kept(3, 2, { value: 2469, input: "=C3*2", style: { number_format: '0 "kg"', underline: true, strike: true } }),
    ],
  ],
  merges: [{ startRow: 1, endRow: 1, startColumn: 1, endColumn: 2 }],
};

test("as text, cells with line breaks and quotes are quoted and numbers are as shown", () => {
  const text = writeText(COPIED);
  expect(text).toBe('"a ""head"" <b>"\t\n"two\nlines"\t1,234.50\nTRUE\t2469 kg');
  expect(readText(text).cells.map(({ input }) => input)).toEqual([
    'a "head" <b>',
    "two\nlines",
    "1,234.50",
    "TRUE",
    "2469 kg",
  ]);
});

test("as a page, everything comes back: values, formulas, looks, merged cells", () => {
  const clip = readTable(writeTable(COPIED, "x1"));
  expect(clip?.merges).toEqual([{ startRow: 0, endRow: 0, startColumn: 0, endColumn: 1 }]);
  expect(clip?.cells).toEqual([
    { row: 0, column: 0, input: 'a "head" <b>', style: { bold: true, background: "#ffeeaa" } },
    { row: 1, column: 0, input: "two\nlines", style: {} },
    { row: 1, column: 1, input: "1234.5", style: { number_format: "#,##0.00" } },
    { row: 2, column: 0, input: "TRUE", style: {} },
    {
      row: 2,
      column: 1,
      input: "2469",
      relative: "=R[-1]C[0]*2",
      style: { underline: true, strike: true, number_format: '0 "kg"' },
    },
  ]);
});
