import { numfmt } from "@univerjs/core";
import { asText } from "./clip";
import { isMoment, readMoment, TEXT, typedMoment } from "./numberFormats";

/** How the program that was copied from writes numbers. */
export interface Separators {
  decimal: string;
  thousand: string;
}

/** What somebody types for a number under a format. */
export function typedNumber(value: number, pattern: string | undefined): string {
  return (pattern && isMoment(pattern) && typedMoment(value, pattern)) || String(value);
}

/** What somebody types for a cell that shows a text under a format. */
export function typedShown(shown: string, pattern: string | undefined, separators: Separators): string {
  if (pattern === TEXT) return asText(shown);
  if (pattern && isMoment(pattern)) return readMoment(shown, pattern) ?? shown;
  const plain = withPoint(shown, separators);
  const number = pattern && numberUnder(plain, pattern);
  return number ?? (/\p{L}/u.test(shown) ? shown : plain);
}

/** The same with the separators of typing; only of use when it is a number. */
function withPoint(shown: string, { decimal, thousand }: Separators): string {
  if (decimal === "." || !/\d/.test(shown)) return shown;
  const pieces = shown.replaceAll("\u00a0", " ").split(decimal);
  return pieces.map((piece) => piece.replaceAll(thousand, ",")).join(".");
}

const condensed = (text: string) => text.replace(/\s+/g, "");

/** The number in "12.5 kg" when its format shows it just so. */
function numberUnder(shown: string, pattern: string): string | undefined {
  const digits = shown.replace(/[^\d.-]/g, "");
  if (digits === "" || Number.isNaN(Number(digits))) return undefined;
  const number = Number(digits) / (shown.includes("%") ? 100 : 1);
  const candidates = [number, -number];
  const found = candidates.find((candidate) => condensed(format(pattern, candidate)) === condensed(shown));
  return found === undefined ? undefined : shown.includes("%") ? shown : String(found);
}

function format(pattern: string, value: number): string {
  try {
    return numfmt.format(pattern, value);
  } catch {
    return "";
  }
}
