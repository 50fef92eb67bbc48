import { useEffect } from "react";
import { useSearchParams } from "react-router";
import type { OpenWorkbook } from "../OpenWorkbook";

/** Whether the workbook is shown as a table of the page: part of the address, so that it can be kept as a bookmark. */
export function useTableView(open: OpenWorkbook | undefined) {
  const [search, setSearch] = useSearchParams();
  const isOn = search.get("view") === "table";
  useEffect(() => {
    if (!open || isOn) return;
    // The grid goes where the table was.
    const { selection } = open.shown.get();
    const sheet = selection && open.view.sheetOf(selection.sheet);
    if (!sheet) return;
    open.view.workbook?.setActiveSheet(sheet);
    sheet.getRange(selection.area.startRow, selection.area.startColumn).activate();
  }, [open, isOn]);
  return { isOn, toggle: () => setSearch(isOn ? {} : { view: "table" }, { replace: true }) };
}
