import { Page } from "../app/Page";

/** One workbook. */
export function WorkbookPage({ id }: { id: string }) {
  return <Page title="Workbook">{id}</Page>;
}
