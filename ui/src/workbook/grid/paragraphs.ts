import type { IDocumentData } from "@univerjs/core";
import type { Style } from "../live/frames";
import { toGridStyle } from "./style";

/** A text of several lines as the grid edits one: as a small document. In a plain value it loses the breaks. */
export function paragraphs(text: string, style: Style | undefined): IDocumentData {
  const stream = text.replaceAll(/\r?\n/g, "\r");
  const ends = [...stream.matchAll(/\r/g)].map(({ index }) => index);
  return {
    id: "d",
    body: {
      dataStream: `${stream}\r\n`,
      textRuns: style ? [{ st: 0, ed: stream.length, ts: toGridStyle(style) }] : [],
      paragraphs: [...ends, stream.length].map((startIndex) => ({ startIndex })),
      sectionBreaks: [{ startIndex: stream.length + 1 }],
    },
    documentStyle: { pageSize: { width: Number.POSITIVE_INFINITY, height: Number.POSITIVE_INFINITY } },
  };
}
