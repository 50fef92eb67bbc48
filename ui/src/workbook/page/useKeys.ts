import { type RefObject, useEffect, useRef } from "react";
import type { OpenWorkbook } from "../OpenWorkbook";
import { focusSelected } from "./CellTable";
import { refreshSelection } from "./RefreshMenu";

/**
 * Keys of the whole page: F9 refreshes, Shift+F2 shows the card, F6 goes to the next region, Ctrl+F and
 * Ctrl+H find and replace, Ctrl+/ tells of them.
 */
export function useKeys(open: OpenWorkbook | undefined, host: RefObject<HTMLDivElement | null>, onHelp: () => void) {
  const page = useRef<HTMLDivElement>(null);
  const help = useRef(onHelp);
  help.current = onHelp;
  useEffect(() => {
    if (!open) return;
    const press = (event: KeyboardEvent) => {
      const act = actOf(event, open, page.current, host.current, help.current);
      if (!act) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      act();
    };
    // Before the grid, which takes every key it can get.
    window.addEventListener("keydown", press, { capture: true });
    return () => window.removeEventListener("keydown", press, { capture: true });
  }, [open, host]);
  return page;
}

function actOf(
  event: KeyboardEvent,
  open: OpenWorkbook,
  page: HTMLElement | null,
  host: HTMLElement | null,
  onHelp: () => void,
) {
  if (document.querySelector("[role=dialog][aria-modal=true], [role=alertdialog]")) return undefined;
  if (event.key === "/" && (event.ctrlKey || event.metaKey)) return onHelp;
  if (isFind(event) && open.view.workbook && !open.view.workbook.isCellEditing()) {
    return () => open.grid.find(event.key.toLowerCase() === "h");
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !open.shown.get().workbook) return undefined;
  if (event.key === "F9" && !open.isViewer) return () => void refreshSelection(open);
  if (event.key === "F2" && event.shiftKey) return () => showCard(open);
  if (event.key === "F6" && page && host) return () => moveOn(page, host, event.shiftKey ? -1 : 1);
  return undefined;
}

/** Of the whole page: a browser's own search sees no cells. */
const isFind = ({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent) =>
  (ctrlKey || metaKey) && !altKey && !shiftKey && /^[fh]$/i.test(key);

/** Explain the selected cell. */
export function showCard(open: OpenWorkbook) {
  const { selection } = open.shown.get();
  if (!selection) return;
  const { startRow: row, startColumn: column } = selection.area;
  open.shown.set({ hovered: { sheet: selection.sheet, row, column, isAsked: true } });
}

/** The title bar, the grid and the status bar, in this order and around. */
function moveOn(page: HTMLElement, host: HTMLElement, step: 1 | -1) {
  const regions = [
    page.querySelector<HTMLElement>(":scope > header"),
    host.parentElement,
    page.querySelector<HTMLElement>(":scope > footer"),
  ].filter((one) => one !== null);
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  // The grid keeps parts of itself elsewhere on the page.
  const here = at < 0 ? 1 : at;
  const next = regions[(here + step + regions.length) % regions.length];
  if (next === host.parentElement) focusSheet(host);
  else (next?.querySelector<HTMLElement>("button, a[href], [tabindex='0']") ?? next)?.focus();
}

/** Go to the selected cell: of the table, if there is one, else of the grid, which reads keys unseen. */
export function focusSheet(host: HTMLElement | null) {
  const editor = "[data-u-comp=editor][id$=INTERNAL_EDITOR__DOCS_NORMAL]";
  if (host?.inert) focusSelected(host.parentElement ?? host);
  else document.querySelector<HTMLElement>(editor)?.focus();
}
