import { VisuallyHidden } from "@mantine/core";
import { timeAgo } from "../../app/time";
import { cellAddress, columnLetters } from "../cells/address";
import type { Kept } from "../cells/Cells";
import type { OpenWorkbook } from "../OpenWorkbook";
import { shownText } from "./shownText";
import { useShown } from "./useOpenWorkbook";

/** How many columns of the selected row are written out. */
const COLUMNS = 26;

/** The selected row as a table of the page, and the selected cell as a sentence: a canvas says nothing to a screen reader. */
export function Companion({ open, isTable }: { open: OpenWorkbook; isTable: boolean }) {
  const selection = useShown(open, (shown) => shown.selection);
  useShown(open, (shown) => shown.revision);
  if (!selection) return null;
  const { sheet, area } = selection;
  const row = area.startRow;
  return (
    <VisuallyHidden>
      <p role="status" aria-live="polite" data-testid="selected-cell">
        {sentenceOf(open, cellAddress({ row, column: area.startColumn }), open.find(sheet, row, area.startColumn))}
      </p>
      {!isTable && <Row open={open} sheet={sheet} row={row} />}
    </VisuallyHidden>
  );
}

function Row({ open, sheet, row }: { open: OpenWorkbook; sheet: string; row: number }) {
  const columns = Array.from({ length: COLUMNS }, (_, column) => column);
  return (
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
            <td key={column}>{shownText(open, open.find(sheet, row, column))}</td>
          ))}
        </tr>
      </tbody>
    </table>
  );
}

/** "B2, 4,386, formula, fetched 2 minutes ago". */
function sentenceOf(open: OpenWorkbook, address: string, cell: Kept | undefined): string {
  if (!cell) return `${address}, empty`;
  const parts = [address, shownText(open, cell) || "empty"];
  if (cell.input.startsWith("=")) parts.push("formula");
  if (cell.state === "stale") parts.push("not up to date");
  if (cell.error) parts.push(cell.error.title);
  if (cell.fetched_at && cell.state !== "error") parts.push(`fetched ${timeAgo(cell.fetched_at)}`);
  return parts.join(", ");
}
