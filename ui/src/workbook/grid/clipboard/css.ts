import { ColorKit } from "@univerjs/core";
import type { Style } from "../../live/frames";

export type Declarations = Record<string, string>;

/**
 * Rules for single classes, as spreadsheets write them into a copied page, by class.
 *
 * Read by us: the page's policy lets no foreign style element work, and a browser forgets what it does not know, such
 * as number formats.
 */
export function readRules(css: string): Map<string, Declarations> {
  const rules = new Map<string, Declarations>();
  for (const [, selectors = "", body = ""] of css.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    for (const selector of selectors.replace(/<!--|-->/g, "").split(",")) {
      rules.set(selector.trim(), { ...rules.get(selector.trim()), ...readDeclarations(body) });
    }
  }
  return rules;
}

export function readDeclarations(text: string): Declarations {
  const found: Declarations = {};
  for (const [, name = "", value = ""] of text.matchAll(/([\w-]+)\s*:\s*((?:"(?:[^"\\]|\\[\s\S])*"|[^;"])*)/g)) {
    found[name.toLowerCase()] = value.trim();
  }
  return found;
}

/** What of it we keep. Black on white is how a cell looks by itself. */
export function styleOf(css: Declarations): Style {
  const line = css["text-decoration"] ?? css["text-decoration-line"] ?? "";
  const style: Style = {
    bold: /^(bold|bolder|[6-9]00)$/.test(css["font-weight"] ?? "") || undefined,
    italic: /italic|oblique/.test(css["font-style"] ?? "") || undefined,
    underline: line.includes("underline") || undefined,
    strike: line.includes("line-through") || undefined,
    color: colorOf(css.color, "#000000"),
    background: colorOf(css["background-color"] ?? css.background, "#ffffff"),
    horizontal_align: oneOf(["left", "center", "right"] as const, css["text-align"]),
    vertical_align: oneOf(["top", "middle"] as const, css["vertical-align"]),
    wrap: /^(normal|pre-wrap)/.test(css["white-space"] ?? "") || undefined,
    font_size: sizeOf(css["font-size"]),
  };
  return chosen(style);
}

/** Only the members that somebody chose. */
export const chosen = (style: Style): Style =>
  Object.fromEntries(Object.entries(style).filter(([, value]) => value !== undefined));

const oneOf = <Word extends string>(words: readonly Word[], text: string | undefined) =>
  words.find((word) => word === text);

function colorOf(text: string | undefined, usual: string): string | undefined {
  const color = new ColorKit(text?.replace(/\s+none$/, ""));
  if (!color.isValid) return undefined;
  const { r, g, b, a } = color.toRgb();
  const hex = `#${[r, g, b].map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
  return a === 0 || hex === usual ? undefined : hex;
}

function sizeOf(text: string | undefined): number | undefined {
  const [, digits, unit] = /^([\d.]+)(pt|px)$/.exec(text ?? "") ?? [];
  const points = Number(digits) * (unit === "px" ? 0.75 : 1);
  return points >= 1 && points <= 400 ? points : undefined;
}
