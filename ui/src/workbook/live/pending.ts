import { type Area, isInside, type Place, parseCell, parseRange } from "../cells/address";
import type { Edit, Style } from "./frames";

type CellEdit = Extract<Edit, { op: "set" | "clear" | "format" }>;

const isCellEdit = (edit: Edit): edit is CellEdit => edit.op === "set" || edit.op === "clear" || edit.op === "format";

/** The cells an edit writes to, or nothing for edits that move cells about. */
export function areaOf(edit: Edit): { sheet: string; area: Area } | undefined {
  if (!isCellEdit(edit)) return undefined;
  if (edit.op !== "set") return { sheet: edit.sheet, area: parseRange(edit.range) };
  const { row, column } = parseCell(edit.cell);
  return { sheet: edit.sheet, area: { startRow: row, endRow: row, startColumn: column, endColumn: column } };
}

const touches = (edit: Edit, sheet: string, place: Place) => {
  const written = areaOf(edit);
  return written !== undefined && written.sheet === sheet && isInside(place, written.area);
};

/** Whether an unacknowledged edit decides what a cell shows, so that older news must not overwrite it. */
export const isPending = (edits: readonly Edit[], sheet: string, place: Place) =>
  edits.some((edit) => touches(edit, sheet, place));

/** What a cell will hold once the edits are taken, given what it holds for the server now. */
export function inputAfter(edits: readonly Edit[], sheet: string, place: Place, input: string): string {
  const last = edits.findLast((edit) => edit.op !== "format" && touches(edit, sheet, place));
  if (!last) return input;
  return last.op === "set" ? last.input : "";
}

/** How a cell will look once the edits are taken. */
export function styleAfter(edits: readonly Edit[], sheet: string, place: Place, style: Style): Style {
  const formats = edits.flatMap((edit) => (edit.op === "format" && touches(edit, sheet, place) ? [edit.style] : []));
  return Object.assign({ ...style }, ...formats);
}
