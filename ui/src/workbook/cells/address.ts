/** A rectangle of cells, counted from 0; both ends belong to it. */
export interface Area {
  startRow: number;
  endRow: number;
  startColumn: number;
  endColumn: number;
}

export interface Place {
  row: number;
  column: number;
}

/** 0 is `A`, 26 is `AA`. */
export function columnLetters(column: number): string {
  let letters = "";
  for (let left = column + 1; left > 0; left = Math.floor((left - 1) / 26)) {
    letters = String.fromCharCode(65 + ((left - 1) % 26)) + letters;
  }
  return letters;
}

export function columnNumber(letters: string): number {
  let number = 0;
  for (const letter of letters) number = number * 26 + letter.charCodeAt(0) - 64;
  return number - 1;
}

export const cellAddress = ({ row, column }: Place) => `${columnLetters(column)}${row + 1}`;

/** `B2`, or `B2:C3` for more than one cell. */
export function rangeAddress(area: Area): string {
  const first = cellAddress({ row: area.startRow, column: area.startColumn });
  const last = cellAddress({ row: area.endRow, column: area.endColumn });
  return first === last ? first : `${first}:${last}`;
}

const ADDRESS = /^\$?([A-Z]{1,3})\$?(\d{1,7})$/;

export function parseCell(address: string): Place {
  const [, letters = "A", digits = "1"] = ADDRESS.exec(address) ?? [];
  return { row: Number(digits) - 1, column: columnNumber(letters) };
}

const FURTHEST = 1_048_575;
const FURTHEST_COLUMN = 16_383;

/** `B2:C3`, `B2`, `B:C` or `2:3`; a whole column or row reaches to the end of every sheet. */
export function parseRange(address: string): Area {
  const [first = "A1", last = first] = address.split(":");
  if (/^\d+$/.test(first)) {
    return { startRow: Number(first) - 1, endRow: Number(last) - 1, startColumn: 0, endColumn: FURTHEST_COLUMN };
  }
  if (/^[A-Z]+$/.test(first)) {
    return { startRow: 0, endRow: FURTHEST, startColumn: columnNumber(first), endColumn: columnNumber(last) };
  }
  const [start, end] = [parseCell(first), parseCell(last)];
  return { startRow: start.row, endRow: end.row, startColumn: start.column, endColumn: end.column };
}

export const isInside = ({ row, column }: Place, area: Area) =>
  area.startRow <= row && row <= area.endRow && area.startColumn <= column && column <= area.endColumn;

export const overlaps = (one: Area, other: Area) =>
  one.startRow <= other.endRow &&
  other.startRow <= one.endRow &&
  one.startColumn <= other.endColumn &&
  other.startColumn <= one.endColumn;

/** Splits cells into rectangles: runs along a row, joined with equal runs of the rows below. */
export function rectangles(places: Iterable<Place>): Area[] {
  const sorted = [...places].sort((one, other) => one.row - other.row || one.column - other.column);
  const runs: Area[] = [];
  for (const { row, column } of sorted) {
    const last = runs.at(-1);
    if (last?.endRow === row && last.endColumn === column - 1) last.endColumn = column;
    else runs.push({ startRow: row, endRow: row, startColumn: column, endColumn: column });
  }
  const whole: Area[] = [];
  const lowest = new Map<string, Area>();
  for (const run of runs) {
    const columns = `${run.startColumn},${run.endColumn}`;
    const above = lowest.get(columns);
    if (above?.endRow === run.startRow - 1) {
      above.endRow = run.endRow;
    } else {
      whole.push(run);
      lowest.set(columns, run);
    }
  }
  return whole;
}
