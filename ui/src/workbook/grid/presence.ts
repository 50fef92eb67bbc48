import type { Present } from "../live/frames";
import type { GridView } from "./GridView";

const COLORS = ["#7048e8", "#0c8599", "#c2255c", "#2f6f2f", "#d9480f", "#1864ab", "#9c36b5", "#5c5f00"];

/** One colour for one person, the same in every browser. */
export function colorOf(person: string): string {
  let sum = 0;
  for (const letter of person) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return COLORS[sum % COLORS.length] ?? "#7048e8";
}

const drawn = new WeakMap<GridView, { dispose(): void }[]>();

/** Frame what the others have selected, each in their colour. */
export function showPresence(view: GridView, present: Present[], me: string): void {
  for (const frame of drawn.get(view) ?? []) frame.dispose();
  const others = present.filter(({ id, sheet, range }) => id !== me && sheet && range);
  drawn.set(
    view,
    others.flatMap(({ id, sheet, range }) => {
      const place = view.rangeOf(sheet ?? "", range ?? "");
      const color = colorOf(id);
      return place ? [place.highlight({ stroke: color, strokeWidth: 2, fill: `${color}14` })] : [];
    }),
  );
}
