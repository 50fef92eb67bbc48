import { columnLetters, type Place } from "../../cells/address";

const PIECE = /"(?:[^"]|"")*"|'(?:[^']|'')*'|(?<![\w.])(?:R(\[-?\d+\]|\d+))?(?:C(\[-?\d+\]|\d+))?(?![\w(.[])/g;

/** A formula in terms of distances, written out for the cell it lands in; undefined when it would reach outside. */
export function landed(formula: string, at: Place): string | undefined {
  let isInside = true;
  const written = formula.replace(PIECE, (whole, row: string | undefined, column: string | undefined) => {
    if (row === undefined && column === undefined) return whole;
    const letters = column === undefined ? "" : name(column, at.column, (number) => columnLetters(number));
    const digits = row === undefined ? "" : name(row, at.row, (number) => String(number + 1));
    if (letters === undefined || digits === undefined) isInside = false;
    return `${letters}${digits}`;
  });
  return isInside ? written : undefined;
}

/** `[-1]` is a distance from here, `3` the third one wherever the formula stands. */
function name(part: string, here: number, write: (number: number) => string): string | undefined {
  if (!part.startsWith("[")) return `$${write(Number(part) - 1)}`;
  const number = here + Number(part.slice(1, -1));
  return number < 0 ? undefined : write(number);
}
