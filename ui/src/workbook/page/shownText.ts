import type { Kept } from "../cells/Cells";
import type { OpenWorkbook } from "../OpenWorkbook";

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 10 });

/** What a cell shows, as a text: formatted as the grid formats it. */
export function shownText(open: OpenWorkbook, cell: Kept | undefined): string {
  if (!cell) return "";
  const { value, state, style, sheet, row, column } = cell;
  if (state === "loading" && value === null) return "loading";
  if (typeof value !== "number") return String(value ?? "");
  const formatted = style?.number_format && open.view.sheetOf(sheet)?.getRange(row, column).getDisplayValue();
  return formatted || number.format(value);
}
