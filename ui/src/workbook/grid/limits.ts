/** How far a sheet can reach. */
export const MOST_ROWS = 100_000;
export const MOST_COLUMNS = 1_000;

/** What the server takes in one batch: edits, of which each cell that is written to needs its own. */
export const MOST_EDITS = 100_000;

/** Cells that one edit formats. */
export const MOST_FORMATTED = 200_000;
