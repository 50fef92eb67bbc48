import { ActionIcon, Tooltip, UnstyledButton } from "@mantine/core";
import { IconKeyboard } from "@tabler/icons-react";
import { useDeferredValue, useMemo } from "react";
import { isInside } from "../cells/address";
import type { Kept } from "../cells/Cells";
import { summaryOf, troubles } from "../cells/summary";
import type { OpenWorkbook } from "../OpenWorkbook";
import css from "../WorkbookPage.module.css";
import { headline, isExplained } from "./CellCard";
import { showCard } from "./useKeys";
import { useShown } from "./useOpenWorkbook";

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });

/** Sum, average and count of the selection, and what needs attention on its sheet. */
export function SelectionBar({ open, onHelp }: { open: OpenWorkbook; onHelp: () => void }) {
  const selection = useShown(open, (shown) => shown.selection);
  // Typing must not wait for the counting of a large sheet.
  const revision = useDeferredValue(useShown(open, (shown) => shown.revision));
  const sheet = selection?.sheet ?? open.shown.get().workbook?.sheets[0]?.name ?? "";
  const { count, numbers, sum } = useMemo(
    () => (revision >= 0 && selection ? summaryOf(open.cells.within(sheet, selection.area)) : summaryOf([])),
    [open, sheet, selection, revision],
  );
  const { waiting, errors } = useMemo(
    () => troubles(revision >= 0 ? open.cells.of(sheet) : []),
    [open, sheet, revision],
  );
  return (
    <footer className={css.status} tabIndex={-1}>
      <Explained open={open} />
      {numbers > 1 && <Figure label="Sum" value={sum} />}
      {numbers > 1 && <Figure label="Average" value={sum / numbers} />}
      {count > 1 && <Figure label="Count" value={count} />}
      <span style={{ marginLeft: "auto" }}>{waiting > 0 && `${waiting} waiting`}</span>
      {errors.length > 0 && (
        <UnstyledButton fz="inherit" c="var(--app-bad)" onClick={() => showNext(open, errors)}>
          {errors.length === 1 ? "1 error" : `${errors.length} errors`}
        </UnstyledButton>
      )}
      <Tooltip label="Keyboard shortcuts, Ctrl + /">
        <ActionIcon size="sm" variant="subtle" color="gray" aria-label="Help with keys" onClick={onHelp}>
          <IconKeyboard size={17} />
        </ActionIcon>
      </Tooltip>
    </footer>
  );
}

/** What there is to know of the selected cell, for whoever has no pointer to rest on it. */
function Explained({ open }: { open: OpenWorkbook }) {
  const selection = useShown(open, (shown) => shown.selection);
  useShown(open, (shown) => shown.revision);
  const cell = selection && open.find(selection.sheet, selection.area.startRow, selection.area.startColumn);
  if (!cell || !isExplained(cell)) return null;
  return (
    <UnstyledButton
      fz="inherit"
      c={cell.error ? "var(--app-bad)" : undefined}
      className={css.explained}
      onClick={() => showCard(open)}
      title="Shift + F2"
    >
      {`${cell.cell}: ${cell.error?.title ?? (cell.state === "ok" ? "where this comes from" : headline(cell))}`}
    </UnstyledButton>
  );
}

function Figure({ label, value }: { label: string; value: number }) {
  return (
    <span>
      {label} <b>{number.format(value)}</b>
    </span>
  );
}

/** Select the next error after the selection, or the first one again. */
function showNext(open: OpenWorkbook, errors: Kept[]) {
  const area = open.shown.get().selection?.area;
  const here = area ? errors.findIndex((cell) => isInside(cell, area)) : -1;
  const next = errors[(here + 1) % errors.length];
  if (next) open.goTo(next.sheet, next);
}
