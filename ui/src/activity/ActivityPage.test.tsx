import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { ADA, draw } from "../app/testing/draw";
import { later, refuse, serve } from "../app/testing/server";
import { ActivityPage } from "./ActivityPage";
import { wordsFor } from "./entries";

const ACTIVITY = "GET /settings/activity";
const LIST = "GET /marketplace/list";
const PLUGINS = { mode: "saas", plugins: [{ slug: "stripe", name: "Stripe", secrets: [{ key: "SECRET_KEY" }] }] };

const entry = (id: number, more: object = {}) => ({
  id,
  at: `${new Date().getFullYear()}-03-12T10:00:00Z`,
  actor: ADA.email,
  plugin_slug: "stripe",
  key: "SECRET_KEY",
  action: "set",
  detail: "",
  count: 1,
  ...more,
});

function open(answer: unknown, at = "/activity") {
  const asked = serve({ [LIST]: PLUGINS, [ACTIVITY]: answer });
  return { ...draw(<ActivityPage />, { at }), asked };
}

const rows = () => screen.getAllByRole("row").slice(1);

it("tells each entry in words: when, who, with which plugin and key, how often", async () => {
  const used = entry(1, { action: "use", actor: null, key: null, count: 42 });
  open({ activity: [entry(2), used], next: null });
  await waitFor(() => expect(screen.getAllByText("Stripe")).toHaveLength(3));
  expect(rows().map(({ textContent }) => textContent)).toEqual([
    expect.stringMatching(/^12 March, \d\d:\d\d:\d\dYouStripeStoredSECRET_KEY1$/),
    expect.stringMatching(/GridOSStripeUsed by cells42$/),
  ]);
  expect(screen.queryByRole("button", { name: "Load more" })).toBeNull();
});

it("loads what happened before when it is asked to, and the first page once", async () => {
  const pages = [
    { activity: [entry(9)], next: 9 },
    { activity: [entry(8, { action: "clear" })], next: null },
  ];
  const { user } = open(() => pages.shift());
  await user.click(await screen.findByRole("button", { name: "Load more" }));
  expect(await screen.findByText("Erased")).toBeVisible();
  expect(rows()).toHaveLength(2);
  expect(screen.queryByRole("button", { name: "Load more" })).toBeNull();
});

it("keeps what it has when more cannot be had, and tries again", async () => {
  const pages: unknown[] = [{ activity: [entry(9)], next: 9 }, refuse(403, "You may not do this.")];
  const { user } = open(() => pages.shift());
  await user.click(await screen.findByRole("button", { name: "Load more" }));
  expect(await screen.findByText("You may not do this.")).toBeVisible();
  expect(rows()).toHaveLength(1);
  pages.push({ activity: [entry(8)], next: null });
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(rows()).toHaveLength(2));
});

it("shows one plugin alone, in the list and in the file, and leads back to all", async () => {
  const { user } = open({ activity: [], next: null }, "/activity?plugin=stripe");
  expect(await screen.findByText("Nothing has happened with Stripe yet.")).toBeVisible();
  const file = screen.getByRole("link", { name: "Download as CSV" });
  expect(file).toHaveAttribute("href", "/settings/activity.csv?plugin=stripe");
  await user.click(screen.getByRole("button", { name: "Show every plugin" }));
  expect(file).toHaveAttribute("href", "/settings/activity.csv");
  expect(await screen.findByText(/What you store, test and use/)).toBeVisible();
  await user.selectOptions(screen.getByLabelText("Plugin"), "Stripe");
  expect(screen.getByLabelText("address")).toHaveTextContent("?plugin=stripe");
});

it("says that it is being read, and that it cannot be", async () => {
  const { answer, come } = later<unknown>();
  open(() => answer);
  expect(await screen.findByRole("status", { name: "Reading what happened" })).toBeVisible();
  come(refuse(403, "You may not do this."));
  expect(await screen.findByText("What happened cannot be told")).toBeVisible();
});

it("does not exist on a server of one user", () => {
  const asked = serve({});
  draw(<ActivityPage />, { visitor: { ...ADA, mode: "oss" } });
  expect(screen.getByText("There is nothing here")).toBeVisible();
  expect(asked).toEqual([]);
});

describe("in words", () => {
  it.each([
    [{ action: "verify", detail: "connected" }, "Tested: it works"],
    [{ action: "verify", detail: "needs_attention" }, "Tested: the service refused it"],
    [{ action: "rotate", detail: "" }, "Your data key was wrapped anew"],
    [{ action: "levitate", detail: "high" }, "levitate: high"],
  ])("%o", (what, words) => {
    expect(wordsFor(what as never)).toBe(words);
  });
});
