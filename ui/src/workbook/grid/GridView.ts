import { type ICellData, LifecycleStages } from "@univerjs/core";
import type { FUniver } from "@univerjs/core/facade";
import type { FWorkbook, FWorksheet } from "@univerjs/sheets/facade";
import { type Area, isInside, overlaps, type Place, parseCell, parseRange, rangeAddress } from "../cells/address";
import type { Cells, Kept } from "../cells/Cells";
import { shiftedArea } from "../cells/shifting";
import type { Edit, Sheet, Shift, Workbook } from "../live/frames";
import { areaOf, Pending } from "../live/pending";
import { FROM_SERVER } from "./fromServer";
import { awaited, gridCell, isTall } from "./gridCell";
import { layoutMutations, reaching, sheetData, shiftedSheet, sizesOf } from "./sheetData";
import { editedCell, Whereabouts } from "./Whereabouts";

export type Matrix = Record<number, Record<number, ICellData>>;

/** Where the grid shows something else than the server says. A sheet is given by its id. */
interface Astray {
  id: number | undefined;
  area: Area | undefined;
}

/** The scope of a name that every sheet knows. */
const EVERYWHERE = "AllDefaultWorkbook";

/** Shows in the grid what the server says. Sheets are known to the grid by their ids, on the wire by their names. */
export class GridView {
  #workbook: FWorkbook | undefined;
  #sheets: Sheet[] = [];
  #names: Workbook["names"] = [];
  /** Cells that changed while somebody typed in them. */
  readonly #overtaken: Astray[] = [];

  constructor(
    private readonly api: FUniver,
    private readonly cells: Cells,
    private readonly pending: () => Edit[],
  ) {}

  get workbook(): FWorkbook | undefined {
    return this.#workbook;
  }

  nameOf(id: string): string {
    return this.#sheets.find((sheet) => String(sheet.id) === id)?.name ?? "";
  }

  sheetOf(name: string): FWorksheet | undefined {
    const known = this.#sheets.find((sheet) => sheet.name === name);
    return (known && this.#workbook?.getSheetBySheetId(String(known.id))) ?? undefined;
  }

  /** Show the whole workbook, from nothing or in place of what is shown. */
  showAll(workbook: Workbook): FWorkbook {
    if (this.#workbook) {
      this.#turnInto(workbook, ({ id, name }) => [...this.#shownPlaces(String(id)), ...this.cells.of(name)]);
      return this.#workbook;
    }
    this.#sheets = this.#reachingSheets(workbook);
    this.#workbook = this.#create({ ...workbook, sheets: this.#sheets });
    this.#showNames(workbook.names);
    this.#fitWhenDrawn();
    this.api.addEvent(this.api.Event.SheetEditEnded, () => this.#catchUp());
    return this.#workbook;
  }

  /**
   * Show the workbook after rows or columns moved, or sheets changed. `shown` are the cells as the grid still shows them.
   *
   * The grid moves its cells itself, and only those are drawn that look otherwise afterwards. Gives what somebody had
   * typed in a cell that is gone.
   */
  rearrange(workbook: Workbook, moves: readonly Shift[], shown: Cells): string | undefined {
    if (!this.#workbook) return undefined;
    const here = new Whereabouts(this.api, this.#workbook);
    const unsettled = this.#unsettled();
    for (const move of moves) {
      this.#move(move, shown);
      for (const one of [...unsettled, ...this.#overtaken]) {
        if (one.id === move.sheet) one.area = one.area && shiftedArea(one.area, move);
      }
    }
    here.holdEditor(moves);
    this.#turnInto(workbook, (sheet, old) => this.cells.differences(sheet.name, shown, old.name));
    this.#repaintAstray(unsettled);
    return here.follow(moves);
  }

  /** Where our own edits are shown that nobody acknowledged: the grid moves these too. */
  #unsettled(): Astray[] {
    const ids = new Map(this.#sheets.map(({ name, id }) => [name, id]));
    const written = this.pending().flatMap((edit) => areaOf(edit) ?? []);
    return written.map(({ sheet, area }) => ({ id: ids.get(sheet), area }));
  }

  #repaintAstray(astray: Astray[]): void {
    for (const [id, all] of Map.groupBy(astray, (one) => one.id)) {
      const areas = all.flatMap(({ area }) => area ?? []);
      this.repaint(this.nameOf(String(id)), areas);
    }
  }

  #move(move: Shift, shown: Cells): void {
    const sheet = this.#sheets.find(({ id }) => id === move.sheet);
    const length = sheet?.[move.axis] ?? 0;
    const own = { ...move, count: Math.max(move.count, move.at - 1 - length) };
    // Beyond its end a sheet has nothing to move, and no grid is without rows: there the cells are drawn anew.
    if (!sheet || own.at > length || own.count === -length) return;
    const place = this.#place(String(sheet.id));
    // The grid would not widen what is merged around new rows, nor narrow it around lost ones.
    if (sheet.merges.length > 0) {
      this.#run("sheet.mutation.remove-worksheet-merge", { ...place, ranges: sheet.merges.map(parseRange) });
    }
    this.#run(moveMutation(own), { ...place, range: tracks(sheet, own) });
    shown.shift(sheet.name, own);
    this.#sheets = this.#sheets.map((one) => (one === sheet ? shiftedSheet(sheet, own) : one));
  }

  #reachingSheets({ sheets }: Workbook): Sheet[] {
    return sheets.map((sheet) => reaching(sheet, this.cells.of(sheet.name)));
  }

  /** Let a sheet grow to cells that are beyond its last row or column: typed there by somebody, or spilled. */
  reach(name: string, places: Iterable<Place>): void {
    const old = this.#sheets.find((sheet) => sheet.name === name);
    const grown = old && reaching(old, places);
    if (!old || !grown || grown === old) return;
    this.#sheets = this.#sheets.map((sheet) => (sheet === old ? grown : sheet));
    this.#turnLayout(grown, old);
  }

  /** A name's id in the grid is the name itself. */
  #showNames(names: Workbook["names"]): void {
    if (JSON.stringify(names) === JSON.stringify(this.#names)) return;
    const { unitId } = this.#place("");
    for (const { name: id } of this.#names) this.#run("formula.mutation.remove-defined-name", { unitId, id });
    this.#names = names;
    for (const { name, refers_to } of names) {
      const formulaOrRefString = refers_to;
      const named = { unitId, id: name, name, formulaOrRefString, localSheetId: EVERYWHERE };
      this.#run("formula.mutation.set-defined-name", named);
    }
  }

  #create({ id, title, sheets }: Workbook): FWorkbook {
    return this.api.createWorkbook({
      id,
      name: title,
      sheetOrder: sheets.map((sheet) => String(sheet.id)),
      styles: {},
      sheets: Object.fromEntries(sheets.map((sheet) => [sheet.id, this.#dataOf(sheet)])),
    });
  }

  #dataOf(sheet: Sheet) {
    const matrix: Matrix = {};
    for (const cell of this.cells.of(sheet.name)) put(matrix, cell, gridCell(cell));
    return sheetData(sheet, matrix);
  }

  /** `placesOf` says which cells of a sheet that is shown already are drawn again. */
  #turnInto(workbook: Workbook, placesOf: (sheet: Sheet, old: Sheet) => Place[]): void {
    const { id: unitId, names } = workbook;
    const before = this.#sheets;
    const sheets = this.#reachingSheets(workbook);
    this.#sheets = sheets;
    const shown = new Map(before.map((sheet) => [sheet.id, sheet]));
    for (const [index, sheet] of sheets.entries()) {
      const old = shown.get(sheet.id);
      if (old) {
        this.#turnLayout(sheet, old);
        this.paint(sheet.name, placesOf(sheet, old));
      } else this.#run("sheet.mutation.insert-sheet", { unitId, index, sheet: this.#dataOf(sheet) });
    }
    for (const { id, name } of before) {
      if (sheets.some((sheet) => sheet.id === id)) continue;
      this.#run("sheet.mutation.remove-sheet", { unitId, subUnitId: String(id), subUnitName: name });
    }
    for (const [toOrder, { id }] of sheets.entries()) {
      const fromOrder = this.#workbook?.getSheetBySheetId(String(id))?.getIndex() ?? toOrder;
      if (fromOrder === toOrder) continue;
      this.#run("sheet.mutation.set-worksheet-order", { unitId, subUnitId: String(id), fromOrder, toOrder });
    }
    this.#showNames(names);
  }

  #turnLayout(sheet: Sheet, old: Sheet): void {
    const place = this.#place(String(sheet.id));
    for (const { id, params } of layoutMutations(sheet, old)) this.#run(id, { ...place, ...params });
  }

  /** Everywhere the grid holds anything, so that what is gone on the server goes here too. */
  #shownPlaces(subUnitId: string): Place[] {
    const places: Place[] = [];
    const matrix = this.#workbook?.getSheetBySheetId(subUnitId)?.getSheet().getCellMatrix();
    matrix?.forValue((row, column) => void places.push({ row, column }));
    return places;
  }

  /** Draw cells as the server knows them, but those an unacknowledged edit of ours decides about. */
  paint(sheet: string, places: readonly Place[]): void {
    this.reach(sheet, places);
    const pending = new Pending(this.pending());
    const matrix: Matrix = {};
    for (const place of places) {
      if (!pending.decides(sheet, place)) put(matrix, place, gridCell(this.cells.find(sheet, place)));
    }
    this.push(sheet, matrix);
    this.#fit(
      sheet,
      places.flatMap((place) => this.cells.find(sheet, place) ?? []),
    );
  }

  /** The grid measures texts only on the sheet it shows, and not before it has drawn itself for the first time. */
  #fitWhenDrawn(): void {
    const fit = () => {
      const shown = this.nameOf(this.#workbook?.getActiveSheet().getSheetId() ?? "");
      this.#fit(shown, this.cells.of(shown));
    };
    this.api.addEvent(this.api.Event.LifeCycleChanged, ({ stage }) => {
      if (stage === LifecycleStages.Rendered) requestAnimationFrame(fit);
    });
    this.api.addEvent(this.api.Event.ActiveSheetChanged, () => requestAnimationFrame(fit));
  }

  /** Let rows be as high as their texts, but those to which somebody gave a height. */
  #fit(name: string, cells: Iterable<Kept>): void {
    const sheet = this.#sheets.find((one) => one.name === name);
    if (!sheet) return;
    const rows = new Set<number>();
    for (const cell of cells) if (isTall(cell)) rows.add(cell.row);
    for (const row of rows.size > 0 ? sizesOf(sheet, "rows").keys() : []) rows.delete(row);
    if (rows.size === 0) return;
    const ranges = [...rows].map((row) => ({
      startRow: row,
      endRow: row,
      startColumn: 0,
      endColumn: sheet.columns - 1,
    }));
    this.#run("sheet.operation.mark-dirty-row-auto-height", { ...this.#place(String(sheet.id)), ranges, id: name });
  }

  /** Draw again what areas hold: edits there were taken or refused. */
  repaint(sheet: string, areas: readonly Area[]): void {
    const id = this.sheetOf(sheet)?.getSheetId();
    if (!id) return;
    const cells = areas.filter(isCell);
    const wide = areas.filter((area) => !isCell(area));
    const places: Place[] = cells.map(({ startRow: row, startColumn: column }) => ({ row, column }));
    if (wide.length > 0) {
      const inside = (place: Place) => wide.some((area) => isInside(place, area));
      for (const place of this.#shownPlaces(id)) if (inside(place)) places.push(place);
      for (const cell of this.cells.of(sheet)) if (inside(cell)) places.push(cell);
    }
    this.paint(sheet, places);
  }

  push(sheet: string, cellValue: Matrix): void {
    const subUnitId = this.sheetOf(sheet)?.getSheetId();
    if (subUnitId === undefined) return;
    this.#spareEdited(subUnitId, cellValue);
    if (Object.keys(cellValue).length === 0) return;
    this.#run("sheet.mutation.set-range-values", { ...this.#place(subUnitId), cellValue });
  }

  /** Leave out the cell in which somebody types: the grid would put its new content in place of what they typed. */
  #spareEdited(subUnitId: string, cellValue: Matrix): void {
    const edited = editedCell(this.api);
    const cells = edited?.sheetId === subUnitId ? cellValue[edited.row] : undefined;
    if (!edited || !cells?.[edited.column]) return;
    delete cells[edited.column];
    const { row, column } = edited;
    const area = { startRow: row, endRow: row, startColumn: column, endColumn: column };
    this.#overtaken.push({ id: Number(subUnitId), area });
  }

  #catchUp(): void {
    this.#repaintAstray(this.#overtaken.splice(0));
  }

  /** Nobody knows yet what formulas on their way to the server show. */
  showAwaited(edits: readonly Edit[]): void {
    const bySheet = new Map<string, Matrix>();
    for (const edit of edits) {
      if (edit.op !== "set" || !edit.input.startsWith("=")) continue;
      const matrix = bySheet.get(edit.sheet) ?? {};
      bySheet.set(edit.sheet, matrix);
      put(matrix, parseCell(edit.cell), awaited());
    }
    for (const [sheet, matrix] of bySheet) this.push(sheet, matrix);
  }

  /** Write cells as somebody's own act: it is to be sent. */
  type(sheet: string, cellValue: Matrix): void {
    const subUnitId = this.sheetOf(sheet)?.getSheetId();
    if (subUnitId === undefined) return;
    this.api.syncExecuteCommand("sheet.mutation.set-range-values", { ...this.#place(subUnitId), cellValue });
  }

  select(sheet: string, area: Area): void {
    this.rangeOf(sheet, rangeAddress(area))?.activate();
  }

  mergesWithin(sheet: string, area: Area): Area[] {
    const merges = this.sheetOf(sheet)?.getSheet().getMergeData() ?? [];
    return merges.filter((merge) => overlaps(merge, area));
  }

  /** Show merged cells apart, and others as one. */
  merge(sheet: string, freed: Area[], merged: Area[]): void {
    const place = this.#place(this.sheetOf(sheet)?.getSheetId() ?? "");
    if (freed.length > 0) this.#run("sheet.mutation.remove-worksheet-merge", { ...place, ranges: freed });
    if (merged.length > 0) this.#run("sheet.mutation.add-worksheet-merge", { ...place, ranges: merged });
  }

  /** Where somebody's selection is, in the grid's own terms. */
  rangeOf(sheet: string, address: string) {
    const worksheet = this.sheetOf(sheet);
    const { startRow, startColumn, endRow, endColumn } = parseRange(address);
    const rows = Math.min(endRow, (worksheet?.getMaxRows() ?? 1) - 1) - startRow + 1;
    const columns = Math.min(endColumn, (worksheet?.getMaxColumns() ?? 1) - 1) - startColumn + 1;
    return rows > 0 && columns > 0 ? worksheet?.getRange(startRow, startColumn, rows, columns) : undefined;
  }

  #place(subUnitId: string) {
    return { unitId: this.#workbook?.getId() ?? "", subUnitId };
  }

  #run(id: string, params: object): void {
    this.api.syncExecuteCommand(id, params, FROM_SERVER);
  }
}

const MOVE_MUTATIONS = { rows: ["insert-row", "remove-rows"], columns: ["insert-col", "remove-col"] };

const moveMutation = ({ axis, count }: Shift) => `sheet.mutation.${MOVE_MUTATIONS[axis][count > 0 ? 0 : 1]}`;

/** The rows or columns that come or go, from end to end. */
function tracks({ rows, columns }: Sheet, { axis, at, count }: Shift): Area {
  const [first, last] = [at - 1, at - 2 + Math.abs(count)];
  return axis === "rows"
    ? { startRow: first, endRow: last, startColumn: 0, endColumn: columns - 1 }
    : { startRow: 0, endRow: rows - 1, startColumn: first, endColumn: last };
}

export function put(matrix: Matrix, { row, column }: Place, data: ICellData): void {
  const cells = matrix[row] ?? {};
  cells[column] = data;
  matrix[row] = cells;
}

const isCell = ({ startRow, endRow, startColumn, endColumn }: Area) => startRow === endRow && startColumn === endColumn;
