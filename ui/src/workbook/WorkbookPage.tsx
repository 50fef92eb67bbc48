import { useVisitor } from "../accounts/whoAmI";
import { Loading } from "../app/Loading";
import { Frame } from "./page/Frame";
import { useOpenWorkbook } from "./page/useOpenWorkbook";
import css from "./WorkbookPage.module.css";

/** One workbook: the grid, and everything around it. */
export function WorkbookPage({ id }: { id: string }) {
  const { host, open } = useOpenWorkbook(id, useVisitor().id);
  return (
    <div className={css.page}>
      {open ? <Frame open={open} /> : <Loading label="Opening the workbook" />}
      <div ref={host} className={css.grid} />
    </div>
  );
}
