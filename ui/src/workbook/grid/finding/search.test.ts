import { expect, test } from "vitest";
import type { Kept } from "../../cells/Cells";
import type { Scalar, Style } from "../../live/frames";
import { type Search, searching } from "./search";

function cell(input: string, value: Scalar = input, style?: Style): Kept {
  return { sheet: "Sheet1", cell: "A1", row: 0, column: 0, input, value, state: "ok", style };
}

const search = (text: string, how: Partial<Search> = {}) =>
  searching({ text, isExactCase: false, isWholeCell: false, inFormulas: false, ...how });

test("what a cell shows is found, in any case, and its formula only when asked for", () => {
  expect(search("PIE").finds(cell('=A1&" pie"', "apple pie"))).toBe(true);
  expect(search("A1").finds(cell("=A1", 3))).toBe(false);
  expect(search("a1", { inFormulas: true }).finds(cell("=A1", 3))).toBe(true);
  expect(search("3", { inFormulas: true }).finds(cell("=A1", 3))).toBe(false);
  expect(search("true").finds(cell("TRUE", true))).toBe(true);
  expect(search("50%").finds(cell("0.5", 0.5, { number_format: "0%" }))).toBe(true);
  expect(search("Pie", { isExactCase: true }).finds(cell("pie"))).toBe(false);
});

test("a whole cell is found without the blanks around it, and signs mean themselves", () => {
  expect(search("a.c", { isWholeCell: true }).finds(cell(" a.c "))).toBe(true);
  expect(search("a.c").finds(cell("abc"))).toBe(false);
  expect(search("a", { isWholeCell: true }).finds(cell("ab"))).toBe(false);
});

test("every occurrence is replaced in what was typed, by exactly the new text", () => {
  expect(search("a").replaced(cell("banana"), "$&o")).toBe("b$&on$&on$&o");
  expect(search("A").replaced(cell("banana"), "")).toBe("bnn");
  expect(search("2025").replaced(cell("2025-01-31", 45688), "2026")).toBe("2026-01-31");
  expect(search("7").replaced(cell("'007", "007"), "8")).toBe("'008");
  expect(search("a1", { inFormulas: true }).replaced(cell("=A1+A1", 6), "B2")).toBe("=B2+B2");
});

test("a formula's value and a format's signs cannot be replaced, a whole cell can", () => {
  expect(search("pie").replaced(cell('=A1&" pie"', "apple pie"), "tart")).toBeUndefined();
  expect(search("50%").replaced(cell("0.5", 0.5, { number_format: "0%" }), "60%")).toBeUndefined();
  expect(search("50%", { isWholeCell: true }).replaced(cell("0.5", 0.5, { number_format: "0%" }), "60%")).toBe("60%");
  expect(search("spilled").replaced(cell("", "spilled"), "x")).toBeUndefined();
});
