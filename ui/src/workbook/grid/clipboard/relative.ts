import { columnLetters, columnNumber, type Place } from "../../cells/address";

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

const REFERENCE =
  /"(?:[^"]|"")*"|'(?:[^']|'')*'|(?<![\w.])(?:(\$?)([A-Za-z]{1,3})(\$?)(\d{1,7})|(\$?)([A-Za-z]{1,3})(?=:\$?[A-Za-z]{1,3}(?![\w(!]))|(?<=:)(\$?)([A-Za-z]{1,3}))(?![\w(!.])/g;

/** The other way round: the formula of a cell in terms of distances. Whole rows (`1:3`) stay as they are. */
export function distances(formula: string, at: Place): string {
  return formula.replace(REFERENCE, (whole, ...groups: (string | undefined)[]) => {
    const [fixed = "", letters, fixedRow, digits, ...columns] = groups;
    if (letters !== undefined) {
      const row = part("R", fixedRow === "$", Number(digits) - 1, at.row);
      return `${row}${part("C", fixed === "$", columnNumber(letters.toUpperCase()), at.column)}`;
    }
    const alone = columns[1] ?? columns[3];
    const isFixed = (columns[1] === undefined ? columns[2] : columns[0]) === "$";
    return alone === undefined ? whole : part("C", isFixed, columnNumber(alone.toUpperCase()), at.column);
  });
}

const part = (axis: "R" | "C", isFixed: boolean, number: number, here: number) =>
  isFixed ? `${axis}${number + 1}` : `${axis}[${number - here}]`;
