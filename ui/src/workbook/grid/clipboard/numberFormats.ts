/** Formats that Excel names instead of writing them out. */
const NAMED: Record<string, string> = {
  fixed: "0.00",
  standard: "#,##0.00",
  percent: "0.00%",
  scientific: "0.00E+00",
  "short time": "hh:mm",
  "long time": "hh:mm:ss",
  "medium date": "dd-mmm-yy",
};

export const TEXT = "@";

/** The pattern of Excel's `mso-number-format`: CSS escapes undone, then those of plain signs. */
export function readExcelFormat(css: string | undefined): string | undefined {
  if (!css) return undefined;
  const decoded = css
    .replace(/^"([\s\S]*)"$/, "$1")
    .replace(/\\([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\([\s\S])/g, "$1");
  const name = decoded.toLowerCase();
  if (name === "general") return undefined;
  if (name === "short date" || name === "general date") return localDate();
  return NAMED[name] ?? usual(decoded);
}

/** A pattern without what only says where it came from: a language, a section for texts, needless backslashes. */
export function usual(pattern: string): string {
  return pattern
    .replace(/\[\$-[0-9A-F,]+\]/gi, "")
    .replace(/;\\?@$/, "")
    .replace(/\\([-/ .,:])/g, "$1");
}

/** Day, month and year in the order of this browser's language. */
function localDate(): string {
  const letters: Record<string, string> = { day: "dd", month: "mm", year: "yyyy" };
  return new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "2-digit", year: "numeric" })
    .formatToParts()
    .map(({ type, value }) => letters[type] ?? value)
    .join("");
}

/** A pattern without texts, colours and the like, in small letters. */
const bare = (pattern: string) => pattern.replace(/"[^"]*"|\[[^\]]*\]|\\./g, " ").toLowerCase();

export const isMoment = (pattern: string) => /[dyhs]|mmm/.test(bare(pattern).replace("general", ""));

const TOKEN = /d+|m+|y+|h+|s+|am\/pm/g;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

interface Moment {
  y?: number;
  mo?: number;
  d?: number;
  h?: number;
  mi?: number;
  s?: number;
}

/** A date or time shown under a pattern, as one types it everywhere: `2025-01-31 13:05`. Undefined when it is none. */
export function readMoment(shown: string, pattern: string): string | undefined {
  const tokens = bare(pattern.split(";")[0] ?? "").match(TOKEN) ?? [];
  const words = shown.match(/\d+|\p{L}+/gu) ?? [];
  if (tokens.length === 0 || tokens.length !== words.length) return undefined;
  const moment: Moment = {};
  for (const [index, token] of tokens.entries()) {
    if (!take(moment, tokens, index, token, words[index] ?? "")) return undefined;
  }
  return write(moment);
}

function take(moment: Moment, tokens: string[], index: number, token: string, word: string): boolean {
  if (token === "am/pm") {
    if (/^p/i.test(word) && (moment.h ?? 12) < 12) moment.h = (moment.h ?? 0) + 12;
    else if (/^a/i.test(word) && moment.h === 12) moment.h = 0;
    return true;
  }
  if (/^d{3,}$/.test(token)) return true;
  if (/^m{3,}$/.test(token)) {
    moment.mo = MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1;
    return moment.mo > 0;
  }
  const isMinute = token.startsWith("m") && (/^h/.test(tokens[index - 1] ?? "") || /^s/.test(tokens[index + 1] ?? ""));
  const member = isMinute ? "mi" : token.startsWith("m") ? "mo" : (token.charAt(0) as keyof Moment);
  if (!/^\d+$/.test(word)) return false;
  moment[member] = Number(word);
  if (member === "y" && word.length <= 2) moment.y = Number(word) + (Number(word) < 30 ? 2000 : 1900);
  return true;
}

const two = (number: number) => String(number).padStart(2, "0");

function write({ y, mo, d, h, mi, s }: Moment): string | undefined {
  const clock = h === undefined || mi === undefined ? "" : `${two(h)}:${two(mi)}${s === undefined ? "" : `:${two(s)}`}`;
  if (y === undefined && mo === undefined && d === undefined) return clock || undefined;
  if (y === undefined || mo === undefined) return undefined;
  // A date that was copied under another order of day and month than this browser's.
  const [month, day] = mo > 12 ? [d ?? 1, mo] : [mo, d ?? 1];
  return month > 12 || day > 31 ? undefined : `${y}-${two(month)}-${two(day)}${clock && ` ${clock}`}`;
}

/** A spreadsheet's day number as one types it; undefined where only the number says it exactly. */
export function typedMoment(serial: number, pattern: string): string | undefined {
  const seconds = Math.round(serial * 86_400);
  if (serial < 61 || serial > 2_958_465 || Math.abs(seconds / 86_400 - serial) > 1e-9) return undefined;
  const [day = "", clock = ""] = new Date((seconds - 25_569 * 86_400) * 1000).toISOString().split(/[T.]/);
  return /[hs]/.test(bare(pattern)) ? `${day} ${clock}` : seconds % 86_400 === 0 ? day : undefined;
}
