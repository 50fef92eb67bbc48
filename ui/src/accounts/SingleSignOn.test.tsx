import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { draw } from "../app/testing/draw";
import { serve } from "../app/testing/server";
import { SignInPage } from "./SignInPage";

const METHODS = "GET /auth/methods";
const open = (at: string, oidc: string | null = "id.example.com") => {
  serve({ [METHODS]: { oidc } });
  return draw(<SignInPage />, { at, visitor: null });
};

it("leads to the provider and remembers the page asked for", async () => {
  open("/sign-in?next=%2Fw%2F7%3Fcell%3DB2");
  const link = await screen.findByRole("link", { name: "Continue with id.example.com" });
  expect(link).toHaveAttribute("href", "/auth/oidc/login?next=%2Fw%2F7%3Fcell%3DB2");
});

it.each(["//evil.example", "https://evil.example/"])("sends no other site along: %s", async (next) => {
  open(`/sign-in?${new URLSearchParams({ next })}`);
  const link = await screen.findByRole("link", { name: "Continue with id.example.com" });
  expect(link).toHaveAttribute("href", "/auth/oidc/login?next=%2F");
});

it("offers nothing that is not there", async () => {
  open("/sign-in", null);
  await screen.findByLabelText("E-mail");
  expect(screen.queryByRole("link", { name: /Continue with/ })).toBeNull();
});

it("says why the provider's visitor was refused", async () => {
  open("/sign-in?refused=address_taken");
  expect(await screen.findByRole("alert")).toHaveTextContent(/accounts are never joined by address/);
});

it.each(["unavailable", "<b>Call 0800", "constructor"])("shows its own words alone: %s", async (refused) => {
  open(`/sign-in?${new URLSearchParams({ refused })}`);
  expect(await screen.findByRole("alert")).toHaveTextContent(/does not work at the moment/);
});
