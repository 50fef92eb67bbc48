import { type ICellData, type IWorksheetData, mergeWorksheetSnapshotWithDefault } from "@univerjs/core";
import { columnLetters, type Place, parseRange } from "../cells/address";
import { shiftedPlace } from "../cells/shifting";
import type { Axis, Sheet, Shift } from "../live/frames";

type Matrix = Record<number, Record<number, ICellData>>;
interface Mutation {
  id: string;
  params: object;
}

// Wide enough for the texts of our errors.
const COLUMN_WIDTH = 124;
const ROW_HEIGHT = 24;

/** The sheet with at least as many rows and columns as these cells need; itself when they are all inside. */
export function reaching(sheet: Sheet, places: Iterable<Place>): Sheet {
  let { rows, columns } = sheet;
  for (const { row, column } of places) {
    if (row >= rows) rows = row + 1;
    if (column >= columns) columns = column + 1;
  }
  return rows === sheet.rows && columns === sheet.columns ? sheet : { ...sheet, rows, columns };
}

/** A sheet as the grid wants to be given it. */
export function sheetData(sheet: Sheet, cellData: Matrix): IWorksheetData {
  return mergeWorksheetSnapshotWithDefault({
    id: String(sheet.id),
    name: sheet.name,
    rowCount: sheet.rows,
    columnCount: sheet.columns,
    defaultColumnWidth: COLUMN_WIDTH,
    defaultRowHeight: ROW_HEIGHT,
    cellData,
    mergeData: sheet.merges.map(parseRange),
    rowData: Object.fromEntries([...sizesOf(sheet, "rows")].map(([at, h]) => [at, h ? { h } : { hd: 1 }])),
    columnData: Object.fromEntries([...sizesOf(sheet, "columns")].map(([at, w]) => [at, w ? { w } : { hd: 1 }])),
    freeze: freezeOf(sheet),
  });
}

/** Size in pixels by row or column, counted from 0. */
export function sizesOf(sheet: Sheet, axis: Axis): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const [run, size] of Object.entries(sheet.sizes[axis])) {
    const area = parseRange(run.includes(":") ? run : `${run}:${run}`);
    const [first, last] = axis === "rows" ? [area.startRow, area.endRow] : [area.startColumn, area.endColumn];
    for (let at = first; at <= last; at += 1) sizes.set(at, size);
  }
  return sizes;
}

/** A sheet after some of its rows or columns moved, with everything as the grid moves it by itself. Its merges are gone. */
export function shiftedSheet(sheet: Sheet, shift: Shift): Sheet {
  const { axis, count } = shift;
  const sizes: Record<string, number> = {};
  for (const [at, size] of sizesOf(sheet, axis)) {
    const place = shiftedPlace({ row: at, column: at }, shift);
    if (!place) continue;
    const track = axis === "rows" ? place.row + 1 : columnLetters(place.column);
    sizes[`${track}:${track}`] = size;
  }
  return { ...sheet, [axis]: sheet[axis] + count, merges: [], sizes: { ...sheet.sizes, [axis]: sizes } };
}

function freezeOf({ frozen: { rows, columns } }: Sheet) {
  return { startRow: rows || -1, startColumn: columns || -1, ySplit: rows, xSplit: columns };
}

/** What turns the layout of a sheet into another; its cells are drawn apart from it. */
export function layoutMutations(sheet: Sheet, old: Sheet): Mutation[] {
  const mutations: Mutation[] = [];
  const add = (id: string, params: object) => mutations.push({ id: `sheet.mutation.${id}`, params });
  if (sheet.name !== old.name) add("set-worksheet-name", { name: sheet.name });
  if (sheet.rows !== old.rows) add("set-worksheet-row-count", { rowCount: sheet.rows });
  if (sheet.columns !== old.columns) add("set-worksheet-column-count", { columnCount: sheet.columns });
  if (sheet.merges.join() !== old.merges.join()) {
    if (old.merges.length > 0) add("remove-worksheet-merge", { ranges: old.merges.map(parseRange) });
    if (sheet.merges.length > 0) add("add-worksheet-merge", { ranges: sheet.merges.map(parseRange) });
  }
  const [now, before] = [freezeOf(sheet), freezeOf(old)];
  if (now.ySplit !== before.ySplit || now.xSplit !== before.xSplit) add("set-frozen", now);
  return [...mutations, ...sizeMutations(sheet, old, "rows"), ...sizeMutations(sheet, old, "columns")];
}

function sizeMutations(sheet: Sheet, old: Sheet, axis: Axis): Mutation[] {
  const [now, before] = [sizesOf(sheet, axis), sizesOf(old, axis)];
  const isRows = axis === "rows";
  const usual = isRows ? ROW_HEIGHT : COLUMN_WIDTH;
  const changed = [...new Set([...now.keys(), ...before.keys()])].filter((at) => now.get(at) !== before.get(at));
  return changed.flatMap((at) => {
    const size = now.get(at) ?? usual;
    const ranges = [span(at, axis, sheet)];
    const name = isRows ? "row" : "col";
    if (size === 0) return [{ id: `sheet.mutation.set-${name}-hidden`, params: { ranges } }];
    const shown = { id: `sheet.mutation.set-${name}-visible`, params: { ranges } };
    const sized = isRows
      ? { id: "sheet.mutation.set-worksheet-row-height", params: { ranges, rowHeight: size } }
      : { id: "sheet.mutation.set-worksheet-col-width", params: { ranges, colWidth: size } };
    return before.get(at) === 0 ? [shown, sized] : [sized];
  });
}

function span(at: number, axis: Axis, { rows, columns }: Sheet) {
  return axis === "rows"
    ? { startRow: at, endRow: at, startColumn: 0, endColumn: columns - 1 }
    : { startRow: 0, endRow: rows - 1, startColumn: at, endColumn: at };
}
