import type { IStyleData, Nullable } from "@univerjs/core";
import type { Style } from "../live/frames";

const ALIGN = { left: 1, center: 2, right: 3 } as const;
const VERTICAL = { top: 1, middle: 2, bottom: 3 } as const;
const WRAP = 3;
const USUAL_SIZE = 11;

const nameOf = <Name extends string>(names: Record<Name, number>, value: Nullable<number>) =>
  (Object.keys(names) as Name[]).find((name) => names[name] === value);

/** Our style as the grid's; every member is named, so that what somebody took away goes away here too. */
export function toGridStyle(style: Style = {}): IStyleData {
  const line = (shown: boolean | null | undefined) => (shown ? { s: 1 } : { s: 0 });
  return {
    bl: style.bold ? 1 : 0,
    it: style.italic ? 1 : 0,
    ul: line(style.underline),
    st: line(style.strike),
    cl: style.color ? { rgb: style.color } : null,
    bg: style.background ? { rgb: style.background } : null,
    ht: style.horizontal_align ? ALIGN[style.horizontal_align] : null,
    vt: style.vertical_align ? VERTICAL[style.vertical_align] : null,
    tb: style.wrap ? WRAP : null,
    fs: style.font_size ?? USUAL_SIZE,
    n: style.number_format ? { pattern: style.number_format } : null,
  };
}

/** The grid's style as ours. What is the grid's own default counts as not chosen: pasted cells name every default. */
export function fromGridStyle(style: Nullable<IStyleData>): Style {
  const chosen: Style = {
    bold: style?.bl ? true : undefined,
    italic: style?.it ? true : undefined,
    underline: style?.ul?.s ? true : undefined,
    strike: style?.st?.s ? true : undefined,
    color: hex(style?.cl?.rgb, "#000000"),
    background: hex(style?.bg?.rgb, "#ffffff"),
    horizontal_align: nameOf(ALIGN, style?.ht),
    vertical_align: nameOf(VERTICAL, style?.vt),
    wrap: style?.tb === WRAP ? true : undefined,
    font_size: style?.fs && style.fs !== USUAL_SIZE ? style.fs : undefined,
    number_format: style?.n?.pattern || undefined,
  };
  return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
}

const RGB = /^rgba?\((\d+),\s*(\d+),\s*(\d+)/;

function hex(color: Nullable<string>, usual: string): string | undefined {
  if (!color) return undefined;
  const parts = RGB.exec(color);
  const text = parts
    ? `#${parts
        .slice(1, 4)
        .map((part) => Number(part).toString(16).padStart(2, "0"))
        .join("")}`
    : color.toLowerCase();
  const long = text.replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
  return /^#[0-9a-f]{6}$/.test(long) && long !== usual ? long : undefined;
}

/** What turns one style into another: members to choose, and null for those to forget. Empty when they are equal. */
export function styleDifference(before: Style, after: Style): Style {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Style>;
  const changed = [...names].filter((name) => (before[name] ?? null) !== (after[name] ?? null));
  return Object.fromEntries(changed.map((name) => [name, after[name] ?? null]));
}
