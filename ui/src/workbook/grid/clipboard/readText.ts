import type { Clip, ClipCell } from "./clip";

/**
 * A table as plain text: tabs between cells, line breaks between rows.
 *
 * Every spreadsheet puts a cell in quotes when it holds a tab, a line break or begins with a quote.
 */
export function readText(text: string): Clip {
  const cells: ClipCell[] = [];
  let [row, column, columns] = [0, 0, 0];
  const pieces = text.replace(/\r\n?/g, "\n").matchAll(/("(?:[^"]|"")*"(?=[\t\n]|$)|[^\t\n]*)([\t\n]|$)/g);
  for (const [whole, cell = "", end] of pieces) {
    const isLastLine = whole === "" && column === 0 && row > 0;
    if (isLastLine) break;
    const input = isQuoted(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell;
    if (input !== "") cells.push({ row, column, input, style: {} });
    column += 1;
    columns = Math.max(columns, column);
    if (end === "\t") continue;
    row += 1;
    column = 0;
    if (end === "") break;
  }
  return { rows: row, columns, cells, merges: [], hasLooks: false };
}

/** A lone pair of quotes is somebody's own text. */
const isQuoted = (cell: string) => cell.length > 1 && cell.startsWith('"') && /[\t\n"]/.test(cell.slice(1, -1));
