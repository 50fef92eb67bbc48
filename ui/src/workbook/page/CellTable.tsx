import { VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle, IconClock } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { type Area, cellAddress, columnLetters, type Place } from "../cells/address";
import type { Kept } from "../cells/Cells";
import type { OpenWorkbook } from "../OpenWorkbook";
import { shownText } from "./shownText";
import css from "./TableView.module.css";

interface Props {
  open: OpenWorkbook;
  sheet: string;
  area: Area;
  selected: Place;
  onGo: (row: number, column: number) => void;
  /** Somebody wants to change the selected cell: what they type goes into the input. */
  onType: () => void;
}

const STEPS: Record<string, [rows: number, columns: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

const run = (start: number, end: number) => Array.from({ length: end - start + 1 }, (_, index) => start + index);

/** A part of a sheet as a table. One of its cells can be reached with Tab, the others from there with the arrows. */
export function CellTable({ open, sheet, area, selected, onGo, onType }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const { row, column } = selected;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the focus and the view follow the selection
  useEffect(() => {
    if (table.current?.contains(document.activeElement)) focusSelected(table.current);
    else selectedIn(table.current)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [sheet, row, column]);
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // The key itself is typed as well, over what the cell held.
    if (event.key.length === 1) return onType();
    const act = actOf(event.key);
    if (!act) return;
    event.preventDefault();
    act();
  };
  const actOf = (key: string): (() => void) | undefined => {
    const step = STEPS[key];
    if (step) return () => onGo(row + step[0], column + step[1]);
    if (key === "PageUp") return () => onGo(area.startRow - 1, column);
    if (key === "PageDown") return () => onGo(area.endRow + 1, column);
    if (key === "Home") return () => onGo(row, 0);
    if (key === "Enter" || key === "F2") return onType;
    if (key === "Delete" || key === "Backspace")
      return () => open.edit([{ op: "clear", sheet, range: cellAddress(selected) }]);
    return undefined;
  };
  return (
    <div className={css.scroll}>
      <table
        ref={table}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose cells can be selected is a grid
        role="grid"
        className={css.table}
        aria-label={sheet}
        aria-readonly={open.isViewer}
        onKeyDown={press}
      >
        <thead>
          <tr>
            <td />
            {run(area.startColumn, area.endColumn).map((one) => (
              <th key={one} scope="col">
                {columnLetters(one)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {run(area.startRow, area.endRow).map((oneRow) => (
            <tr key={oneRow}>
              <th scope="row">{oneRow + 1}</th>
              {run(area.startColumn, area.endColumn).map((oneColumn) => (
                <OneCell
                  key={oneColumn}
                  open={open}
                  cell={open.find(sheet, oneRow, oneColumn)}
                  isSelected={oneRow === row && oneColumn === column}
                  onSelect={() => onGo(oneRow, oneColumn)}
                  onType={onType}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CellProps {
  open: OpenWorkbook;
  cell: Kept | undefined;
  isSelected: boolean;
  onSelect: () => void;
  onType: () => void;
}

const OneCell = ({ open, cell, isSelected, onSelect, onType }: CellProps) => (
  <td
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a cell that can be selected is a grid's
    role="gridcell"
    tabIndex={isSelected ? 0 : -1}
    aria-selected={isSelected}
    data-state={cell?.state}
    data-number={typeof cell?.value === "number"}
    onFocus={() => !isSelected && onSelect()}
    onDoubleClick={onType}
  >
    <Shown open={open} cell={cell} />
  </td>
);

/** Put the cursor on the selected cell of a table view. */
export const focusSelected = (inside: Element) => selectedIn(inside)?.focus({ preventScroll: false });

const selectedIn = (inside: Element | null) => inside?.querySelector<HTMLElement>("td[aria-selected=true]");

/** Never by colour alone: an error has a mark, an old number a clock, and both a word for a screen reader. */
function Shown({ open, cell }: { open: OpenWorkbook; cell: Kept | undefined }) {
  const text = shownText(open, cell);
  if (cell?.state === "error") {
    return (
      <>
        <IconAlertTriangle size={14} aria-hidden /> {text}
        <VisuallyHidden>{`, ${cell.error?.title ?? "error"}`}</VisuallyHidden>
      </>
    );
  }
  if (cell?.state === "stale") {
    return (
      <>
        <IconClock size={14} aria-hidden /> {text}
        <VisuallyHidden>, not up to date</VisuallyHidden>
      </>
    );
  }
  return cell?.state === "loading" ? "Loading …" : text;
}
