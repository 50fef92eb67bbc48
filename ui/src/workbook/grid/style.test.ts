import { expect, test } from "vitest";
import type { Style } from "../live/frames";
import { fromGridStyle, styleDifference, toGridStyle } from "./style";

const EVERYTHING: Style = {
  bold: true,
  italic: true,
  underline: true,
  strike: true,
  color: "#112233",
  background: "#ffeeaa",
  horizontal_align: "right",
  vertical_align: "middle",
  wrap: true,
  font_size: 18,
  number_format: "0.00%",
};

test("a style survives the way into the grid and back", () => {
  expect(fromGridStyle(toGridStyle(EVERYTHING))).toEqual(EVERYTHING);
  expect(fromGridStyle(toGridStyle({}))).toEqual({});
});

test("what a pasted cell says of the grid's own defaults is no choice", () => {
  const pasted = { ff: "Arial", fs: 11, bl: 0, it: 0, cl: { rgb: "rgb(0, 0, 0)" }, bg: { rgb: "#fff" } };
  expect(fromGridStyle(pasted)).toEqual({});
});

test("a difference names what was chosen, and null for what was taken away", () => {
  expect(styleDifference({ bold: true, italic: true }, { italic: true, wrap: true })).toEqual({
    bold: null,
    wrap: true,
  });
  expect(styleDifference(EVERYTHING, { ...EVERYTHING })).toEqual({});
});
