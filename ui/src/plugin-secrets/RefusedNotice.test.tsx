import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { ADA, draw } from "../app/testing/draw";
import { serve } from "../app/testing/server";
import { marketplace } from "../marketplace/plugins";
import { RefusedNotice } from "./RefusedNotice";

const LIST = "GET /marketplace/list";
const SECRETS = "GET /settings/plugin-secrets/stripe";

const plugin = (slug: string, state: string, installed = true) => ({
  slug,
  name: slug.charAt(0).toUpperCase() + slug.slice(1),
  secrets: [{ key: "KEY", label: "Key", placeholder: "", help: "" }],
  functions: [],
  installed,
  state,
});

const listed = (...plugins: object[]) => ({ [LIST]: { mode: "saas", plugins } });
const notice = () => screen.queryByText(/refuses your connection/);

it("names each service that refuses, and opens its settings", async () => {
  const refused = [plugin("stripe", "needs_attention"), plugin("github", "needs_attention", false)];
  serve({
    ...listed(plugin("shopify", "connected"), ...refused),
    [SECRETS]: { plugin_slug: "stripe", declared: refused[0]?.secrets, set_keys: [] },
  });
  const { user } = draw(<RefusedNotice className="" />);
  expect(await screen.findByText(/Stripe refuses your connection/)).toBeVisible();
  expect(screen.getAllByText(/refuses your connection/)).toHaveLength(1);
  await user.click(screen.getByRole("button", { name: "Configure Stripe" }));
  expect(await screen.findByLabelText("Key")).toBeVisible();
});

it("goes away when the connection works again", async () => {
  serve(listed(plugin("stripe", "needs_attention")));
  const { queries } = draw(<RefusedNotice className="" />);
  await waitFor(() => expect(notice()).toBeVisible());
  serve(listed(plugin("stripe", "connected")));
  await queries.invalidateQueries({ queryKey: marketplace.queryKey });
  await waitFor(() => expect(notice()).toBeNull());
});

it("is about those that matter here", async () => {
  const asked = serve(listed(plugin("stripe", "needs_attention")));
  draw(<RefusedNotice className="" matters={(slug) => slug === "github"} />);
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(notice()).toBeNull();
});

it("asks nothing on a server of one user", () => {
  const asked = serve(listed(plugin("stripe", "needs_attention")));
  draw(<RefusedNotice className="" />, { visitor: { ...ADA, mode: "oss" } });
  expect(asked).toEqual([]);
});
