import { createElement } from "react";
import type { Present } from "../live/frames";
import type { GridView } from "./GridView";

const COLORS = ["#7048e8", "#0b7285", "#c2255c", "#2f6f2f", "#c2410c", "#1864ab", "#9c36b5", "#5c5f00"];

/** One colour for one person, the same in every browser. */
export function colorOf(person: string): string {
  let sum = 0;
  for (const letter of person) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return COLORS[sum % COLORS.length] ?? "#7048e8";
}

/** What somebody is called where there is little room: "ben" for ben@example.com. */
export const shortName = (email: string) => email.split("@")[0] || email;

interface Drawn {
  what: string;
  marks: { dispose(): void }[];
}

const drawn = new WeakMap<GridView, Drawn>();

/** Frame what the others have selected, each in their colour and with their name. */
export function showPresence(view: GridView, present: Present[], me: string): void {
  const others = present.filter(({ id, sheet, range }) => id !== me && sheet && range);
  // One's own steps are told as well; drawing the others anew at each would flicker.
  const what = JSON.stringify([view.workbook?.getActiveSheet().getSheetId(), others]);
  const before = drawn.get(view);
  if (before?.what === what) return;
  for (const mark of before?.marks ?? []) mark.dispose();
  drawn.set(view, { what, marks: others.flatMap((one) => marksOf(view, one)) });
}

function marksOf(view: GridView, { id, email, sheet, range }: Present) {
  const place = view.rangeOf(sheet ?? "", range ?? "");
  if (!place) return [];
  const color = colorOf(id);
  const frame = place.highlight({ stroke: color, strokeWidth: 2, fill: `${color}14` });
  const isShown = view.workbook?.getActiveSheet().getSheetName() === sheet;
  const name = isShown
    ? place.attachPopup({
        componentKey: () => createElement(Name, { name: shortName(email), color }),
        direction: "top-left",
        noPushMinimumGap: true,
        showOnSelectionMoving: true,
      })
    : null;
  return name ? [frame, name] : [frame];
}

/** The screen reader is told of others in the title bar; here the name would come between the cells. */
const Name = ({ name, color }: { name: string; color: string }) =>
  createElement("div", { className: "presence-name", style: { background: color }, "aria-hidden": true }, name);
