import type { Area, Place } from "../../cells/address";
import { MOST_COLUMNS, MOST_EDITS, MOST_FORMATTED, MOST_ROWS } from "../limits";
import type { Clip, ClipCell } from "./clip";
import { landed } from "./relative";

/** A clip at its place in a sheet: every cell it covers, those that it empties too. */
export interface Landing {
  area: Area;
  cells: ClipCell[];
  merges: Area[];
}

/**
 * Where a clip goes when it is pasted over a selection, or a sentence that says why it cannot.
 *
 * As in every spreadsheet it is repeated when the selection is a multiple of it, and otherwise goes beyond it.
 */
export function landingOf(clip: Clip, selected: Area): Landing | string {
  const down = times(selected.endRow - selected.startRow + 1, clip.rows);
  const right = times(selected.endColumn - selected.startColumn + 1, clip.columns);
  const area = {
    ...selected,
    endRow: selected.startRow + down * clip.rows - 1,
    endColumn: selected.startColumn + right * clip.columns - 1,
  };
  if (area.endRow >= MOST_ROWS || area.endColumn >= MOST_COLUMNS) {
    return "This does not fit here: a sheet has at most 100,000 rows and 1,000 columns. Nothing was pasted.";
  }
  const filled = clip.cells.filter(({ input }) => input !== "").length;
  if (down * right * filled > MOST_EDITS) return tooMany("100,000 filled cells");
  if (down * clip.rows * right * clip.columns > MOST_FORMATTED) return tooMany("200,000 cells");
  const corners = cornersOf(area, clip);
  return {
    area,
    cells: corners.flatMap((corner) => cellsAt(clip, corner)),
    merges: corners.flatMap((corner) => clip.merges.map((merge) => moved(merge, corner))),
  };
}

const tooMany = (cells: string) =>
  `This is more than ${cells}. Paste it in parts, or import it as a file. Nothing was pasted.`;

const times = (selected: number, copied: number) => (selected % copied === 0 ? selected / copied : 1);

function cornersOf(area: Area, { rows, columns }: Clip): Place[] {
  const corners: Place[] = [];
  for (let row = area.startRow; row <= area.endRow; row += rows) {
    for (let column = area.startColumn; column <= area.endColumn; column += columns) corners.push({ row, column });
  }
  return corners;
}

function cellsAt(clip: Clip, corner: Place): ClipCell[] {
  const filled = new Map(clip.cells.map((cell) => [cell.row * clip.columns + cell.column, cell]));
  return Array.from({ length: clip.rows * clip.columns }, (_, index) => {
    const row = corner.row + Math.floor(index / clip.columns);
    const column = corner.column + (index % clip.columns);
    const { input = "", style = {}, relative } = filled.get(index) ?? {};
    return { row, column, style, input: (relative && landed(relative, { row, column })) ?? input };
  });
}

const moved = (area: Area, { row, column }: Place): Area => ({
  startRow: area.startRow + row,
  endRow: area.endRow + row,
  startColumn: area.startColumn + column,
  endColumn: area.endColumn + column,
});
