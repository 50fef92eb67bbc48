import type { Cell, Shift } from "../live/frames";
import { type Area, isInside, type Place, parseCell } from "./address";
import { shiftedPlace } from "./shifting";

export type Kept = Cell & Place;

const COLUMNS = 16_384;
const keyOf = (row: number, column: number) => row * COLUMNS + column;
const placeOf = (key: number): Place => ({ row: Math.floor(key / COLUMNS), column: key % COLUMNS });

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

  copy(): Cells {
    const copy = new Cells();
    for (const [name, cells] of this.#sheets) copy.#sheets.set(name, new Map(cells));
    return copy;
  }

  /** Forget the cells of every other sheet. */
  keepOnly(sheets: ReadonlySet<string>): void {
    for (const name of this.#sheets.keys()) if (!sheets.has(name)) this.#sheets.delete(name);
  }

  /** Let a sheet's cells be found where they went. */
  shift(sheet: string, shift: Shift): void {
    const moved = new Map<number, Kept>();
    for (const [key, cell] of this.#of(sheet)) {
      const place = shiftedPlace(placeOf(key), shift);
      if (place) moved.set(keyOf(place.row, place.column), cell);
    }
    this.#sheets.set(sheet, moved);
  }

  /** Where a sheet looks otherwise than a sheet among other cells. */
  differences(sheet: string, others: Cells, other: string): Place[] {
    const [own, theirs] = [this.#of(sheet), others.#of(other)];
    const keys = new Set([...own.keys(), ...theirs.keys()]);
    return [...keys].filter((key) => !looksSame(own.get(key), theirs.get(key))).map(placeOf);
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

const looksSame = (one: Kept | undefined, other: Kept | undefined) =>
  one === other ||
  (one?.input === other?.input &&
    one?.value === other?.value &&
    one?.state === other?.state &&
    JSON.stringify(one?.style) === JSON.stringify(other?.style));
