import type { ICellCustomRender } from "@univerjs/core";
import type { State } from "../live/frames";

/** What a cell carries through the grid so that its state can be drawn. */
export interface Custom {
  state: State;
}

const TINTS: Partial<Record<State, string>> = {
  loading: "rgba(64, 120, 220, 0.12)",
  stale: "rgba(180, 120, 0, 0.10)",
  error: "rgba(200, 40, 40, 0.08)",
};

const CORNER = 7;
const STALE = "#b06f00";
const ERROR = "#d02f2f";

type Context = Parameters<ICellCustomRender["drawWith"]>[0];

/** Draws what the colour of a text alone must not say: loading is tinted, stale has a clock, an error a red corner. */
export const looks: ICellCustomRender = {
  zIndex: 11,
  drawWith(context, { data, primaryWithCoord }) {
    const state = (data?.custom as Custom | null | undefined)?.state;
    if (!state || state === "ok") return;
    const merged = primaryWithCoord.mergeInfo;
    const { startX, startY, endX, endY } = primaryWithCoord.isMergedMainCell ? merged : primaryWithCoord;
    context.save();
    context.fillStyle = TINTS[state] ?? "transparent";
    context.fillRect(startX, startY, endX - startX, endY - startY);
    if (state === "error") drawCorner(context, endX, startY);
    if (state === "stale") drawClock(context, endX - 7, startY + 7);
    context.restore();
  },
};

function drawCorner(context: Context, right: number, top: number): void {
  context.fillStyle = ERROR;
  context.beginPath();
  context.moveTo(right - CORNER, top);
  context.lineTo(right, top);
  context.lineTo(right, top + CORNER);
  context.fill();
}

function drawClock(context: Context, x: number, y: number): void {
  context.strokeStyle = STALE;
  context.lineWidth = 1.2;
  context.beginPath();
  context.arc(x, y, 4, 0, 2 * Math.PI);
  context.moveTo(x, y - 2.4);
  context.lineTo(x, y);
  context.lineTo(x + 2, y);
  context.stroke();
}
