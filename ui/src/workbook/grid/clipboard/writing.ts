import { numfmt } from "@univerjs/core";
import type { Area } from "../../cells/address";
import type { Kept } from "../../cells/Cells";
import type { Style } from "../../live/frames";
import { distances } from "./relative";

/** What is copied: the cells of an area, row by row, and the merged ranges in it. */
export interface Copied {
  area: Area;
  rows: (Kept | undefined)[][];
  merges: Area[];
}

/** Tabs and line breaks, as every spreadsheet reads them. */
export function writeText({ rows }: Copied): string {
  return rows.map((row) => row.map((cell) => quoted(shown(cell))).join("\t")).join("\n");
}

const quoted = (text: string) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** What a cell shows, as text. */
export function shown(cell: Kept | undefined): string {
  if (cell?.value === null || cell === undefined) return "";
  if (typeof cell.value === "boolean") return cell.value ? "TRUE" : "FALSE";
  if (typeof cell.value === "string") return cell.value;
  try {
    return numfmt.format(cell.style?.number_format ?? "General", cell.value);
  } catch {
    return String(cell.value);
  }
}

/**
 * A table with its looks, values and formulas, as Google Sheets copies one; Excel finds its number formats.
 *
 * `id` is by which the grid knows its own copies again.
 */
export function writeTable(copied: Copied, id: string): string {
  const rows = copied.rows.map((row, index) => `<tr>${rowHtml(copied, row, copied.area.startRow + index)}</tr>`);
  const start = `<meta charset="utf-8"><google-sheets-html-origin><table data-copy-id="${escaped(id)}" data-sheets-root="1"`;
  return `${start} cellspacing="0" style="border-collapse:collapse"><tbody>${rows.join("")}</tbody></table>`;
}

function rowHtml({ area, merges }: Copied, row: (Kept | undefined)[], at: number): string {
  return row.map((cell, index) => cellHtml(cell, at, area.startColumn + index, merges)).join("");
}

function cellHtml(cell: Kept | undefined, row: number, column: number, merges: Area[]): string {
  const merge = merges.find(
    (one) => one.startRow <= row && row <= one.endRow && one.startColumn <= column && column <= one.endColumn,
  );
  if (merge && (merge.startRow !== row || merge.startColumn !== column)) return "";
  const height = merge ? ` rowspan="${merge.endRow - merge.startRow + 1}"` : "";
  const width = merge ? ` colspan="${merge.endColumn - merge.startColumn + 1}"` : "";
  const text = escaped(shown(cell)).replaceAll("\n", "<br>");
  return `<td${height}${width}${cell ? told(cell, row, column) : ""}>${text}</td>`;
}

function told(cell: Kept, row: number, column: number): string {
  const { style = {}, value, input } = cell;
  const pattern = typeof value === "string" ? "@" : style.number_format;
  const attributes = { style: css(style, pattern), "data-sheets-value": valueJson(cell) } as Record<string, string>;
  if (style.number_format) attributes["data-sheets-numberformat"] = JSON.stringify({ 1: 2, 2: style.number_format });
  if (input.startsWith("=")) attributes["data-sheets-formula"] = distances(input, { row, column });
  return Object.entries(attributes)
    .map(([name, text]) => (text ? ` ${name}="${escaped(text)}"` : ""))
    .join("");
}

function valueJson({ value }: Kept): string {
  if (typeof value === "number") return JSON.stringify({ 1: 3, 3: value });
  if (typeof value === "boolean") return JSON.stringify({ 1: 4, 4: Number(value) });
  return value === null ? "" : JSON.stringify({ 1: 2, 2: value });
}

function css(style: Style, pattern: string | null | undefined): string {
  const lines = [style.underline && "underline", style.strike && "line-through"].filter(Boolean).join(" ");
  const rules = {
    "font-weight": style.bold && "bold",
    "font-style": style.italic && "italic",
    "text-decoration": lines,
    color: style.color,
    "background-color": style.background,
    "text-align": style.horizontal_align,
    "vertical-align": style.vertical_align,
    "white-space": style.wrap && "normal",
    "font-size": style.font_size && `${style.font_size}pt`,
    "mso-number-format":
      pattern && `"${pattern.replace(/[\\"]/g, (sign) => `\\00${sign.charCodeAt(0).toString(16)}`)}"`,
  };
  const chosen = Object.entries(rules).filter(([, value]) => value);
  return chosen.map(([name, value]) => `${name}:${value}`).join(";");
}

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
