import { VisuallyHidden } from "@mantine/core";
import { timeAgo } from "../../app/time";
import { cellAddress, columnLetters } from "../cells/address";
import type { Kept } from "../cells/Cells";
import type { OpenWorkbook } from "../OpenWorkbook";
import { useShown } from "./useOpenWorkbook";

/** How many columns of the selected row are written out. */
const COLUMNS = 26;

/** The selected row as a table of the page, and the selected cell as a sentence: a canvas says nothing to a screen reader. */
export function Companion({ open }: { open: OpenWorkbook }) {
  const selection = useShown(open, (shown) => shown.selection);
  useShown(open, (shown) => shown.revision);
  if (!selection) return null;
  const { sheet, area } = selection;
  const row = area.startRow;
  const columns = Array.from({ length: COLUMNS }, (_, column) => column);
  return (
    <VisuallyHidden>
      <p role="status" aria-live="polite" data-testid="selected-cell">
        {sentenceOf(cellAddress({ row, column: area.startColumn }), open.find(sheet, row, area.startColumn))}
      </p>
      <table aria-label={`Row ${row + 1} of ${sheet}`} aria-rowcount={-1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {columnLetters(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr aria-rowindex={row + 1}>
            {columns.map((column) => (
              <td key={column}>{shownOf(open.find(sheet, row, column))}</td>
            ))}
          </tr>
        </tbody>
      </table>
    </VisuallyHidden>
  );
}

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 10 });

function shownOf(cell: Kept | undefined): string {
  if (!cell) return "";
  if (cell.state === "loading" && cell.value === null) return "loading";
  return typeof cell.value === "number" ? number.format(cell.value) : String(cell.value ?? "");
}

/** "B2, 4,386, formula, fetched 2 minutes ago". */
export function sentenceOf(address: string, cell: Kept | undefined): string {
  if (!cell) return `${address}, empty`;
  const parts = [address, shownOf(cell) || "empty"];
  if (cell.input.startsWith("=")) parts.push("formula");
  if (cell.state === "stale") parts.push("not up to date");
  if (cell.error) parts.push(cell.error.title);
  if (cell.fetched_at && cell.state !== "error") parts.push(`fetched ${timeAgo(cell.fetched_at)}`);
  return parts.join(", ");
}
