import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { draw } from "../app/testing/draw";
import { bodiesOf, refuse, serve } from "../app/testing/server";
import { ApiKeys } from "./ApiKeys";

const LIST = "GET /settings/api-keys";
const MAKE = "POST /settings/api-keys";
const KEY = {
  id: "7",
  name: "Nightly report",
  scopes: ["read"],
  created_at: "2026-01-01T00:00:00Z",
  last_used_at: null,
  expires_at: null,
};
const MADE = { ...KEY, key: "gridos_live_sk_shown-once" };

const openDialog = async (user: ReturnType<typeof draw>["user"]) => {
  await user.click(screen.getByRole("button", { name: "New key" }));
  return screen.findByRole("dialog", { name: "New API key" });
};

it("says that there are none", async () => {
  serve({ [LIST]: { api_keys: [] } });
  draw(<ApiKeys />);
  expect(await screen.findByText("You have no API keys.")).toBeVisible();
});

it("tells what each key may do, and whether it is used", async () => {
  const expired = { ...KEY, id: "8", name: "Old", scopes: ["write", "secrets"], expires_at: "2026-01-02T00:00:00Z" };
  serve({ [LIST]: { api_keys: [KEY, { ...expired, last_used_at: "2026-01-01T00:00:00Z" }] } });
  draw(<ApiKeys />);
  const [first, second] = await screen.findAllByRole("listitem");
  expect(first).toHaveTextContent(/Nightly report.*Reads\. Made .*, never used\. Does not expire\./);
  expect(second).toHaveTextContent(/Old.*Reads and writes; plugin secrets\. Made .*, used .*Expired/);
});

it("shows a new key once, and forgets it", async () => {
  const asked = serve({ [LIST]: { api_keys: [] }, [MAKE]: MADE });
  const { user } = draw(<ApiKeys />);
  const dialog = await openDialog(user);
  await user.type(within(dialog).getByLabelText("Name"), " Nightly report ");
  await user.click(within(dialog).getByLabelText("Change them, and evaluate formulas"));
  await user.selectOptions(within(dialog).getByLabelText("Expires"), "Never");
  await user.click(within(dialog).getByRole("button", { name: "Make key" }));
  expect(await within(dialog).findByDisplayValue(MADE.key)).toBeVisible();
  expect(bodiesOf(asked, MAKE)).toEqual([{ name: "Nightly report", scopes: ["read"], expires_at: null }]);
  await user.keyboard("{Escape}");
  expect(within(dialog).getByDisplayValue(MADE.key)).toBeVisible();
  await user.click(within(dialog).getByRole("button", { name: "I have copied it" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await openDialog(user);
  expect(screen.queryByDisplayValue(MADE.key)).toBeNull();
});

it("lets a key expire, and do more, when asked", async () => {
  const asked = serve({ [LIST]: { api_keys: [] }, [MAKE]: MADE });
  const { user } = draw(<ApiKeys />);
  const dialog = await openDialog(user);
  await user.type(within(dialog).getByLabelText("Name"), "Deploy");
  await user.click(within(dialog).getByLabelText("Store and test your plugin secrets"));
  await user.click(within(dialog).getByRole("button", { name: "Make key" }));
  await within(dialog).findByDisplayValue(MADE.key);
  const [body] = bodiesOf(asked, MAKE) as [{ scopes: string[]; expires_at: string }];
  expect(body.scopes).toEqual(["read", "write", "secrets"]);
  const days = (Date.parse(body.expires_at) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(89);
  expect(days).toBeLessThan(91);
});

it("says at the name why no key was made", async () => {
  serve({ [LIST]: { api_keys: [] }, [MAKE]: refuse(422, "You have 50 API keys already.") });
  const { user } = draw(<ApiKeys />);
  const dialog = await openDialog(user);
  await user.type(within(dialog).getByLabelText("Name"), "One more{Enter}");
  expect(await within(dialog).findByText("You have 50 API keys already.")).toBeVisible();
});

it("asks before it revokes", async () => {
  const asked = serve({ [LIST]: { api_keys: [KEY] }, "DELETE /settings/api-keys/7": { status: "Success" } });
  const { user } = draw(<ApiKeys />);
  await user.click(await screen.findByRole("button", { name: "Revoke Nightly report" }));
  const dialog = await screen.findByRole("dialog", { name: "Revoke Nightly report" });
  expect(asked.some(({ what }) => what.startsWith("DELETE"))).toBe(false);
  await user.click(within(dialog).getByRole("button", { name: "Revoke" }));
  expect(await screen.findByText("Nightly report is revoked.")).toBeVisible();
  expect(asked.filter(({ what }) => what === LIST)).toHaveLength(2);
});
