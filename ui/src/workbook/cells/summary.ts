import type { Kept } from "./Cells";

export interface Summary {
  count: number;
  numbers: number;
  sum: number;
}

/** What a spreadsheet tells of a selection: filled cells, and the numbers among them. */
export function summaryOf(cells: Iterable<Kept>): Summary {
  const summary = { count: 0, numbers: 0, sum: 0 };
  for (const { value, state } of cells) {
    if (value === null || value === "" || state === "loading") continue;
    summary.count += 1;
    if (typeof value !== "number") continue;
    summary.numbers += 1;
    summary.sum += value;
  }
  return summary;
}

/** Cells that wait, and cells that show an error, by row and column. */
export function troubles(cells: Iterable<Kept>): { waiting: number; errors: Kept[] } {
  let waiting = 0;
  const errors: Kept[] = [];
  for (const cell of cells) {
    if (cell.state === "loading") waiting += 1;
    if (cell.state === "error") errors.push(cell);
  }
  errors.sort((one, other) => one.row - other.row || one.column - other.column);
  return { waiting, errors };
}
