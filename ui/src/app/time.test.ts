import { expect, it } from "vitest";
import { dayOf, timeAgo } from "./time";

const NOON = Date.parse("2026-03-12T12:00:00Z");

it.each([
  ["2026-03-12T11:59:40Z", "just now"],
  ["2026-03-12T12:00:40Z", "just now"],
  ["2026-03-12T11:57:00Z", "3 minutes ago"],
  ["2026-03-12T10:30:00Z", "1 hour ago"],
  ["2026-03-11T11:00:00Z", "yesterday"],
  ["2024-03-01T12:00:00Z", "2 years ago"],
])("tells %s as %s", (moment, told) => {
  expect(timeAgo(moment, NOON)).toBe(told);
});

it("names the year only when it is another one", () => {
  expect(dayOf("2026-03-12T12:00:00Z", new Date(NOON))).toBe("12 March");
  expect(dayOf("2025-03-12T12:00:00Z", new Date(NOON))).toBe("12 March 2025");
});
