import type { ICellData } from "@univerjs/core";
import type { FUniver } from "@univerjs/core/facade";
import type { FWorkbook, FWorksheet } from "@univerjs/sheets/facade";
import { type Area, type Place, parseRange } from "../cells/address";
import type { Cells } from "../cells/Cells";
import type { Edit, Sheet, Workbook } from "../live/frames";
import { isPending } from "../live/pending";
import { gridCell } from "./gridCell";
import { layoutMutations, sheetData } from "./sheetData";

type Matrix = Record<number, Record<number, ICellData>>;

/** Neither an undo step nor something to send: it comes from the server. */
const FROM_SERVER = { onlyLocal: true, fromCollab: true };

/** Shows in the grid what the server says. Sheets are known to the grid by their ids, on the wire by their names. */
export class GridView {
  #workbook: FWorkbook | undefined;
  #sheets: Sheet[] = [];

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
    const before = this.#sheets;
    this.#sheets = workbook.sheets;
    if (this.#workbook) this.#turnInto(workbook, before);
    this.#workbook ??= this.#create(workbook);
    return this.#workbook;
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

  #turnInto({ id: unitId, sheets }: Workbook, before: Sheet[]): void {
    const shown = new Map(before.map((sheet) => [sheet.id, sheet]));
    for (const [index, sheet] of sheets.entries()) {
      const old = shown.get(sheet.id);
      if (old) this.#turnSheetInto(sheet, old);
      else this.#run("sheet.mutation.insert-sheet", { unitId, index, sheet: this.#dataOf(sheet) });
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
  }

  #turnSheetInto(sheet: Sheet, old: Sheet): void {
    const subUnitId = String(sheet.id);
    for (const { id, params } of layoutMutations(sheet, old)) this.#run(id, { ...this.#place(subUnitId), ...params });
    const places = this.#shownPlaces(subUnitId);
    for (const cell of this.cells.of(sheet.name)) places.push(cell);
    this.paint(sheet.name, places);
  }

  /** Everywhere the grid holds anything, so that what is gone on the server goes here too. */
  #shownPlaces(subUnitId: string): Place[] {
    const places: Place[] = [];
    const matrix = this.#workbook?.getSheetBySheetId(subUnitId)?.getSheet().getCellMatrix();
    matrix?.forValue((row, column) => void places.push({ row, column }));
    return places;
  }

  /** Draw cells as the server knows them, but those an unacknowledged edit of ours decides about. */
  paint(sheet: string, places: Iterable<Place>): void {
    const pending = this.pending();
    const matrix: Matrix = {};
    for (const place of places) {
      if (!isPending(pending, sheet, place)) put(matrix, place, gridCell(this.cells.find(sheet, place)));
    }
    this.push(sheet, matrix);
  }

  /** Draw again what an area holds: an edit there was taken or refused. */
  repaint(sheet: string, area: Area): void {
    const id = this.sheetOf(sheet)?.getSheetId();
    if (!id) return;
    const inside = ({ row, column }: Place) =>
      row >= area.startRow && row <= area.endRow && column >= area.startColumn && column <= area.endColumn;
    this.paint(sheet, [...this.#shownPlaces(id).filter(inside), ...this.cells.within(sheet, area)]);
  }

  push(sheet: string, cellValue: Matrix): void {
    const subUnitId = this.sheetOf(sheet)?.getSheetId();
    if (subUnitId === undefined || Object.keys(cellValue).length === 0) return;
    this.#run("sheet.mutation.set-range-values", { ...this.#place(subUnitId), cellValue });
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

function put(matrix: Matrix, { row, column }: Place, data: ICellData): void {
  const cells = matrix[row] ?? {};
  cells[column] = data;
  matrix[row] = cells;
}
