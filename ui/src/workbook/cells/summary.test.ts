import { expect, test } from "vitest";
import { Cells } from "./Cells";
import { summaryOf, troubles } from "./summary";

const cell = (address: string, value: number | string | null, state: "ok" | "loading" | "error" = "ok") => ({
  sheet: "Sheet1",
  cell: address,
  input: String(value ?? "=NOW()"),
  value,
  state,
});

test("only numbers are added up, and what is loading does not count", () => {
  const cells = new Cells();
  cells.put([cell("A1", 2), cell("A2", "two"), cell("A3", 4), cell("A4", null, "loading")]);
  expect(summaryOf(cells.of("Sheet1"))).toEqual({ count: 3, numbers: 2, sum: 6 });
});

test("errors come by row and column", () => {
  const cells = new Cells();
  cells.put([cell("B2", "#N/A", "error"), cell("A1", "#N/A", "error"), cell("C1", null, "loading")]);
  const { waiting, errors } = troubles(cells.of("Sheet1"));
  expect(waiting).toBe(1);
  expect(errors.map((one) => one.cell)).toEqual(["A1", "B2"]);
});

test("an emptied cell is forgotten", () => {
  const cells = new Cells();
  cells.put([cell("A1", 1)]);
  cells.put([{ sheet: "Sheet1", cell: "A1", input: "", value: null, state: "ok" }]);
  expect([...cells.of("Sheet1")]).toEqual([]);
});
