import type { Injector, ISelectionCell } from "@univerjs/core";
import type { FUniver } from "@univerjs/core/facade";
import { IEditorService } from "@univerjs/docs-ui";
import { IRenderManagerService } from "@univerjs/engine-render";
import { getPrimaryForRange, type ISelectionWithStyle, SheetsSelectionsService } from "@univerjs/sheets";
import type { FWorkbook } from "@univerjs/sheets/facade";
import { IEditorBridgeService, SheetCellEditorResizeService } from "@univerjs/sheets-ui";
import type { Place } from "../cells/address";
import { followedArea, movesOf, shiftedPlace } from "../cells/shifting";
import type { Axis, Shift } from "../live/frames";
import { FROM_SERVER } from "./fromServer";

/** A cell and its sheet as the grid knows it. */
interface Edited extends Place {
  sheetId: string;
}

/** A sheet before rows or columns moved. */
interface Before {
  id: string;
  rows: number;
  columns: number;
  selections: readonly ISelectionWithStyle[];
}

/** The services behind the grid's API, for what it does not offer. */
// biome-ignore lint/complexity/useLiteralKeys: only this spelling reaches what is meant for the API's own extensions
const servicesOf = (api: FUniver): Injector => api["_injector"];

/** The cell in which somebody types right now. */
export function editedCell(api: FUniver): Edited | undefined {
  const editor = servicesOf(api).get(IEditorBridgeService);
  return editor.isVisible().visible ? (editor.getEditLocation() ?? undefined) : undefined;
}

/**
 * Where somebody is in the grid when rows or columns begin to move: what is selected, in view and being typed in.
 *
 * The grid moves cells under all of these. `follow` brings each to where its cells went.
 */
export class Whereabouts {
  readonly #edited: Edited | undefined;
  readonly #sheets: Before[];
  readonly #scroll;

  constructor(
    private readonly api: FUniver,
    private readonly workbook: FWorkbook,
  ) {
    const selections = servicesOf(api).get(SheetsSelectionsService).getWorkbookSelections(workbook.getId());
    this.#edited = editedCell(api);
    this.#scroll = workbook.getActiveSheet().getScrollState();
    this.#sheets = workbook.getSheets().map((sheet) => ({
      id: sheet.getSheetId(),
      rows: sheet.getMaxRows(),
      columns: sheet.getMaxColumns(),
      selections: selections.getSelectionsOfWorksheet(sheet.getSheetId()),
    }));
  }

  /** Follow moves that have happened. Gives what somebody had typed in a cell that is gone. */
  follow(moves: readonly Shift[]): string | undefined {
    this.#scrollAlong(moves);
    for (const sheet of this.#sheets) this.#select(sheet, movesOf(Number(sheet.id), moves));
    return this.#followEdited(moves);
  }

  /** The grid itself lets the editor follow moves of any sheet. To be put right before other cells are drawn. */
  holdEditor(moves: readonly Shift[]): void {
    const place = this.#editedAfter(moves);
    if (place) servicesOf(this.api).get(IEditorBridgeService).updateEditLocation(place.row, place.column);
  }

  #editedAfter(moves: readonly Shift[]): Place | undefined {
    let place: Place | undefined = this.#edited;
    for (const move of movesOf(Number(this.#edited?.sheetId), moves)) place = place && shiftedPlace(place, move);
    return place;
  }

  #followEdited(moves: readonly Shift[]): string | undefined {
    if (!this.#edited) return undefined;
    const place = this.#editedAfter(moves);
    if (place) {
      this.#editAt(this.#edited.sheetId, place);
      return undefined;
    }
    const text = servicesOf(this.api).get(IEditorService).getFocusEditor()?.getDocumentData().body?.dataStream;
    void this.workbook.abortEditingAsync();
    return text?.replace(/\r\n$/, "") ?? "";
  }

  /** The grid leaves the editor where it is on the screen. */
  #editAt(sheetId: string, { row, column }: Place): void {
    const editor = servicesOf(this.api).get(IEditorBridgeService);
    const unitId = this.workbook.getId();
    const drawn = servicesOf(this.api).get(IRenderManagerService).getRenderById(unitId);
    const sheet = this.workbook.getActiveSheet();
    // From another sheet somebody picks what a formula refers to, and the editor is nowhere to be seen.
    if (!drawn || sheet.getSheetId() !== sheetId) return;
    const range = { startRow: row, endRow: row, startColumn: column, endColumn: column };
    const { scene, engine } = drawn;
    // While it is kept, the grid does not put the cell's own text in place of what was typed.
    editor.enableForceKeepVisible();
    editor.setEditCell({ unitId, sheetId, primary: getPrimaryForRange(range, sheet.getSheet()), scene, engine });
    editor.disableForceKeepVisible();
    servicesOf(this.api).get(SheetCellEditorResizeService).fitTextSize();
  }

  /** Also a selection that stays is set again, or the grid would type into where moves of another sheet led it. */
  #select(before: Before, moves: readonly Shift[]): void {
    const subUnitId = before.id;
    if (before.selections.length === 0 || !this.workbook.getSheetBySheetId(subUnitId)) return;
    const selections = before.selections.map(({ range, primary, ...others }) => ({
      range: followedArea(range, moves, before),
      primary: primary && followedPrimary(primary, moves, before),
      ...others,
    }));
    const unitId = this.workbook.getId();
    this.api.syncExecuteCommand("sheet.operation.set-selections", { unitId, subUnitId, selections }, FROM_SERVER);
  }

  /** What is in view stays there when something comes or goes above it or to the left. */
  #scrollAlong(moves: readonly Shift[]): void {
    const sheet = this.workbook.getActiveSheet();
    const frozen = sheet.getSheet().getFreeze();
    const by = (axis: Axis, first: number) => {
      let at = first;
      for (const move of movesOf(Number(sheet.getSheetId()), moves)) {
        // What comes right before the first row in view is shown: whoever looks there wants to see it.
        if (move.axis === axis && move.at <= at) at = Math.max(at + move.count, move.at - 1);
      }
      return at - first;
    };
    const { sheetViewStartRow: row, sheetViewStartColumn: column } = this.#scroll;
    const [rows, columns] = [by("rows", row + frozen.ySplit), by("columns", column + frozen.xSplit)];
    if (rows === 0 && columns === 0) return;
    const there = { sheetViewStartRow: row + rows, sheetViewStartColumn: column + columns };
    const place = { unitId: this.workbook.getId(), sheetId: sheet.getSheetId() };
    this.api.syncExecuteCommand("sheet.operation.set-scroll", { ...place, ...this.#scroll, ...there }, FROM_SERVER);
  }
}

function followedPrimary(primary: ISelectionCell, moves: readonly Shift[], before: Before): ISelectionCell {
  const area = followedArea(primary, moves, before);
  return { ...area, actualRow: area.startRow, actualColumn: area.startColumn };
}
