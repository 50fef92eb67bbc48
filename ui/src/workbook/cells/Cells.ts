import type { Cell } from "../live/frames";
import { type Area, isInside, type Place, parseCell } from "./address";

export type Kept = Cell & Place;

const keyOf = (row: number, column: number) => row * 16_384 + column;

/** What the server says every cell holds and shows. What is empty and without a style is not kept. */
export class Cells {
  readonly #sheets = new Map<string, Map<number, Kept>>();

  /** Take in cells of a frame, and give them with their places. */
  put(cells: readonly Cell[]): Kept[] {
    return cells.map((cell) => {
      const kept = { ...cell, ...parseCell(cell.cell) };
      const sheet = this.#of(cell.sheet);
      const key = keyOf(kept.row, kept.column);
      if (isBlank(cell)) sheet.delete(key);
      else sheet.set(key, kept);
      return kept;
    });
  }

  clear(): void {
    this.#sheets.clear();
  }

  find(sheet: string, { row, column }: Place): Kept | undefined {
    return this.#sheets.get(sheet)?.get(keyOf(row, column));
  }

  of(sheet: string): Iterable<Kept> {
    return this.#sheets.get(sheet)?.values() ?? [];
  }

  within(sheet: string, area: Area): Kept[] {
    return [...this.of(sheet)].filter((cell) => isInside(cell, area));
  }

  #of(sheet: string): Map<number, Kept> {
    const found = this.#sheets.get(sheet) ?? new Map<number, Kept>();
    this.#sheets.set(sheet, found);
    return found;
  }
}

const isBlank = ({ input, value, state, style }: Cell) =>
  input === "" && value === null && state === "ok" && style === undefined;
