import { expect, test } from "vitest";
import { layoutEdits, structuralEdits } from "./structure";

const names = {
  nameOf: () => "Sheet1",
  all: () => ["Sheet1", "sheet2"],
  defined: () => ["Costs"],
  frozen: () => ({ rows: 2, columns: 1 }),
  selected: () => ({ row: 0, column: 4 }),
};
const range = { startRow: 1, endRow: 2, startColumn: 3, endColumn: 3 };

test("the grid's structural commands become the server's edits, counted from 1", () => {
  const edit = (id: string, params: object) => structuralEdits(`sheet.command.${id}`, params, names)?.[0];
  expect(edit("insert-row", { range })).toEqual({ op: "insert_rows", sheet: "Sheet1", at: 2, count: 2 });
  expect(edit("remove-col", { range })).toEqual({ op: "delete_columns", sheet: "Sheet1", at: 4, count: 1 });
  expect(edit("insert-sheet", {})).toEqual({ op: "add_sheet", name: "Sheet3" });
  expect(edit("set-worksheet-order", { order: 0 })).toEqual({ op: "move_sheet", sheet: "Sheet1", to: 1 });
});

test("names are defined, renamed and deleted by the server", () => {
  const edits = (id: string, params: object) => structuralEdits(`sheet.command.${id}-defined-name`, params, names);
  const named = { name: "Total", formulaOrRefString: "Sheet1!$A$1" };
  const defined = { op: "define_name", name: "Total", refers_to: "Sheet1!$A$1" };
  expect(edits("insert", { id: "x7", ...named })).toEqual([defined]);
  expect(edits("set", { id: "Costs", ...named })).toEqual([{ op: "delete_name", name: "Costs" }, defined]);
  expect(edits("remove", { id: "Costs", name: "Costs" })).toEqual([{ op: "delete_name", name: "Costs" }]);
});

test("rows and columns are frozen beside each other, and one at least", () => {
  const edits = (id: string) => structuralEdits(`sheet.command.set-${id}-frozen`, {}, names);
  expect(edits("col")).toEqual([{ op: "freeze", sheet: "Sheet1", rows: 2, columns: 4 }]);
  expect(edits("row")).toEqual([{ op: "freeze", sheet: "Sheet1", rows: 1, columns: 1 }]);
  expect(edits("selection")).toEqual([{ op: "freeze", sheet: "Sheet1", rows: 1, columns: 4 }]);
});

test("what the server cannot do is stopped, and what concerns only the grid is let through", () => {
  expect(structuralEdits("sheet.command.move-rows", {}, names)).toBe("unknown");
  expect(structuralEdits("sheet.operation.set-selections", {}, names)).toBeUndefined();
});

test("layout is told by what the grid has done already", () => {
  const edits = (id: string, params: object) => layoutEdits(`sheet.mutation.${id}`, params, "Sheet1");
  expect(edits("add-worksheet-merge", { ranges: [range] })).toEqual([{ op: "merge", sheet: "Sheet1", range: "D2:D3" }]);
  expect(edits("set-worksheet-col-width", { ranges: [range], colWidth: 80 })).toEqual([
    { op: "resize", sheet: "Sheet1", columns: "D:D", size: 80 },
  ]);
  expect(edits("set-worksheet-row-height", { ranges: [range], rowHeight: { 2: 30 } })).toEqual([
    { op: "resize", sheet: "Sheet1", rows: "3:3", size: 30 },
  ]);
  expect(edits("set-frozen", { startRow: 2, ySplit: 2, startColumn: -1, xSplit: 0 })).toEqual([
    { op: "freeze", sheet: "Sheet1", rows: 2, columns: 0 },
  ]);
});
