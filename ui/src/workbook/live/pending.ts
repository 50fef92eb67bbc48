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

/**
 * What unacknowledged edits decide about.
 *
 * Thousands of cells are looked up at once, among as many edits of one paste: so they are found by their place.
 */
export class Pending {
  readonly #cells = new Map<string, { edit: CellEdit; index: number }[]>();
  readonly #areas: { edit: CellEdit; index: number; sheet: string; area: Area }[] = [];

  constructor(edits: Iterable<Edit>) {
    let index = 0;
    for (const edit of edits) {
      const written = areaOf(edit);
      if (written && isCellEdit(edit)) this.#keep(edit, index, written);
      index += 1;
    }
  }

  #keep(edit: CellEdit, index: number, written: { sheet: string; area: Area }): void {
    if (edit.op !== "set") {
      this.#areas.push({ edit, index, ...written });
      return;
    }
    const key = keyOf(written.sheet, { row: written.area.startRow, column: written.area.startColumn });
    const held = this.#cells.get(key);
    if (held) held.push({ edit, index });
    else this.#cells.set(key, [{ edit, index }]);
  }

  /** The edits that write to a cell, in their order. */
  #at(sheet: string, place: Place): CellEdit[] {
    const wide = this.#areas.filter((one) => one.sheet === sheet && isInside(place, one.area));
    const own = this.#cells.get(keyOf(sheet, place)) ?? [];
    return [...own, ...wide].sort((one, other) => one.index - other.index).map(({ edit }) => edit);
  }

  /** Whether an unacknowledged edit decides what a cell shows, so that older news must not overwrite it. */
  decides(sheet: string, place: Place): boolean {
    return this.#at(sheet, place).length > 0;
  }

  /** What a cell will hold once the edits are taken, given what it holds for the server now. */
  inputAfter(sheet: string, place: Place, input: string): string {
    const last = this.#at(sheet, place).findLast((edit) => edit.op !== "format");
    if (!last) return input;
    return last.op === "set" ? last.input : "";
  }

  /** How a cell will look once the edits are taken. */
  styleAfter(sheet: string, place: Place, style: Style): Style {
    const formats = this.#at(sheet, place).flatMap((edit) => (edit.op === "format" ? [edit.style] : []));
    return Object.assign({ ...style }, ...formats);
  }
}

const keyOf = (sheet: string, { row, column }: Place) => `${row},${column},${sheet}`;
