import { ArrivingCells } from "./ArrivingCells";
import { type Area, type Place, rangeAddress } from "./cells/address";
import { Cells, type Kept } from "./cells/Cells";
import { followedArea, movesOf, shiftedPlace } from "./cells/shifting";
import type { Clip } from "./grid/clipboard/clip";
import { landingOf } from "./grid/clipboard/landing";
import { pasteInto } from "./grid/clipboard/pasteInto";
import type { Grid } from "./grid/createGrid";
import { followGrid } from "./grid/followGrid";
import { GridView } from "./grid/GridView";
import { MOST_EDITS } from "./grid/limits";
import { Outbox } from "./grid/Outbox";
import { showPresence } from "./grid/presence";
import { type Arrived, withArrivals } from "./live/arrived";
import type { Cell, Edit, Layout, Present, ServerFrame, Shift, Workbook } from "./live/frames";
import { type Batch, LiveLine, type Standing } from "./live/LiveLine";
import { areaOf } from "./live/pending";
import { Watched } from "./Watched";

export interface Selection {
  sheet: string;
  area: Area;
}

/** `turn` is another one when somebody selects something, and the same while the selection goes with cells that move. */
export type Selected = Selection & { turn: number };

/** What the page around the grid shows. `revision` moves on with every change of a cell. */
export interface Shown {
  standing: Standing;
  waiting: number;
  workbook: Workbook | undefined;
  present: Present[];
  progress: { pending: number; done: number };
  selection: Selected | undefined;
  hovered: { sheet: string; row: number; column: number; isAsked?: boolean } | undefined;
  /** The dialog that finds is open. */
  isFinding: boolean;
  /** One that `stays` is on the screen until somebody closes it. */
  refusal: { message: string; number: number; stays: boolean } | undefined;
  closed: { message: string; isSignedOut: boolean } | undefined;
  /** Answers that came since the page opened. */
  arrived: Arrived;
  revision: number;
}

const NOTHING: Shown = {
  standing: "connecting",
  waiting: 0,
  workbook: undefined,
  present: [],
  progress: { pending: 0, done: 0 },
  selection: undefined,
  hovered: undefined,
  isFinding: false,
  refusal: undefined,
  closed: undefined,
  arrived: { answers: 0, troubles: 0 },
  revision: 0,
};

/** Layout that the grid changes at once; it asks the server before it does anything else that is not about cells. */
const DONE_AT_ONCE = new Set<Edit["op"]>(["merge", "unmerge", "resize", "freeze"]);

/** What to tell somebody whose cell is gone; there is nowhere else to find the text again. */
const typedInVain = (text: string) => `Somebody deleted the row or column you were typing in. You had typed: ${text}`;

const LOOK_ONLY = "You may look at this workbook, not change it.";

/** One workbook in this browser: the grid, the live line, and what both have in common. */
export class OpenWorkbook {
  readonly shown = new Watched<Shown>(NOTHING);
  readonly cells = new Cells();
  readonly line: LiveLine;
  readonly view: GridView;
  readonly #outbox: Outbox;
  readonly #arrivals = new ArrivingCells((cells) => this.#show(cells));
  #unfollow: (() => void) | undefined;
  #added: string | undefined;
  #turn = 0;

  constructor(
    readonly id: string,
    readonly me: string,
    readonly grid: Grid,
  ) {
    const pending = () => this.line.pending.flatMap(({ edits }) => edits);
    this.line = new LiveLine(liveAddress(id), {
      frame: (frame) => this.#take(frame),
      settled: (batch, refusal) => this.#settle(batch, refusal?.message),
      standing: (standing) => this.shown.set({ standing, waiting: this.line.pending.length }),
    });
    this.view = new GridView(grid.api, this.cells, pending);
    this.#outbox = new Outbox(this.view, this.cells, pending, (edits) => this.edit(edits));
    grid.container.addEventListener("keydown", () => this.#arrivals.noteKey(), { capture: true });
    this.line.connect();
  }

  get isViewer(): boolean {
    return this.shown.get().workbook?.role === "viewer";
  }

  get isEditable(): boolean {
    return !this.isViewer && this.shown.get().closed === undefined;
  }

  /** Send edits; false when they were refused at once. */
  edit(edits: Edit[]): boolean {
    if (this.isViewer) return this.#takeBack(edits, LOOK_ONLY);
    if (edits.length > MOST_EDITS) {
      return this.#takeBack(
        edits,
        "This changes more than 100,000 cells at once. Do it in parts. Nothing was changed.",
      );
    }
    for (const edit of edits) if (edit.op === "add_sheet") this.#added = edit.name;
    this.line.edit(edits);
    this.shown.set({ waiting: this.line.pending.length });
    this.view.showAwaited(edits);
    return true;
  }

  /** Put what was copied elsewhere where the selection is. */
  paste(clip: Clip): void {
    const { selection } = this.shown.get();
    if (!selection) return;
    const landing = this.isViewer ? LOOK_ONLY : landingOf(clip, selection.area);
    if (typeof landing === "string") this.refuse(landing);
    else pasteInto(this.view, this.#outbox, selection.sheet, clip, landing);
  }

  /** Say that something was not done. */
  refuse(message: string, stays = false): void {
    const number = (this.shown.get().refusal?.number ?? 0) + 1;
    this.shown.set({ refusal: { message, number, stays } });
  }

  /** Show somebody what they typed in a cell that is gone. */
  giveBack(text: string): void {
    this.refuse(typedInVain(text), true);
  }

  select({ sheet, area }: Selection): void {
    this.#turn += 1;
    this.#select({ sheet, area, turn: this.#turn });
  }

  #select(selection: Selected): void {
    this.shown.set({ selection });
    this.line.select(selection.sheet, rangeAddress(selection.area));
  }

  /** Select a cell, on whichever sheet it is, and bring it into view. */
  goTo(sheet: string, { row, column }: Place): void {
    const area = { startRow: row, endRow: row, startColumn: column, endColumn: column };
    const worksheet = this.view.sheetOf(sheet);
    if (!worksheet) return;
    this.view.workbook?.setActiveSheet(worksheet);
    this.view.select(sheet, area);
    // The grid tells of its selection only when somebody made it by hand.
    this.select({ sheet, area });
    this.grid.api.executeCommand("sheet.command.scroll-to-cell", { range: area });
  }

  find(sheet: string, row: number, column: number): Kept | undefined {
    return this.cells.find(sheet, { row, column });
  }

  leave(): void {
    this.#unfollow?.();
    this.#arrivals.forget();
    this.line.leave();
    this.grid.dispose();
  }

  #take(frame: ServerFrame): void {
    switch (frame.type) {
      case "snapshot":
        this.#showAll(frame.workbook, frame.cells);
        break;
      case "changes":
        if (frame.layout) this.#rearrange(frame.layout, frame.cells);
        else this.#show(this.cells.put(frame.cells));
        break;
      case "values":
        this.#arrivals.add(this.cells.put(frame.cells));
        this.shown.set({ arrived: withArrivals(this.shown.get().arrived, frame.cells) });
        break;
      case "progress":
        this.shown.set({ progress: frame });
        break;
      case "presence":
        this.shown.set({ present: frame.users });
        showPresence(this.view, frame.users, this.me);
        break;
      case "workbook":
        this.#describe(frame);
        break;
      case "closed":
        this.#close(frame.message ?? "This workbook was closed.", frame.reason === "signed out");
    }
  }

  #describe({ title, refresh_minutes }: Pick<Workbook, "title" | "refresh_minutes">): void {
    const { workbook } = this.shown.get();
    if (workbook) this.shown.set({ workbook: { ...workbook, title, refresh_minutes } });
  }

  #showAll(workbook: Workbook, cells: Cell[]): void {
    this.#arrivals.forget();
    this.cells.clear();
    this.cells.put(cells);
    const shown = this.view.showAll(workbook);
    shown.setEditable(workbook.role !== "viewer");
    this.grid.container.toggleAttribute("data-readonly", workbook.role === "viewer");
    // What can be listened to exists from the grid's first workbook on.
    this.#unfollow ??= followGrid(this.grid.api, shown, this, this.#outbox);
    this.shown.set({ workbook, revision: this.shown.get().revision + 1 });
    showPresence(this.view, this.shown.get().present, this.me);
    this.#turnToAdded();
  }

  #rearrange({ moves, sheets, names }: Layout, cells: Cell[]): void {
    const known = this.shown.get().workbook;
    if (!known) return;
    const workbook = { ...known, sheets, names };
    // What waits to be drawn would not be found where it is going.
    this.#arrivals.flush();
    const drawn = this.cells.copy();
    this.cells.put(cells);
    this.cells.keepOnly(new Set(sheets.map(({ name }) => name)));
    const lost = this.view.rearrange(workbook, moves, drawn);
    if (lost !== undefined) this.giveBack(lost);
    this.shown.set({ workbook, revision: this.shown.get().revision + 1 });
    this.#followMoves(known, moves);
    showPresence(this.view, this.shown.get().present, this.me);
    this.#turnToAdded();
  }

  /** What is selected is told and shown where it went, and with it a card that was asked for there. */
  #followMoves(known: Workbook, moves: readonly Shift[]): void {
    const { selection, hovered, workbook } = this.shown.get();
    const old = known.sheets.find(({ name }) => name === selection?.sheet);
    const sheet = workbook?.sheets.find(({ id }) => id === old?.id);
    if (!selection || !old || !sheet) return;
    const own = movesOf(old.id, moves);
    const area = followedArea(selection.area, own, old);
    let cell: Place | undefined = { row: selection.area.startRow, column: selection.area.startColumn };
    for (const move of own) cell = cell && shiftedPlace(cell, move);
    if (cell) this.#select({ sheet: sheet.name, area, turn: selection.turn });
    else this.select({ sheet: sheet.name, area });
    const place = { sheet: sheet.name, row: area.startRow, column: area.startColumn };
    this.shown.set({ hovered: hovered?.isAsked ? { ...hovered, ...place } : undefined });
  }

  /** Whoever adds a sheet goes on there. */
  #turnToAdded(): void {
    const added = this.#added === undefined ? undefined : this.view.sheetOf(this.#added);
    if (!added) return;
    this.#added = undefined;
    this.view.workbook?.setActiveSheet(added);
  }

  #show(cells: Kept[]): void {
    const bySheet = Map.groupBy(cells, ({ sheet }) => sheet);
    for (const [sheet, places] of bySheet) this.view.paint(sheet, places);
    this.shown.set({ revision: this.shown.get().revision + 1 });
  }

  #settle(batch: Batch, refusal: string | undefined): void {
    this.shown.set({ waiting: this.line.pending.length });
    if (refusal === undefined) this.#repaint(batch.edits);
    else this.#takeBack(batch.edits, refusal);
  }

  #takeBack(edits: Edit[], why: string): false {
    this.refuse(why);
    this.#repaint(edits);
    // Only the server knows what the layout was before.
    if (edits.some(({ op }) => DONE_AT_ONCE.has(op))) this.line.askForAll();
    return false;
  }

  #repaint(edits: Edit[]): void {
    const written = edits.flatMap((edit) => areaOf(edit) ?? []);
    for (const [sheet, areas] of Map.groupBy(written, (one) => one.sheet)) {
      this.view.repaint(
        sheet,
        areas.map(({ area }) => area),
      );
    }
  }

  #close(message: string, isSignedOut: boolean): void {
    this.view.workbook?.setEditable(false);
    this.shown.set({ closed: { message, isSignedOut }, standing: "closed" });
  }
}

function liveAddress(id: string): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}/workbook/${id}/live`;
}
