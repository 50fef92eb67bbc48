import { expect, test } from "vitest";
import { typedOf } from "./typed";

test("a formula is what was typed, whatever the cell shows", () => {
  expect(typedOf("=A1+1", { v: 42, t: 2 })).toBe("=A1+1");
});

test("values are written as somebody types them", () => {
  expect(typedOf("", { v: 12.5, t: 2 })).toBe("12.5");
  expect(typedOf("", { v: 1, t: 3 })).toBe("TRUE");
  expect(typedOf("", { v: 0, t: 3 })).toBe("FALSE");
  expect(typedOf("", { v: "=not", t: 4 })).toBe("'=not");
  expect(typedOf("", undefined)).toBe("");
});

test("a text of several lines keeps them", () => {
  expect(typedOf("", { p: { id: "d", documentStyle: {}, body: { dataStream: "one\rtwo\r\n" } } })).toBe("one\ntwo");
});

test("a moved or filled date is typed as one, and a number that is not just a day stays a number", () => {
  expect(typedOf("", { v: 45688, t: 2 }, "dd/mm/yyyy")).toBe("2025-01-31");
  expect(typedOf("", { v: 45688.5, t: 2 }, "yyyy-mm-dd")).toBe("45688.5");
  expect(typedOf("", { v: 45688, t: 2 }, "0.00")).toBe("45688");
});
