import type { Kept } from "../../cells/Cells";
import { shown } from "../clipboard/writing";

/** What somebody looks for. `inFormulas`: a cell with a formula is looked at as it was typed, others as they show. */
export interface Search {
  text: string;
  isExactCase: boolean;
  isWholeCell: boolean;
  inFormulas: boolean;
}

export interface Searching {
  /** Whether a cell is a hit. */
  finds(cell: Kept): boolean;
  /** What a hit holds after the replacement; undefined when it shows the text but does not hold it. */
  replaced(cell: Kept, by: string): string | undefined;
}

/**
 * A search, ready for many cells.
 *
 * Found is what a cell shows, replaced is what somebody typed into it: a value that a formula gave cannot be replaced,
 * nor a text that is there only by a number's format.
 */
export function searching({ text, isExactCase, isWholeCell, inFormulas }: Search): Searching {
  const literal = text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(isWholeCell ? `^\\s*${literal}\\s*$` : literal, isExactCase ? "" : "i");
  const every = new RegExp(pattern, `g${pattern.flags}`);
  return {
    finds: (cell) => pattern.test(inFormulas && isFormula(cell) ? cell.input : showing(cell)),
    replaced(cell, by) {
      const { input } = cell;
      if (input === "" || (isFormula(cell) && !inFormulas)) return undefined;
      // The sign that a text is one stays in front of it.
      const quote = input.startsWith("'") ? "'" : "";
      if (isWholeCell) return quote + by;
      const held = input.slice(quote.length);
      return pattern.test(held) ? quote + held.replaceAll(every, () => by) : undefined;
    },
  };
}

const isFormula = ({ input }: Kept) => input.startsWith("=");

const showing = (cell: Kept) => (cell.state === "loading" && cell.value === null ? "" : shown(cell));
