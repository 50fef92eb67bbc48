import type { Area, Place } from "../../cells/address";
import type { Style } from "../../live/frames";

/**
 * One cell of a clip. `input` is what somebody would type; a cell without one is empty.
 *
 * `relative` is a formula that names cells by their distance (`=R[-1]C[0]*2`), to be written out where it lands.
 */
export interface ClipCell extends Place {
  input: string;
  style: Style;
  relative?: string | undefined;
}

/** What a clipboard holds, counted from its own corner. Plain text has no looks: those of the cells beneath stay. */
export interface Clip {
  rows: number;
  columns: number;
  cells: ClipCell[];
  merges: Area[];
  hasLooks: boolean;
}

// What the server would read as something else than a text, unless a quote says so.
const NUMBER = /^\(?[-+]?[$€£]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?(e[-+]?\d{1,3})?%?\)?$/i;
const OTHER = /^(['=]|true$|false$|\d{4}-\d\d-\d\d([T ]\d{1,2}:\d\d(:\d\d)?)?$|\d{1,2}:\d\d(:\d\d)?$)/i;

/** A text so that it stays one, also when it looks like a number or a formula. */
export function asText(text: string): string {
  const trimmed = text.trim();
  return trimmed !== "" && (OTHER.test(trimmed) || (NUMBER.test(trimmed) && /\d/.test(trimmed))) ? `'${text}` : text;
}
