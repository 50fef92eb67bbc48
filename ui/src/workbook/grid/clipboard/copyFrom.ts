import type { Area } from "../../cells/address";
import type { OpenWorkbook } from "../../OpenWorkbook";
import { writeTable, writeText } from "./writing";

/** What the selection is on the clipboard: text for everybody, and a table for spreadsheets. */
export function copyFrom(open: OpenWorkbook, id: string): { text: string; html: string } | undefined {
  const { selection } = open.shown.get();
  if (!selection) return undefined;
  const { sheet } = selection;
  const area = used(open, sheet, selection.area);
  const rows = Array.from({ length: area.endRow - area.startRow + 1 }, (_, down) =>
    Array.from({ length: area.endColumn - area.startColumn + 1 }, (_, right) =>
      open.find(sheet, area.startRow + down, area.startColumn + right),
    ),
  );
  const copied = { area, rows, merges: open.view.mergesWithin(sheet, area) };
  return { text: writeText(copied), html: writeTable(copied, id) };
}

const LARGE = 20_000;

/** Of whole columns and rows only what is used: a sheet may have a hundred million cells. */
function used(open: OpenWorkbook, sheet: string, area: Area): Area {
  if ((area.endRow - area.startRow + 1) * (area.endColumn - area.startColumn + 1) <= LARGE) return area;
  const ends = { endRow: area.startRow, endColumn: area.startColumn };
  for (const { row, column } of open.cells.within(sheet, area)) {
    ends.endRow = Math.max(ends.endRow, row);
    ends.endColumn = Math.max(ends.endColumn, column);
  }
  return { ...area, ...ends };
}
