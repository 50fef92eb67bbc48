import type { FUniver } from "@univerjs/core/facade";
import type { FWorkbook } from "@univerjs/sheets/facade";
import type { Area } from "../cells/address";
import type { OpenWorkbook } from "../OpenWorkbook";
import { MOST_EDITS, MOST_FORMATTED } from "./limits";

const FILLS = /^sheet\.command\.(copy-down|copy-right|auto-fill)$/;
const FORMATS = /^sheet\.command\.(set-style$|clear-selection-format$|numfmt\.)/;

/**
 * Stops what the server would refuse for its size, before the grid has gone through all these cells.
 *
 * It would take the grid most of a minute to format millions of cells, and again to take that back.
 */
export function followHugeActs(api: FUniver, workbook: FWorkbook, open: OpenWorkbook): { dispose(): void } {
  return api.addEvent(api.Event.BeforeCommandExecute, (event) => {
    const isFill = FILLS.test(event.id);
    if (!isFill && !FORMATS.test(event.id)) return;
    const most = isFill ? MOST_EDITS : MOST_FORMATTED;
    const target: Area | undefined = (event.params as { targetRange?: Area } | undefined)?.targetRange;
    if (sizeOf(target ? [target] : selectedAreas(workbook)) <= most) return;
    event.cancel = true;
    open.refuse(
      `This ${isFill ? "fills" : "formats"} more than ${most.toLocaleString("en")} cells at once. ` +
        "Do it in parts. Nothing was changed.",
    );
  });
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
