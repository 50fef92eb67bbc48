import { type Area, type Place, rangeAddress } from "../cells/address";
import type { Axis, Edit } from "../live/frames";

interface Params {
  subUnitId?: string;
  range?: Area;
  name?: string;
  order?: number;
  id?: string;
  formulaOrRefString?: string;
}

export interface SheetNames {
  nameOf(id: string | undefined): string;
  all(): string[];
  /** Names of ranges and formulas, not of sheets. */
  defined(): string[];
  /** How many rows and columns of a sheet are frozen. */
  frozen(sheet: string): Record<Axis, number>;
  /** The first selected row and column, counted from 0. */
  selected(): Place;
}

type Translate = (params: Params, sheet: string, names: SheetNames) => Edit | Edit[] | undefined;

/** A defined name's id in the grid is what it is called, so another id than the name is what it was called before. */
const define: Translate = ({ id, name, formulaOrRefString }, _sheet, names) => {
  if (name === undefined || formulaOrRefString === undefined) return undefined;
  const defined: Edit = { op: "define_name", name, refers_to: formulaOrRefString };
  const isRenamed = id !== undefined && id !== name && names.defined().includes(id);
  return isRenamed ? [{ op: "delete_name", name: id }, defined] : defined;
};

const rows =
  (op: "insert_rows" | "delete_rows"): Translate =>
  ({ range }, sheet) =>
    range && { op, sheet, at: range.startRow + 1, count: range.endRow - range.startRow + 1 };

const columns =
  (op: "insert_columns" | "delete_columns"): Translate =>
  ({ range }, sheet) =>
    range && { op, sheet, at: range.startColumn + 1, count: range.endColumn - range.startColumn + 1 };

/** By itself the grid freezes either rows or columns, and none that are scrolled away. One at least is frozen. */
const freeze =
  (counts: (selected: Place) => Partial<Record<Axis, number>>): Translate =>
  (_params, sheet, names) => {
    const { row, column } = names.selected();
    return { op: "freeze", sheet, ...names.frozen(sheet), ...counts({ row: row || 1, column: column || 1 }) };
  };

const TRANSLATIONS: Record<string, Translate> = {
  "sheet.command.insert-row": rows("insert_rows"),
  "sheet.command.insert-row-by-range": rows("insert_rows"),
  "sheet.command.insert-col": columns("insert_columns"),
  "sheet.command.insert-col-by-range": columns("insert_columns"),
  "sheet.command.remove-row": rows("delete_rows"),
  "sheet.command.remove-row-by-range": rows("delete_rows"),
  "sheet.command.remove-col": columns("delete_columns"),
  "sheet.command.remove-col-by-range": columns("delete_columns"),
  "sheet.command.set-row-frozen": freeze(({ row: rows }) => ({ rows })),
  "sheet.command.set-col-frozen": freeze(({ column: columns }) => ({ columns })),
  "sheet.command.set-first-row-frozen": freeze(() => ({ rows: 1 })),
  "sheet.command.set-first-column-frozen": freeze(() => ({ columns: 1 })),
  "sheet.command.set-selection-frozen": freeze(({ row: rows, column: columns }) => ({ rows, columns })),
  "sheet.command.insert-sheet": (_params, _sheet, names) => ({ op: "add_sheet", name: freeName(names.all()) }),
  "sheet.command.remove-sheet": (_params, sheet) => ({ op: "delete_sheet", sheet }),
  "sheet.command.set-worksheet-name": ({ name }, sheet) =>
    name === undefined ? undefined : { op: "rename_sheet", sheet, name },
  "sheet.command.set-worksheet-order": ({ order }, sheet) =>
    order === undefined ? undefined : { op: "move_sheet", sheet, to: order + 1 },
  "sheet.command.insert-defined-name": define,
  "sheet.command.set-defined-name": define,
  "sheet.command.remove-defined-name": ({ name }) => (name === undefined ? undefined : { op: "delete_name", name }),
};

/** Commands the server has no edit for; done here alone, they would be lost. */
const UNKNOWN = new Set([
  "sheet.command.move-rows",
  "sheet.command.move-cols",
  "sheet.command.insert-range-move-right",
  "sheet.command.insert-range-move-down",
  "sheet.command.delete-range-move-left",
  "sheet.command.delete-range-move-up",
  "sheet.command.copy-sheet",
  "sheet.command.set-worksheet-hidden",
]);

/**
 * What a command of the grid means for the server, which does it instead and tells everybody.
 *
 * "unknown" is a command to stop without an edit; undefined is one that concerns only the grid.
 */
export function structuralEdits(id: string, params: Params, names: SheetNames): Edit[] | "unknown" | undefined {
  if (UNKNOWN.has(id)) return "unknown";
  const edits = TRANSLATIONS[id]?.(params, names.nameOf(params.subUnitId), names);
  return edits && [edits].flat();
}

function freeName(taken: string[]): string {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  let number = taken.length + 1;
  while (used.has(`sheet${number}`)) number += 1;
  return `Sheet${number}`;
}

/** Layout that the grid has changed already and the server is told of, by the grid's mutations. */
export function layoutEdits(id: string, params: LayoutParams, sheet: string): Edit[] {
  const { ranges = [] } = params;
  switch (id) {
    case "sheet.mutation.add-worksheet-merge":
      return ranges.map((range) => ({ op: "merge", sheet, range: rangeAddress(range) }));
    case "sheet.mutation.remove-worksheet-merge":
      return ranges.map((range) => ({ op: "unmerge", sheet, range: rangeAddress(range) }));
    case "sheet.mutation.set-worksheet-row-height":
      return ranges.flatMap((range) => resized(sheet, "rows", range, params.rowHeight));
    case "sheet.mutation.set-worksheet-col-width":
      return ranges.flatMap((range) => resized(sheet, "columns", range, params.colWidth));
    case "sheet.mutation.set-row-hidden":
      return ranges.flatMap((range) => resized(sheet, "rows", range, 0));
    case "sheet.mutation.set-col-hidden":
      return ranges.flatMap((range) => resized(sheet, "columns", range, 0));
    case "sheet.mutation.set-row-visible":
      return ranges.flatMap((range) => resized(sheet, "rows", range, null));
    case "sheet.mutation.set-col-visible":
      return ranges.flatMap((range) => resized(sheet, "columns", range, null));
    case "sheet.mutation.set-frozen":
      return [frozen(sheet, params)];
    default:
      return [];
  }
}

export interface LayoutParams {
  ranges?: Area[];
  rowHeight?: Size;
  colWidth?: Size;
  startRow?: number;
  startColumn?: number;
  xSplit?: number;
  ySplit?: number;
}

type Size = number | null | Record<number, number | null | undefined>;

function resized(sheet: string, axis: "rows" | "columns", range: Area, size: Size | undefined): Edit[] {
  const [first, last] = axis === "rows" ? [range.startRow, range.endRow] : [range.startColumn, range.endColumn];
  const spans =
    typeof size === "object" && size !== null
      ? Array.from(
          { length: last - first + 1 },
          (_, index) => [first + index, first + index, size[first + index]] as const,
        )
      : [[first, last, size] as const];
  return spans.flatMap(([from, to, wanted]) =>
    wanted === undefined ? [] : [{ op: "resize", sheet, [axis]: tracks(axis, from, to), size: wanted }],
  );
}

/** `B:D` or `2:5`. */
function tracks(axis: "rows" | "columns", first: number, last: number): string {
  if (axis === "rows") return `${first + 1}:${last + 1}`;
  const letters = (column: number) =>
    rangeAddress({ startRow: 0, endRow: 0, startColumn: column, endColumn: column }).replace(/\d+$/, "");
  return `${letters(first)}:${letters(last)}`;
}

/** The server freezes from the first row and column on, also when the grid was scrolled. */
function frozen(sheet: string, { startRow = 0, startColumn = 0, xSplit = 0, ySplit = 0 }: LayoutParams): Edit {
  return { op: "freeze", sheet, rows: ySplit > 0 ? startRow : 0, columns: xSplit > 0 ? startColumn : 0 };
}
