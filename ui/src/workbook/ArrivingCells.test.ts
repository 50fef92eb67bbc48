import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ArrivingCells } from "./ArrivingCells";
import type { Kept } from "./cells/Cells";

const cell = (row: number): Kept => ({
  sheet: "Sheet1",
  cell: `A${row + 1}`,
  input: "",
  value: 1,
  state: "ok",
  row,
  column: 0,
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what comes first is shown at once, and what follows soon is shown together", () => {
  const shown: number[] = [];
  const arrivals = new ArrivingCells((cells) => shown.push(cells.length));
  arrivals.add([cell(0)]);
  expect(shown).toEqual([1]);
  arrivals.add([cell(1), cell(2)]);
  arrivals.add([cell(3)]);
  expect(shown).toEqual([1]);
  vi.advanceTimersByTime(100);
  expect(shown).toEqual([1, 3]);
});

test("whoever types is waited for, and not for ever", () => {
  const shown: number[] = [];
  const arrivals = new ArrivingCells((cells) => shown.push(cells.length));
  arrivals.noteKey();
  arrivals.add([cell(0)]);
  for (let keys = 0; keys < 5; keys += 1) {
    vi.advanceTimersByTime(100);
    arrivals.noteKey();
  }
  expect(shown).toEqual([]);
  vi.advanceTimersByTime(150);
  expect(shown).toEqual([1]);
  arrivals.noteKey();
  arrivals.add([cell(1), cell(2)]);
  for (let keys = 0; keys < 20; keys += 1) {
    vi.advanceTimersByTime(100);
    arrivals.noteKey();
  }
  expect(shown).toEqual([1, 2]);
});

test("what was forgotten is not shown", () => {
  const shown: number[] = [];
  const arrivals = new ArrivingCells((cells) => shown.push(cells.length));
  arrivals.add([cell(0)]);
  arrivals.add([cell(1)]);
  arrivals.forget();
  vi.advanceTimersByTime(1_000);
  expect(shown).toEqual([1]);
});
