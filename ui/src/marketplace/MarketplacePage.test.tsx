import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { draw } from "../app/testing/draw";
import { bodiesOf, refuse, serve } from "../app/testing/server";
import { MarketplacePage } from "./MarketplacePage";

const plugin = (slug: string, more: object = {}) => ({
  slug,
  name: slug.charAt(0).toUpperCase() + slug.slice(1),
  description: `What ${slug} does.`,
  category: "Finance",
  author: "GridOS",
  version: "1.0.0",
  secrets: [{ key: "KEY", label: "Key", placeholder: "", help: "" }],
  formulas: [`${slug.toUpperCase()}_SUM`],
  functions: [],
  installed: true,
  loaded: true,
  error: null,
  configured: false,
  isolated: false,
  reads_secrets: false,
  ...more,
});

const PLUGINS = [
  plugin("stripe"),
  plugin("hello", { secrets: [], category: "Examples", author: "Ben" }),
  plugin("odd", { loaded: false, installed: false, error: "plugin.py raised SyntaxError.", formulas: [] }),
];
const LIST = "GET /marketplace/list";
const TOGGLE = "POST /marketplace/toggle";

async function open({ mode = "saas", ...answers }: Record<string, unknown> = {}) {
  const asked = serve({
    [LIST]: { mode, plugins: PLUGINS },
    "GET /settings/plugin-secrets/stripe/status": { state: "needs_attention", message: "", slots: [], used_by: {} },
    [TOGGLE]: { status: "Success" },
    ...answers,
  });
  const drawn = draw(<MarketplacePage />);
  await screen.findByText("Stripe");
  return { ...drawn, asked };
}

const card = (name: string) => within(screen.getByRole("listitem", { name }));

it("says of each plugin how it stands", async () => {
  await open();
  expect(await card("Stripe").findByText("Needs attention")).toBeVisible();
  expect(card("Hello").getByText("Ready")).toBeVisible();
  expect(card("Odd").getByText("Cannot be loaded")).toBeVisible();
  expect(card("Odd").getByText("plugin.py raised SyntaxError.")).toBeVisible();
});

it("says of each plugin what its code can reach", async () => {
  const strange = plugin("strange", { isolated: true, reads_secrets: true });
  const plain = plugin("plain", { isolated: true, secrets: [] });
  const { user } = await open({ [LIST]: { mode: "saas", plugins: [...PLUGINS, strange, plain] } });
  const told = (name: string) =>
    card(name)
      .queryAllByText(/keys|locked/)
      .map(({ textContent }) => textContent);
  expect(told("Stripe")).toEqual(["Never sees your keys: GridOS adds them"]);
  expect(told("Hello")).toEqual([]);
  expect(told("Strange")).toEqual(["Its code can read your stored keys", "Runs locked up"]);
  expect(told("Plain")).toEqual(["Runs locked up"]);
  await user.hover(card("Stripe").getByText(/Never sees/));
  expect(await screen.findByText(/vouches for it/)).toBeVisible();
});

it("offers to configure only what declares secrets", async () => {
  await open();
  expect(card("Stripe").getByRole("button", { name: "Configure Stripe" })).toBeVisible();
  expect(card("Hello").queryByRole("button", { name: /Configure/ })).toBeNull();
});

it("sends one switch and nothing else", async () => {
  const { user, asked } = await open();
  await user.click(screen.getByRole("switch", { name: "Stripe installed" }));
  await waitFor(() => expect(bodiesOf(asked, TOGGLE)).toEqual([{ slug: "stripe", installed: false }]));
});

it("turns a switch back and says why when the server refuses", async () => {
  const { user } = await open({ [TOGGLE]: refuse(503, "The database does not answer.") });
  await user.click(screen.getByRole("switch", { name: "Stripe installed" }));
  expect(await screen.findByText("The database does not answer.")).toBeVisible();
  await waitFor(() => expect(screen.getByRole("switch", { name: "Stripe installed" })).toBeChecked());
});

it("finds by function, author and status, counts, and clears", async () => {
  const { user } = await open();
  await user.type(screen.getByLabelText("Search plugins"), "hello_sum ben");
  expect(screen.queryByText("Stripe")).toBeNull();
  expect(screen.getByText("1 of 3 plugins")).toBeVisible();
  await user.selectOptions(screen.getByLabelText("Status"), "Needs attention");
  await user.click(screen.getByRole("button", { name: "Clear filters" }));
  expect(screen.getByText("3 of 3 plugins")).toBeVisible();
});

it("opens the dialog that the address names", async () => {
  serve({ [LIST]: { mode: "oss", plugins: PLUGINS } });
  draw(<MarketplacePage />, { at: "/marketplace?configure=stripe" });
  expect(await screen.findByText("STRIPE_KEY")).toBeVisible();
});

it("says that the list cannot be had, and tries again", async () => {
  serve({ [LIST]: refuse(403, "You may not do this.") });
  const { user } = draw(<MarketplacePage />);
  expect(await screen.findByText("You may not do this.")).toBeVisible();
  serve({ [LIST]: { mode: "oss", plugins: PLUGINS } });
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Stripe")).toBeVisible();
});
