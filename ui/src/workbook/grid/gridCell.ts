import type { ICellData } from "@univerjs/core";
import type { Cell, Scalar } from "../live/frames";
import { paragraphs } from "./paragraphs";
import { toGridStyle } from "./style";

const TEXT = 1;
const NUMBER = 2;
const BOOLEAN = 3;
const FORCED_TEXT = 4;

/** Nothing typed, nothing shown, no style. In the grid null deletes, and what is left out stays. */
export const EMPTY = { f: null, si: null, p: null, v: null, t: null, s: null, custom: null };

/** A cell as the grid draws it: the server's value, and the formula for the formula bar. */
export function gridCell(cell: Cell | undefined): ICellData {
  if (!cell) return EMPTY;
  return {
    ...EMPTY,
    ...shown(cell),
    p: typeof cell.value === "string" && cell.value.includes("\n") ? paragraphs(cell.value, cell.style) : null,
    f: cell.input.startsWith("=") ? cell.input : null,
    s: cell.style ? toGridStyle(cell.style) : null,
    custom: cell.state === "ok" ? null : { state: cell.state },
  };
}

/** A formula on its way to the server: nobody knows what it shows, and what stood here is not it. */
export const awaited = (): ICellData => ({ v: null, t: null, custom: { state: "loading" } });

function shown({ value, state, input }: Cell): Pick<ICellData, "v" | "t"> {
  if (state === "loading" && value === null) return { v: "Loading…", t: TEXT };
  return { v: typeof value === "boolean" ? Number(value) : value, t: typeOf(value, input) };
}

function typeOf(value: Scalar, input: string): ICellData["t"] {
  if (value === null) return null;
  if (typeof value === "number") return NUMBER;
  if (typeof value === "boolean") return BOOLEAN;
  return input.startsWith("'") ? FORCED_TEXT : TEXT;
}

const USUAL_LINE = 13;

/** Whether a cell may need more height than a row usually has. */
export const isTall = ({ value, style }: Cell) =>
  style?.wrap === true || (style?.font_size ?? 0) > USUAL_LINE || (typeof value === "string" && value.includes("\n"));
