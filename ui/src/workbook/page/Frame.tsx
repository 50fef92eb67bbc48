import type { OpenWorkbook } from "../OpenWorkbook";
import { useShown } from "./useOpenWorkbook";

export function Frame({ open }: { open: OpenWorkbook }) {
  const title = useShown(open, ({ workbook }) => workbook?.title);
  return <h1>{title}</h1>;
}
