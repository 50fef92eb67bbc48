import { type RefObject, useEffect, useRef } from "react";
import type { OpenWorkbook } from "../OpenWorkbook";
import { refreshSelection } from "./RefreshMenu";

/** Keys of the whole page: F9 refreshes, Shift+F2 shows the card, F6 goes to the next region and out of the grid. */
export function useKeys(open: OpenWorkbook | undefined, host: RefObject<HTMLDivElement | null>) {
  const page = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const press = (event: KeyboardEvent) => {
      const act = actOf(event, open, page.current, host.current);
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

function actOf(event: KeyboardEvent, open: OpenWorkbook, page: HTMLElement | null, host: HTMLElement | null) {
  const isOurs = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!isOurs || document.querySelector("[role=dialog][aria-modal=true], [role=alertdialog]")) return undefined;
  if (event.key === "F9" && !open.isViewer) return () => void refreshSelection(open);
  if (event.key === "F2" && event.shiftKey) return () => showCard(open);
  if (event.key === "F6" && page && host) return () => moveOn(page, host, event.shiftKey ? -1 : 1);
  return undefined;
}

function showCard(open: OpenWorkbook) {
  const { selection } = open.shown.get();
  if (!selection) return;
  const { startRow: row, startColumn: column } = selection.area;
  open.shown.set({ hovered: { sheet: selection.sheet, row, column, isAsked: true } });
}

/** The title bar, the grid and the status bar, in this order and around. */
function moveOn(page: HTMLElement, host: HTMLElement, step: 1 | -1) {
  const regions = [
    page.querySelector<HTMLElement>(":scope > header"),
    host,
    page.querySelector<HTMLElement>(":scope > footer"),
  ].filter((one) => one !== null);
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  // The grid keeps parts of itself elsewhere on the page.
  const here = at < 0 ? regions.indexOf(host) : at;
  const next = regions[(here + step + regions.length) % regions.length];
  if (next === host) focusGrid();
  else (next?.querySelector<HTMLElement>("button, a[href], [tabindex='0']") ?? next)?.focus();
}

/** The grid reads keys through an editable element that nobody sees. */
export const focusGrid = () =>
  document.querySelector<HTMLElement>("[data-u-comp=editor][id$=INTERNAL_EDITOR__DOCS_NORMAL]")?.focus();
