import type { ICellCustomRender } from "@univerjs/core";
import type { IFindQuery } from "@univerjs/find-replace";
import type { OpenWorkbook } from "../../OpenWorkbook";
import { Hits } from "./Hits";

const FOUND = "rgba(255, 190, 0, 0.4)";

/** Looks through the workbook for what somebody wants to find, and draws a mark on what was found. */
export function followFind(open: OpenWorkbook): { mark: ICellCustomRender; dispose(): void } {
  let hits: Hits | undefined;
  const redraw = () => open.view.workbook?.getActiveSheet().refreshCanvas();
  const terminate = () => {
    if (!hits) return;
    hits.dispose();
    hits = undefined;
    redraw();
  };
  const find = async (query: IFindQuery) => {
    terminate();
    hits = new Hits(open, query, redraw);
    return [hits];
  };
  const finding = open.grid.findWith({ find, terminate }, (isFinding) => open.shown.set({ isFinding }));
  return {
    mark: {
      zIndex: 12,
      drawWith(context, { primaryWithCoord, subUnitId, row, col }) {
        if (!hits?.has(open.view.nameOf(subUnitId), row, col)) return;
        const merged = primaryWithCoord.mergeInfo;
        const { startX, startY, endX, endY } = primaryWithCoord.isMergedMainCell ? merged : primaryWithCoord;
        context.fillStyle = FOUND;
        context.fillRect(startX, startY, endX - startX, endY - startY);
      },
    },
    dispose() {
      terminate();
      finding.dispose();
    },
  };
}
