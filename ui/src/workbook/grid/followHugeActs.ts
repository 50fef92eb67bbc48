import type { FUniver } from "@univerjs/core/facade";
import type { FWorkbook } from "@univerjs/sheets/facade";
import { type Area, rangeAddress } from "../cells/address";
import type { OpenWorkbook } from "../OpenWorkbook";
import { MOST_EDITS, MOST_FORMATTED } from "./limits";

const FILLS = /^sheet\.command\.(copy-down|copy-right|auto-fill)$/;
const CLEARING = "sheet.command.clear-selection-content";
const FORMATS = /^sheet\.command\.(set-style$|clear-selection-format$|numfmt\.)/;

/**
 * Stops what the server would refuse for its size, before the grid has gone through all these cells, and leaves the
 * emptying of so many to the server: the grid would take most of a minute, and again to take it back.
 */
export function followHugeActs(api: FUniver, workbook: FWorkbook, open: OpenWorkbook): { dispose(): void } {
  return api.addEvent(api.Event.BeforeCommandExecute, (event) => {
    const most = limitOf(event.id);
    if (most === undefined) return;
    const target: Area | undefined = (event.params as { targetRange?: Area } | undefined)?.targetRange;
    const areas = target ? [target] : selectedAreas(workbook);
    if (sizeOf(areas) <= most) return;
    event.cancel = true;
    const sheet = open.view.nameOf(workbook.getActiveSheet().getSheetId());
    const told = `This changes more than ${most.toLocaleString("en")} cells at once.`;
    if (event.id !== CLEARING) open.refuse(`${told} Do it in parts. Nothing was changed.`);
    else open.edit(areas.map((area) => ({ op: "clear", sheet, range: rangeAddress(area) })));
  });
}

function limitOf(command: string): number | undefined {
  if (FILLS.test(command) || command === CLEARING) return MOST_EDITS;
  return FORMATS.test(command) ? MOST_FORMATTED : undefined;
}

const selectedAreas = (workbook: FWorkbook): Area[] =>
  workbook
    .getActiveSheet()
    .getSelection()
    ?.getActiveRangeList()
    .map((range) => range.getRange()) ?? [];

const sizeOf = (areas: Area[]) =>
  areas.reduce(
    (sum, { startRow, endRow, startColumn, endColumn }) =>
      sum + (endRow - startRow + 1) * (endColumn - startColumn + 1),
    0,
  );
