import { type ReactNode, useState } from "react";
import { useVisitor } from "../accounts/whoAmI";
import type { Workbook } from "./live/frames";
import type { OpenWorkbook } from "./OpenWorkbook";
import { Announced } from "./page/Announced";
import { Companion } from "./page/Companion";
import { ConnectionNotice } from "./page/ConnectionNotice";
import { Interruption } from "./page/Interruption";
import { Opening } from "./page/Opening";
import { SelectionBar } from "./page/SelectionBar";
import { ShortcutHelp } from "./page/ShortcutHelp";
import { TableView } from "./page/TableView";
import { TitleBar } from "./page/TitleBar";
import { useKeys } from "./page/useKeys";
import { useOpenWorkbook, useShown } from "./page/useOpenWorkbook";
import { useTableView } from "./page/useTableView";
import { WorkbookDialogs } from "./page/WorkbookDialogs";
import css from "./WorkbookPage.module.css";

/** One workbook: the grid, and everything around it. */
export function WorkbookPage({ id }: { id: string }) {
  const { host, open } = useOpenWorkbook(id, useVisitor().id);
  const [isHelping, setHelping] = useState(false);
  const page = useKeys(open, host, () => setHelping(true));
  const table = useTableView(open);
  return (
    <div className={css.page} ref={page}>
      {open && (
        <Ready open={open}>
          {(workbook) => (
            <>
              <Interruption open={open} />
              <ConnectionNotice open={open} workbook={workbook} host={host} />
              <TitleBar open={open} workbook={workbook} table={table} />
            </>
          )}
        </Ready>
      )}
      <div className={css.middle}>
        {/* biome-ignore lint/a11y/useSemanticElements: a section of the page that the grid fills by itself */}
        <div ref={host} className={css.grid} role="region" aria-label="Grid" inert={table.isOn} />
        {open && <Ready open={open}>{(workbook) => table.isOn && <TableView open={open} workbook={workbook} />}</Ready>}
        {open && <Ready open={open} instead={<Opening open={open} />} />}
      </div>
      {open && (
        <Ready open={open}>
          {() => (
            <>
              <SelectionBar open={open} onHelp={() => setHelping(true)} />
              <Companion open={open} isTable={table.isOn} />
              <Announced open={open} />
              <WorkbookDialogs open={open} host={host} />
            </>
          )}
        </Ready>
      )}
      <ShortcutHelp opened={isHelping} onClose={() => setHelping(false)} />
    </div>
  );
}

interface ReadyProps {
  open: OpenWorkbook;
  instead?: ReactNode;
  children?: (workbook: Workbook) => ReactNode;
}

/** What needs the workbook's first news, once they are there. */
function Ready({ open, instead, children }: ReadyProps) {
  const workbook = useShown(open, (shown) => shown.workbook);
  return workbook ? children?.(workbook) : instead;
}
