import type { Axis, Shift } from "../live/frames";
import type { Area, Place } from "./address";

interface Span {
  first: number;
  last: number;
}

/** Where a cell went when rows or columns moved; undefined when it is gone. */
export function shiftedPlace({ row, column }: Place, shift: Shift): Place | undefined {
  const area = shiftedArea({ startRow: row, endRow: row, startColumn: column, endColumn: column }, shift);
  return area && { row: area.startRow, column: area.startColumn };
}

/** Where an area went: it loses what is gone, and widens when something comes between. */
export function shiftedArea(area: Area, shift: Shift): Area | undefined {
  const span = shiftedSpan(spanOf(area, shift.axis), shift);
  return span && withSpan(area, shift.axis, span);
}

/** What moved on one sheet, given by its id. */
export const movesOf = (sheet: number, moves: readonly Shift[]) => moves.filter((move) => move.sheet === sheet);

/**
 * What is selected after rows or columns moved of which there were so many before.
 *
 * Whole rows and columns stay whole, and what is gone leaves the selection with what took its place.
 */
export function followedArea<Kind extends Area>(
  area: Kind,
  moves: readonly Shift[],
  before: Record<Axis, number>,
): Kind {
  const lengths = { rows: before.rows, columns: before.columns };
  let followed = area;
  for (const move of moves) {
    const { axis, at, count } = move;
    const span = spanOf(followed, axis);
    const isWhole = span.first === 0 && span.last >= lengths[axis] - 1;
    lengths[axis] = Math.max(lengths[axis] + count, 1);
    const end = lengths[axis] - 1;
    const now = isWhole ? { first: 0, last: end } : (shiftedSpan(span, move) ?? { first: at - 1, last: at - 1 });
    followed = withSpan(followed, axis, { first: Math.min(now.first, end), last: Math.min(now.last, end) });
  }
  return followed;
}

function shiftedSpan({ first, last }: Span, { at, count }: Shift): Span | undefined {
  const start = at - 1;
  if (count > 0) return { first: first < start ? first : first + count, last: last < start ? last : last + count };
  const kept = start - count;
  const span = {
    first: first < start ? first : Math.max(first + count, start),
    last: last < start ? last : last < kept ? start - 1 : last + count,
  };
  return span.first <= span.last ? span : undefined;
}

const spanOf = (area: Area, axis: Axis): Span =>
  axis === "rows" ? { first: area.startRow, last: area.endRow } : { first: area.startColumn, last: area.endColumn };

const withSpan = <Kind extends Area>(area: Kind, axis: Axis, { first, last }: Span): Kind =>
  axis === "rows" ? { ...area, startRow: first, endRow: last } : { ...area, startColumn: first, endColumn: last };
