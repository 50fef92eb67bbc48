import type { ICellData } from "@univerjs/core";
import { type Area, rangeAddress } from "../../cells/address";
import type { Edit } from "../../live/frames";
import { type GridView, type Matrix, put } from "../GridView";
import { EMPTY } from "../gridCell";
import type { Outbox } from "../Outbox";
import { toGridStyle } from "../style";
import type { Clip } from "./clip";
import type { Landing } from "./landing";

/** Writes a clip into the grid, as if somebody had typed it: the outbox tells the server what became another one. */
export function pasteInto(view: GridView, outbox: Outbox, sheet: string, clip: Clip, landing: Landing): void {
  const { area, cells, merges } = landing;
  const matrix: Matrix = {};
  for (const cell of cells) {
    const style = Object.keys(cell.style).length > 0 ? toGridStyle(cell.style) : null;
    put(matrix, cell, { ...content(cell.input), ...(clip.hasLooks && { s: style }) });
  }
  view.reach(sheet, [{ row: area.endRow, column: area.endColumn }]);
  outbox.add(mergeEdits(view, sheet, area, merges));
  view.type(sheet, matrix);
  view.select(sheet, area);
}

function content(input: string): ICellData {
  const { s: _looks, ...empty } = EMPTY;
  if (input.startsWith("=")) return { ...empty, f: input };
  return input === "" ? empty : { ...empty, v: input };
}

/** Merged cells beneath a paste are no longer merged, but one value may go into them. */
function mergeEdits(view: GridView, sheet: string, area: Area, merges: Area[]): Edit[] {
  const isOne = area.startRow === area.endRow && area.startColumn === area.endColumn;
  const freed = isOne ? [] : view.mergesWithin(sheet, area);
  view.merge(sheet, freed, merges);
  return [
    ...(freed.length > 0 ? [{ op: "unmerge", sheet, range: rangeAddress(area) } as const] : []),
    ...merges.map((merge): Edit => ({ op: "merge", sheet, range: rangeAddress(merge) })),
  ];
}
