import { useVisitor } from "../accounts/whoAmI";
import { Loading } from "../app/Loading";
import type { OpenWorkbook } from "./OpenWorkbook";
import { Companion } from "./page/Companion";
import { Interruption } from "./page/Interruption";
import { SelectionBar } from "./page/SelectionBar";
import { TitleBar } from "./page/TitleBar";
import { useKeys } from "./page/useKeys";
import { useOpenWorkbook, useShown } from "./page/useOpenWorkbook";
import { WorkbookDialogs } from "./page/WorkbookDialogs";
import css from "./WorkbookPage.module.css";

/** One workbook: the grid, and everything around it. */
export function WorkbookPage({ id }: { id: string }) {
  const { host, open } = useOpenWorkbook(id, useVisitor().id);
  const page = useKeys(open, host);
  return (
    <div className={css.page} ref={page}>
      {open && <Above open={open} />}
      {/* biome-ignore lint/a11y/useSemanticElements: a section of the page that the grid fills by itself */}
      <div ref={host} className={css.grid} role="region" aria-label="Grid" />
      {open && <Below open={open} host={host} />}
    </div>
  );
}

function Above({ open }: { open: OpenWorkbook }) {
  const workbook = useShown(open, (shown) => shown.workbook);
  const closed = useShown(open, (shown) => shown.closed);
  return (
    <>
      <Interruption open={open} />
      {workbook ? <TitleBar open={open} workbook={workbook} /> : !closed && <Loading label="Opening the workbook" />}
    </>
  );
}

function Below({ open, host }: { open: OpenWorkbook; host: React.RefObject<HTMLDivElement | null> }) {
  const isReady = useShown(open, ({ workbook }) => workbook !== undefined);
  if (!isReady) return null;
  return (
    <>
      <SelectionBar open={open} />
      <Companion open={open} />
      <WorkbookDialogs open={open} host={host} />
    </>
  );
}
