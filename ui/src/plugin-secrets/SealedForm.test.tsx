import { webcrypto } from "node:crypto";
import { screen, waitFor } from "@testing-library/react";
import { beforeAll, expect, it, vi } from "vitest";
import { draw } from "../app/testing/draw";
import { bodiesOf, serve } from "../app/testing/server";
import type { Plugin } from "../marketplace/plugins";
import { ConfigureDialog } from "./ConfigureDialog";
import { sealer, toBase64Url } from "./sealing";

vi.stubGlobal("crypto", webcrypto);
// It loads a library, which is no part of what is tested here.
beforeAll(async () => void (await sealer()));

const PATH = "/settings/plugin-secrets/stripe";
const [PUT, VERIFY, KEY] = [`PUT ${PATH}`, `POST ${PATH}/verify`, "GET /settings/plugin-secrets/_sealing-key"];
const SLOT = { key: "SECRET_KEY", label: "Secret key", placeholder: "", help: "" };
const STRIPE = { slug: "stripe", name: "Stripe", secrets: [SLOT], functions: [], installed: true } as unknown as Plugin;
const PUBLIC_KEY = toBase64Url(Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 9 : 0)));

it("tests and saves without any request that holds the value, each with a key of its own", async () => {
  let invitations = 0;
  const asked = serve({
    [`GET ${PATH}`]: { plugin_slug: "stripe", declared: [SLOT], set_keys: [] },
    [`GET ${PATH}/status`]: { state: "not_set", message: "", checked_at: null, slots: [], used_by: {} },
    [KEY]: () => {
      invitations += 1;
      return {
        kid: `00000000-0000-0000-0000-00000000000${invitations}`,
        user_id: "a".repeat(32),
        public_key: PUBLIC_KEY,
      };
    },
    [VERIFY]: { ok: true, state: "connected", message: "Connected to Stripe.", account: null },
    [PUT]: { status: "Success" },
  });
  const onClose = vi.fn();
  const { user } = draw(<ConfigureDialog plugin={STRIPE} mode="saas" onClose={onClose} />);
  expect(await screen.findByText("Values are sealed in your browser.")).toBeVisible();
  await user.type(screen.getByLabelText("Secret key"), "sk_live_canary");
  await user.click(screen.getByRole("button", { name: "Test & save" }));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  const sealed = { SECRET_KEY: expect.any(String) };
  expect(bodiesOf(asked, VERIFY)[0]).toEqual({ kid: expect.stringMatching(/1$/), sealed, secrets: {} });
  expect(bodiesOf(asked, PUT)).toEqual([{ kid: expect.stringMatching(/2$/), sealed, secrets: {} }]);
  expect(JSON.stringify(asked)).not.toContain("canary");
});
