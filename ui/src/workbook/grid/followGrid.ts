import { CommandType } from "@univerjs/core";
import type { FUniver } from "@univerjs/core/facade";
import type { FWorkbook } from "@univerjs/sheets/facade";
import type { Area } from "../cells/address";
import type { OpenWorkbook } from "../OpenWorkbook";
import { copyFrom } from "./clipboard/copyFrom";
import { followPaste } from "./clipboard/followPaste";
import { followFind } from "./finding/followFind";
import { followHugeActs } from "./followHugeActs";
import { followMenuFields } from "./followMenuFields";
import { looks } from "./looks";
import type { Outbox } from "./Outbox";
import { layoutEdits, type SheetNames, structuralEdits } from "./structure";

const SET = "sheet.mutation.set-range-values";
const TYPED = "sheet.command.set-range-values";
const SET_NUMBER_FORMAT = "sheet.mutation.set.numfmt";
const REMOVE_NUMBER_FORMAT = "sheet.mutation.remove.numfmt";
/** We have a help of our own, with the page's keys. */
const HELP = "base-ui.operation.toggle-shortcut-panel";
const MOVE_RANGE = "sheet.mutation.move-range";

/** Listens to what somebody does in the grid, and hands it on. The result ends that. */
export function followGrid(api: FUniver, workbook: FWorkbook, open: OpenWorkbook, outbox: Outbox): () => void {
  const sheets = () => open.shown.get().workbook?.sheets ?? [];
  const names: SheetNames = {
    nameOf: (id) => open.view.nameOf(id ?? workbook.getActiveSheet().getSheetId()),
    all: () => sheets().map(({ name }) => name),
    defined: () => open.shown.get().workbook?.names.map(({ name }) => name) ?? [],
    frozen: (name) => sheets().find((sheet) => sheet.name === name)?.frozen ?? { rows: 0, columns: 0 },
    selected: () => {
      const selected = workbook.getActiveRange();
      return { row: selected?.getRow() ?? 0, column: selected?.getColumn() ?? 0 };
    },
  };
  open.grid.copyAs((id) => copyFrom(open, id));
  const finding = followFind(open);
  const ends = [
    api.addEvent(api.Event.CommandExecuted, ({ id, type, params, options }) => {
      if (type !== CommandType.MUTATION || options?.onlyLocal || options?.fromCollab) return;
      gather(outbox, id, params, names);
    }),
    api.addEvent(api.Event.BeforeCommandExecute, (event) => {
      const edits = structuralEdits(event.id, event.params ?? {}, names);
      if (edits === undefined && event.id !== HELP) return;
      event.cancel = true;
      if (edits === "unknown") open.refuse("GridOS cannot do this yet, so nothing was changed.");
      else if (edits) open.edit(edits);
    }),
    followPaste(api, workbook, open),
    followMenuFields(),
    followHugeActs(api, workbook, open),
    open.grid.onTyped((sheetId, row, column, text) => outbox.noteTyped(sheetId, { row, column }, text)),
    // While a cell is being edited, undo concerns its text alone.
    ...(
      [
        [api.Event.BeforeUndo, "undo"],
        [api.Event.BeforeRedo, "redo"],
      ] as const
    ).map(([event, op]) =>
      api.addEvent(event, (before) => {
        if (workbook.isCellEditing()) return;
        before.cancel = true;
        open.edit([{ op }]);
      }),
    ),
    workbook.onSelectionChange(([area]) => {
      if (area) open.select({ sheet: names.nameOf(undefined), area });
    }),
    // By the pointer's own place: a long text reaches over its neighbours, which have cards of their own.
    api.getSheetHooks().onCellPointerOver((over) => {
      const hovered = over && { sheet: names.nameOf(over.location.subUnitId), ...placeOf(over.location) };
      open.shown.set({ hovered: hovered ?? undefined });
    }),
    finding,
    // The grid takes the drawing of cells from one alone.
    api.getSheetHooks().onCellRender([looks, finding.mark]),
  ];
  return () => {
    for (const end of ends) end.dispose();
  };
}

const placeOf = ({ row, col }: { row: number; col: number }) => ({ row, column: col });

// biome-ignore lint/suspicious/noExplicitAny: a mutation's parameters have no type of their own outside the grid
function gather(outbox: Outbox, id: string, params: any, names: SheetNames): void {
  switch (id) {
    case SET:
      outbox.addValues(params.subUnitId, params.cellValue ?? {}, params.trigger === TYPED);
      break;
    case SET_NUMBER_FORMAT:
      for (const { ranges } of Object.values<Formatted>(params.values)) outbox.addStyled(params.subUnitId, ranges);
      break;
    case REMOVE_NUMBER_FORMAT:
      outbox.addStyled(params.subUnitId, params.ranges);
      break;
    case MOVE_RANGE:
      for (const { subUnitId, value } of [params.from, params.to]) outbox.addValues(subUnitId, emptied(value));
      break;
    default:
      outbox.add(layoutEdits(id, params ?? {}, names.nameOf(params?.subUnitId)));
  }
}

/** Number formats travel by pattern, each with its ranges. */
interface Formatted {
  ranges: Area[];
}

/** A moved cell that is empty now was changed as well. */
const emptied = <Cell>(values: Record<number, Record<number, Cell>>) =>
  Object.fromEntries(
    Object.entries(values).map(([row, cells]) => [
      row,
      Object.fromEntries(Object.keys(cells).map((column) => [column, null])),
    ]),
  );
