import type { ICellData } from "@univerjs/core";
import { typedNumber } from "./clipboard/shownValue";

const FORCED_TEXT = 4;
const BOOLEAN = 3;

/**
 * What somebody would have to type for a cell to hold what the grid holds. `formula` starts with `=` or is empty.
 *
 * A number under a format of dates or times is written as one, where that says it exactly.
 */
export function typedOf(formula: string, cell: ICellData | null | undefined, pattern?: string): string {
  if (formula) return formula;
  const value = plainText(cell) ?? cell?.v;
  if (value === null || value === undefined || value === "") return "";
  if (cell?.t === BOOLEAN || typeof value === "boolean") return value && value !== "FALSE" ? "TRUE" : "FALSE";
  if (typeof value === "number") return typedNumber(value, pattern);
  return cell?.t === FORCED_TEXT ? `'${value}` : String(value);
}

/** A text with line breaks or pasted formats is kept as a small document; its last line break is not part of it. */
function plainText(cell: ICellData | null | undefined): string | undefined {
  return cell?.p?.body?.dataStream.replace(/\r\n$/, "").replaceAll("\r", "\n");
}
