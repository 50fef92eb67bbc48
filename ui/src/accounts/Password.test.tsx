import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { draw } from "../app/testing/draw";
import { serve } from "../app/testing/server";
import { Password } from "./Password";

it("lets whoever has a password change it", async () => {
  serve({ "GET /auth/password": { is_set: true } });
  draw(<Password />);
  expect(await screen.findByLabelText("Current password", { selector: "input" })).toBeVisible();
});

it.each([
  ["id.example.org", /You sign in with id\.example\.org and have no password here/],
  [null, /another service says who you are/],
])("tells whoever has none how they sign in (%s)", async (oidc, sentence) => {
  serve({ "GET /auth/password": { is_set: false }, "GET /auth/methods": { oidc } });
  draw(<Password />);
  expect(await screen.findByText(sentence)).toBeVisible();
  expect(screen.queryByLabelText(/password/i)).toBeNull();
});
