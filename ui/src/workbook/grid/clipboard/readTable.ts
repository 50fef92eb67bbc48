import type { Style } from "../../live/frames";
import { asText, type Clip, type ClipCell } from "./clip";
import { chosen, type Declarations, readDeclarations, readRules, styleOf } from "./css";
import { isMoment, readExcelFormat, TEXT, usual } from "./numberFormats";
import { type Separators, typedNumber, typedShown } from "./shownValue";

/** What is true of a whole copied page. */
interface Page {
  rules: Map<string, Declarations>;
  separators: Separators;
  /** Excel puts numbers to the right, and texts that look like numbers not. */
  numbersAreAligned: boolean;
}

/** The tables of a copied page: from Excel, Google Sheets, LibreOffice, or anywhere. Undefined when it has none. */
export function readTable(html: string): Clip | undefined {
  const copied = new DOMParser().parseFromString(inert(html), "text/html");
  const tables = [...copied.querySelectorAll("table")].filter((table) => !table.parentElement?.closest("table"));
  const rows = tables.flatMap((table) => [...table.rows]).filter(isMeant);
  if (rows.length === 0) return undefined;
  const rules = readRules(/<style[^>]*>([\s\S]*?)<\/style>/i.exec(html)?.[1] ?? "");
  return placed(rows, {
    rules,
    separators: separatorsOf(rules.get("table")),
    numbersAreAligned: /office:excel/.test(html) && rows.some((row) => row.querySelector("td[align=right]")),
  });
}

/** The same page with its styles where no browser looks: this page's policy forbids foreign ones, loudly. */
function inert(html: string): string {
  return html
    .replace(/<style[^>]*>[\s\S]*?<\/style>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-css="));
}

function separatorsOf(table: Declarations = {}): Separators {
  const unquoted = (text: string | undefined) => text?.replace(/["\\]/g, "");
  return {
    decimal: unquoted(table["mso-displayed-decimal-separator"]) || ".",
    thousand: unquoted(table["mso-displayed-thousand-separator"]) || ",",
  };
}

/** Excel ends with a row of no height that only holds the widths. */
const isMeant = (row: HTMLTableRowElement) =>
  row.textContent?.trim() !== "" || !row.dataset.css?.replace(/\s/g, "").includes("display:none");

function placed(rows: HTMLTableRowElement[], page: Page): Clip {
  const clip: Clip = { rows: rows.length, columns: 0, cells: [], merges: [], hasLooks: true };
  const taken = new Set<string>();
  for (const [row, { cells }] of rows.entries()) {
    let column = 0;
    for (const cell of cells) {
      while (taken.has(`${row},${column}`)) column += 1;
      const css = cssOf(cell, page);
      clip.cells.push(readCell(cell, css, row, column, page));
      const [height, width] = [Math.min(cell.rowSpan, rows.length - row) || 1, cell.colSpan];
      for (let down = 0; down < height; down += 1) {
        for (let right = 0; right < width; right += 1) taken.add(`${row + down},${column + right}`);
      }
      const isWide = height * width > 1 && css["mso-ignore"] !== "colspan";
      const [endRow, endColumn] = [row + height - 1, column + width - 1];
      if (isWide) clip.merges.push({ startRow: row, endRow, startColumn: column, endColumn });
      clip.columns = Math.max(clip.columns, endColumn + 1);
      clip.rows = Math.max(clip.rows, endRow + 1);
    }
  }
  return clip;
}

function cssOf(cell: HTMLElement, { rules }: Page): Declarations {
  const classes = [...cell.classList].map((name) => rules.get(`.${name}`));
  return Object.assign({}, ...classes, readDeclarations(cell.dataset.css ?? ""));
}

function readCell(cell: HTMLTableCellElement, css: Declarations, row: number, column: number, page: Page): ClipCell {
  const pattern = patternOf(cell, css);
  const style = { ...styleOf(css), ...markedUp(cell) };
  if (pattern && pattern !== TEXT) style.number_format = pattern;
  const relative = cell.dataset.sheetsFormula;
  return { row, column, input: inputOf(cell, css, pattern, page), style, relative };
}

function inputOf(cell: HTMLTableCellElement, css: Declarations, pattern: string | undefined, page: Page): string {
  const stored = storedValue(cell);
  if (typeof stored === "number") return typedNumber(stored, pattern);
  if (typeof stored === "boolean") return stored ? "TRUE" : "FALSE";
  if (typeof stored === "string") return asText(stored);
  const shown = textOf(cell);
  const isText = page.numbersAreAligned && !cell.align && !css["text-align"] && !shown.startsWith("=");
  return isText && !(pattern && isMoment(pattern)) ? asText(shown) : typedShown(shown, pattern, page.separators);
}

/** The value itself, where the program tells it: Google Sheets as JSON, LibreOffice in `sdval`. */
function storedValue(cell: HTMLElement): string | number | boolean | undefined {
  const told = cell.getAttribute("sdval");
  if (told !== null && told !== "") {
    return /BOOLEAN$/.test(cell.getAttribute("sdnum") ?? "") ? told !== "0" : Number(told);
  }
  const { 1: kind, 2: text, 3: number, 4: truth } = parsed(cell.dataset.sheetsValue);
  if (kind === 2 && typeof text === "string") return text;
  if (kind === 3 && typeof number === "number") return number;
  return kind === 4 ? truth === 1 : undefined;
}

function parsed(json: string | undefined): Record<string, unknown> {
  try {
    return json ? JSON.parse(json) : {};
  } catch {
    return {};
  }
}

const GOOGLE_DATE = 5;

function patternOf(cell: HTMLElement, css: Declarations): string | undefined {
  const google = parsed(cell.dataset.sheetsNumberformat);
  if (typeof google[2] === "string" && google[2]) return usual(google[2]);
  if (google[1] === GOOGLE_DATE) return "yyyy-mm-dd";
  const libre = cell.getAttribute("sdnum")?.split(";")[2];
  if (libre && !/^(general|boolean)$/i.test(libre)) return usual(libre);
  return readExcelFormat(css["mso-number-format"]);
}

/** Formats that are elements around the whole text, as LibreOffice and web pages write them. */
function markedUp(cell: HTMLElement): Style {
  const whole = cell.textContent?.trim();
  const has = (tags: string) => [...cell.querySelectorAll(tags)].some((one) => one.textContent?.trim() === whole);
  const mark = (tags: string) => (whole && has(tags) ? true : undefined);
  return chosen({
    bold: mark("b, strong"),
    italic: mark("i, em"),
    underline: mark("u"),
    strike: mark("s, strike, del"),
  });
}

const BLOCKS = /^(P|DIV|LI)$/;

/** What a cell shows. Blanks between elements are no text; unbreakable ones are meant. */
function textOf(node: Node): string {
  const text = [...node.childNodes].map(read).join("");
  return text
    .replace(/ *\n */g, "\n")
    .replace(/^[ \n]+|[ \n]+$/g, "")
    .replaceAll("\u00a0", " ");
}

function read(node: Node): string {
  if (node instanceof Text) return node.data.replace(/[ \t\r\n]+/g, " ");
  if (node.nodeName === "BR") return "\n";
  // Excel's way to say that these blanks are meant.
  if (node instanceof HTMLElement && node.dataset.css?.includes("mso-spacerun")) {
    return (node.textContent ?? "").replaceAll(" ", "\u00a0");
  }
  const inner = [...node.childNodes].map(read).join("");
  return BLOCKS.test(node.nodeName) ? `\n${inner}\n` : inner;
}
