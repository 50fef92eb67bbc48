import { screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { draw } from "../app/testing/draw";
import { bodiesOf, later, refuse, serve } from "../app/testing/server";
import type { Plugin } from "../marketplace/plugins";
import { ConfigureDialog } from "./ConfigureDialog";

// A browser that cannot seal: what it sends can be read here. The other kind is in sealing.test.ts.
vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });

const PATH = "/settings/plugin-secrets/shopify";
const [GET, PUT, DELETE] = [`GET ${PATH}`, `PUT ${PATH}`, `DELETE ${PATH}`];
const [STATUS, VERIFY] = [`GET ${PATH}/status`, `POST ${PATH}/verify`];

const DECLARED = [
  {
    key: "STORE_DOMAIN",
    label: "Store domain",
    placeholder: "myshop.myshopify.com",
    help: "No https.",
    sensitive: false,
  },
  { key: "ADMIN_TOKEN", label: "Admin token", placeholder: "shpat_...", help: "", obtain_url: "https://shop.example/" },
];
const SHOPIFY = {
  slug: "shopify",
  name: "Shopify",
  secrets: DECLARED,
  functions: [],
  installed: true,
} as unknown as Plugin;
const FINE = { ok: true, state: "connected", message: "Connected to Shopify as Ada's.", account: "Ada's" };
const REJECTED = { ok: false, state: "needs_attention", message: "Shopify did not accept the secret.", account: null };

const status = (set: string[]) => ({
  plugin_slug: "shopify",
  state: "connected",
  message: "Connected to Shopify.",
  checked_at: null,
  slots: DECLARED.map(({ key }) => ({
    key,
    is_set: set.includes(key),
    updated_at: set.includes(key) ? `${new Date().getFullYear()}-03-12T10:00:00Z` : null,
  })),
  used_by: { workbooks: 3, cells: 14 },
  can_roll_back: false,
});

async function open(set: string[], answers: Record<string, unknown> = {}) {
  const asked = serve({
    [GET]: { plugin_slug: "shopify", declared: DECLARED, set_keys: set },
    [STATUS]: status(set),
    [VERIFY]: FINE,
    [PUT]: { status: "Success" },
    [DELETE]: { status: "Success" },
    ...answers,
  });
  const onClose = vi.fn();
  const drawn = draw(<ConfigureDialog plugin={SHOPIFY} mode="saas" onClose={onClose} />);
  await screen.findByText("Admin token");
  return { ...drawn, asked, onClose, puts: () => bodiesOf(asked, PUT) };
}

const press = (name: string) => screen.getByRole("button", { name });
const BOTH = ["STORE_DOMAIN", "ADMIN_TOKEN"];

it("sends the one replaced key alone when two are set", async () => {
  const { user, puts } = await open(BOTH);
  await user.click(press("Replace Admin token"));
  await user.type(screen.getByLabelText("Admin token"), "  shpat_new ");
  await user.click(press("Test & save"));
  await waitFor(() => expect(puts()).toEqual([{ secrets: { ADMIN_TOKEN: "shpat_new" } }]));
});

it("sends nothing for a replacement that was left empty", async () => {
  const { user, puts } = await open(BOTH);
  await user.click(press("Replace Admin token"));
  await user.click(press("Test connection"));
  await screen.findByText("It works");
  expect(puts()).toEqual([]);
});

it("sends an empty text only for a slot that was cleared", async () => {
  const { user, puts, asked } = await open(BOTH);
  await user.click(press("Clear Admin token"));
  await user.click(press("Save"));
  await waitFor(() => expect(puts()).toEqual([{ secrets: { ADMIN_TOKEN: "" } }]));
  expect(bodiesOf(asked, VERIFY)).toEqual([]);
});

it("takes a clear back until it is saved", async () => {
  const { user, puts } = await open(BOTH);
  await user.click(press("Clear Admin token"));
  await user.click(press("Keep Admin token"));
  await user.click(press("Test connection"));
  await screen.findByText("It works");
  expect(puts()).toEqual([]);
});

it("shows a set slot with its date and nothing like a value", async () => {
  await open(["ADMIN_TOKEN"]);
  expect(await screen.findByText("Set 12 March")).toBeVisible();
  expect(screen.queryByLabelText("Admin token")).not.toBeInstanceOf(HTMLInputElement);
});

it("draws a value that is no secret as plain text and keeps password managers from the others", async () => {
  await open([]);
  expect(screen.getByLabelText("Store domain")).not.toHaveAttribute("type", "password");
  expect(screen.getByLabelText("Admin token")).toHaveAttribute("type", "password");
  expect(screen.getByLabelText("Admin token")).toHaveAttribute("autocomplete", "new-password");
});

it("links to where a key is had", async () => {
  await open([]);
  expect(screen.getByRole("link", { name: /Get a key/ })).toHaveAttribute("href", "https://shop.example/");
});

it("stores nothing that the service refuses, keeps what was typed, and says why", async () => {
  const { user, puts } = await open([], { [VERIFY]: REJECTED });
  await user.type(screen.getByLabelText("Admin token"), "wrong");
  await user.click(press("Test & save"));
  expect(await screen.findByText("Shopify did not accept the secret.")).toBeVisible();
  expect(puts()).toEqual([]);
  expect(screen.getByLabelText("Admin token")).toHaveValue("wrong");
});

it("saves without testing once a test has failed, and not before", async () => {
  const { user, puts } = await open([], { [VERIFY]: refuse(503, "GridOS cannot do this at the moment.") });
  await user.type(screen.getByLabelText("Admin token"), "shpat_1");
  expect(screen.queryByRole("button", { name: "Save without testing" })).toBeNull();
  await user.click(press("Test & save"));
  await user.click(await screen.findByRole("button", { name: "Save without testing" }));
  await waitFor(() => expect(puts()).toEqual([{ secrets: { ADMIN_TOKEN: "shpat_1" } }]));
});

it("saves what the service refuses when somebody insists, but not what GridOS refuses", async () => {
  const refused = await open([], { [VERIFY]: REJECTED });
  await refused.user.type(screen.getByLabelText("Admin token"), "shpat_1");
  await refused.user.click(press("Test & save"));
  await refused.user.click(await screen.findByRole("button", { name: "Save without testing" }));
  await waitFor(() => expect(refused.puts()).toEqual([{ secrets: { ADMIN_TOKEN: "shpat_1" } }]));
  refused.unmount();
  const { user } = await open([], { [VERIFY]: refuse(422, "ADMIN_TOKEN does not have the expected form.") });
  await user.type(screen.getByLabelText("Admin token"), "odd");
  await user.click(press("Test & save"));
  await screen.findByText("Admin token does not have the expected form.");
  expect(screen.queryByRole("button", { name: "Save without testing" })).toBeNull();
});

it("leaves the cursor where the pressed button was", async () => {
  const { user } = await open(BOTH);
  await user.click(press("Clear Admin token"));
  expect(press("Keep Admin token")).toHaveFocus();
  await user.click(press("Keep Admin token"));
  expect(press("Replace Admin token")).toHaveFocus();
  await user.click(press("Replace Admin token"));
  expect(screen.getByLabelText("Admin token")).toHaveFocus();
});

it("refuses a mask at its field, puts the cursor there, and asks nobody", async () => {
  const { user, asked } = await open([]);
  await user.type(screen.getByLabelText("Admin token"), "••••");
  await user.click(press("Test & save"));
  expect(screen.getByText(/only a mask/)).toBeVisible();
  expect(screen.getByLabelText("Admin token")).toHaveFocus();
  expect(asked.map(({ what }) => what)).not.toContain(VERIFY);
});

it("shows the server's sentence about one value beside its field", async () => {
  const { user } = await open([], { [VERIFY]: refuse(422, "ADMIN_TOKEN does not have the expected form.") });
  await user.type(screen.getByLabelText("Admin token"), "odd");
  await user.click(press("Test & save"));
  expect(await screen.findByText("Admin token does not have the expected form.")).toBeVisible();
  expect(screen.getByLabelText("Admin token")).toHaveFocus();
});

it("stores nothing after it was closed during the test", async () => {
  const { answer, come } = later<unknown>();
  const { user, puts, unmount } = await open([], { [VERIFY]: () => answer });
  await user.type(screen.getByLabelText("Admin token"), "shpat_1");
  await user.click(press("Test & save"));
  unmount();
  come(FINE);
  await answer;
  expect(puts()).toEqual([]);
});

it("leaves no value anywhere after saving", async () => {
  const { user, onClose, queries } = await open([]);
  await user.type(screen.getByLabelText("Admin token"), "shpat_secret");
  await user.click(press("Test & save"));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  const kept = [
    ...queries
      .getQueryCache()
      .getAll()
      .map(({ state }) => state),
    ...queries
      .getMutationCache()
      .getAll()
      .map(({ state }) => state),
    document.documentElement.outerHTML,
    { ...localStorage },
    { ...sessionStorage },
    ...[...document.querySelectorAll("input")].map(({ value }) => value),
  ];
  expect(JSON.stringify(kept)).not.toContain("shpat_secret");
});

it("tests what is stored after storing it, so that its state is known", async () => {
  const { user, asked, onClose } = await open([]);
  await user.type(screen.getByLabelText("Admin token"), "shpat_1");
  await user.click(press("Test & save"));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(bodiesOf(asked, VERIFY)).toEqual([{ secrets: { ADMIN_TOKEN: "shpat_1" } }, { secrets: {} }]);
});

it("names what stops before it disconnects, and asks once", async () => {
  const { user, asked, onClose } = await open(BOTH);
  await user.click(press("Disconnect"));
  expect(
    await screen.findByText(
      "This erases 2 stored values. 14 cells in 3 workbooks will show #SHOPIFY_AUTH! until you connect again.",
    ),
  ).toBeVisible();
  expect(asked.map(({ what }) => what)).not.toContain(DELETE);
  const [, confirm] = screen.getAllByRole("button", { name: "Disconnect" });
  await user.click(confirm as HTMLElement);
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(asked.map(({ what }) => what)).toContain(DELETE);
});

it("goes back to the key before when the new one has not worked, and asks once", async () => {
  const failing = { ...status(BOTH), state: "needs_attention", can_roll_back: true };
  const BACK = `POST ${PATH}/roll-back`;
  const { user, asked, onClose } = await open(BOTH, { [STATUS]: failing, [BACK]: { status: "Success" } });
  await user.click(await screen.findByRole("button", { name: "Go back to the key before" }));
  expect(await screen.findByText(/has not worked yet, and is erased/)).toBeVisible();
  expect(asked.map(({ what }) => what)).not.toContain(BACK);
  await user.click(press("Go back"));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(asked.map(({ what }) => what)).toContain(BACK);
  expect(bodiesOf(asked, VERIFY)).toEqual([{ secrets: {} }]);
});

it("says why there is no way back any more", async () => {
  const { user, onClose } = await open(BOTH, {
    [STATUS]: { ...status(BOTH), can_roll_back: true },
    [`POST ${PATH}/roll-back`]: refuse(409, "There are no earlier values to go back to."),
  });
  await user.click(await screen.findByRole("button", { name: "Go back to the key before" }));
  await user.click(press("Go back"));
  expect(await screen.findByText("There are no earlier values to go back to.")).toBeVisible();
  expect(onClose).not.toHaveBeenCalled();
});

it("offers no way back where nothing was replaced", async () => {
  await open(BOTH);
  expect(await screen.findByText(/Connected to Shopify/)).toBeVisible();
  expect(screen.queryByRole("button", { name: /Go back/ })).toBeNull();
});

it("names the variables to set on a server of one user, and asks it nothing", async () => {
  const asked = serve({});
  draw(<ConfigureDialog plugin={SHOPIFY} mode="oss" onClose={() => {}} />);
  expect(await screen.findByText("SHOPIFY_ADMIN_TOKEN")).toBeVisible();
  expect(asked).toEqual([]);
});
