import {
  FindBy,
  FindDirection,
  FindModel,
  FindScope,
  type IFindMatch,
  type IFindMoveParams,
  type IFindQuery,
} from "@univerjs/find-replace";
import { Subject } from "rxjs";
import { cellAddress, type Place } from "../../cells/address";
import type { Kept } from "../../cells/Cells";
import type { Edit } from "../../live/frames";
import type { OpenWorkbook } from "../../OpenWorkbook";
import { type Searching, searching } from "./search";

export type Hit = IFindMatch<Place & { sheet: string }>;

/** Changes of cells within this time are looked through at once. A long search is not repeated all the time. */
const PAUSE_MS = 300;
const PAUSES_PER_SEARCH = 4;

/**
 * The cells that show what somebody looks for, in reading order.
 *
 * It looks through what the server says, cell by filled cell: the grid's own search reads every cell of a sheet, and
 * does so again after each change.
 */
export class Hits extends FindModel {
  readonly matchesUpdate$ = new Subject<Hit[]>();
  readonly activelyChangingMatch$ = new Subject<Hit>();
  readonly #searching: Searching;
  #hits: Hit[] = [];
  #at = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = PAUSE_MS;

  constructor(
    private readonly open: OpenWorkbook,
    private readonly query: IFindQuery,
    private readonly changed: () => void,
  ) {
    super();
    this.#searching = searching({
      text: query.findString,
      isExactCase: query.caseSensitive,
      isWholeCell: query.matchesTheWholeCell,
      inFormulas: query.findBy === FindBy.FORMULA,
    });
    this.#search();
    this.#follow();
  }

  override dispose(): void {
    super.dispose();
    clearTimeout(this.#timer);
  }

  get unitId(): string {
    return this.open.view.workbook?.getId() ?? "";
  }

  getMatches(): Hit[] {
    return this.#hits;
  }

  has(sheet: string, row: number, column: number): boolean {
    const cell = this.#sheets().includes(sheet) ? this.open.find(sheet, row, column) : undefined;
    return cell !== undefined && this.#searching.finds(cell);
  }

  moveToNextMatch(how: IFindMoveParams = {}): Hit | null {
    return this.#move(1, how);
  }

  moveToPreviousMatch(how: IFindMoveParams = {}): Hit | null {
    return this.#move(-1, how);
  }

  async replace(by: string): Promise<boolean> {
    const hit = this.#hits[this.#at];
    const edit = hit && this.#replacing(hit, by);
    if (!edit) return false;
    this.open.edit([edit]);
    const next = this.#move(1, { loop: true });
    if (next) this.activelyChangingMatch$.next(next);
    return true;
  }

  async replaceAll(by: string): Promise<{ success: number; failure: number }> {
    const edits = this.#hits.flatMap((hit) => this.#replacing(hit, by) ?? []);
    const isTaken = edits.length > 0 && this.open.edit(edits);
    const success = isTaken ? edits.length : 0;
    return { success, failure: this.#hits.length - success };
  }

  /** A hit is selected as soon as it is reached. */
  focusSelection(): void {}

  #follow(): void {
    let seen = this.#scene();
    const end = this.open.shown.watch(() => {
      const now = this.#scene();
      if (now === seen) return;
      seen = now;
      this.#timer ??= setTimeout(() => this.#searchAgain(), this.#pause);
    });
    this.disposeWithMe({ dispose: end });
  }

  /** What a search depends on: the cells, and which sheet is looked at. */
  #scene(): string {
    return `${this.open.shown.get().revision} ${this.#sheets()}`;
  }

  #sheets(): string[] {
    const { workbook, selection } = this.open.shown.get();
    const all = workbook?.sheets.map(({ name }) => name) ?? [];
    return this.query.findScope === FindScope.UNIT ? all : [selection?.sheet ?? all[0] ?? ""];
  }

  #searchAgain(): void {
    this.#timer = undefined;
    const current = this.#hits[this.#at];
    this.#search();
    this.#at = current ? this.#hits.findIndex((hit) => isSame(hit, current)) : -1;
    this.matchesUpdate$.next(this.#hits);
  }

  #search(): void {
    const start = performance.now();
    this.#hits = this.#sheets().flatMap((sheet) => this.#searchIn(sheet));
    this.#pause = Math.max(PAUSE_MS, PAUSES_PER_SEARCH * (performance.now() - start));
    this.changed();
  }

  #searchIn(sheet: string): Hit[] {
    const found: Kept[] = [];
    for (const cell of this.open.cells.of(sheet)) if (this.#searching.finds(cell)) found.push(cell);
    return found.sort(this.#order).map((cell) => this.#hit(cell));
  }

  #order = (one: Place, other: Place): number =>
    this.query.findDirection === FindDirection.COLUMN
      ? one.column - other.column || one.row - other.row
      : one.row - other.row || one.column - other.column;

  #hit(cell: Kept): Hit {
    const { sheet, row, column } = cell;
    const replaceable = this.open.isEditable && this.#searching.replaced(cell, "") !== undefined;
    return { provider: "server", unitId: this.unitId, replaceable, range: { sheet, row, column } };
  }

  #move(step: 1 | -1, { loop, stayIfOnMatch, noFocus }: IFindMoveParams): Hit | null {
    const { length } = this.#hits;
    if (length === 0) return null;
    if (this.#at < 0) this.#at = this.#fromSelection(step);
    else if (!stayIfOnMatch) this.#at += step;
    if (!loop && !this.#hits[this.#at]) this.#at = -1;
    else this.#at = (this.#at + length) % length;
    const hit = this.#hits[this.#at] ?? null;
    if (hit && !noFocus) this.open.goTo(hit.range.sheet, hit.range);
    return hit;
  }

  /** The first hit from the selected cell on, or the last one before it. */
  #fromSelection(step: 1 | -1): number {
    const { workbook, selection } = this.open.shown.get();
    if (!selection) return step > 0 ? 0 : this.#hits.length - 1;
    const sheets = workbook?.sheets.map(({ name }) => name) ?? [];
    const here = { row: selection.area.startRow, column: selection.area.startColumn };
    const distance = ({ range }: Hit) =>
      sheets.indexOf(range.sheet) - sheets.indexOf(selection.sheet) || this.#order(range, here);
    const next = this.#hits.findIndex((hit) => distance(hit) >= 0);
    if (step > 0) return Math.max(next, 0);
    return (next < 0 ? this.#hits.length : next) - 1;
  }

  #replacing({ replaceable, range: { sheet, row, column } }: Hit, by: string): Edit | undefined {
    const cell = this.open.find(sheet, row, column);
    const input = replaceable && cell ? this.#searching.replaced(cell, by) : undefined;
    return input === undefined ? undefined : { op: "set", sheet, cell: cellAddress({ row, column }), input };
  }
}

const isSame = ({ range: one }: Hit, { range: other }: Hit) =>
  one.sheet === other.sheet && one.row === other.row && one.column === other.column;
