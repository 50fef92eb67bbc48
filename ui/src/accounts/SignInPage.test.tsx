import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { ADA, draw } from "../app/testing/draw";
import { bodiesOf, refuse, serve } from "../app/testing/server";
import { SignInPage } from "./SignInPage";
import type { Visitor } from "./whoAmI";

const SIGN_IN = "POST /auth/sign-in";
const SIGN_UP = "POST /auth/sign-up";
const WHO = "GET /auth/whoami";
const METHODS = "GET /auth/methods";

function open(at: string, answers: Record<string, unknown> = {}, visitor: Visitor | null = null) {
  const asked = serve({
    [WHO]: ADA,
    [METHODS]: { oidc: null },
    [SIGN_IN]: { id: "a" },
    [SIGN_UP]: { id: "a" },
    ...answers,
  });
  return { ...draw(<SignInPage />, { at, visitor }), asked };
}

const email = () => screen.getByLabelText("E-mail");
const password = () => screen.getByLabelText("Password", { selector: "input" });

it("leads to the page that was asked for", async () => {
  const { user } = open("/sign-in?next=%2Fw%2F7%3Fcell%3DB2");
  await user.type(email(), " ada@example.com ");
  await user.type(password(), "right{Enter}");
  await waitFor(() => expect(screen.getByLabelText("address")).toHaveTextContent("/w/7?cell=B2"));
});

it("puts the cursor into the first field that is wrong, and asks nobody", async () => {
  const { user, asked } = open("/sign-in");
  await user.type(password(), "x{Enter}");
  expect(email()).toHaveFocus();
  await user.type(email(), "ada@example.com");
  await user.clear(password());
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(password()).toHaveFocus();
  expect(asked.filter(({ what }) => what !== METHODS)).toEqual([]);
});

it("says a wrong password at its field", async () => {
  const { user } = open("/sign-in", { [SIGN_IN]: refuse(401, "The e-mail address or the password is wrong.") });
  await user.type(email(), "ada@example.com");
  await user.type(password(), "wrong{Enter}");
  expect(await screen.findByText("The e-mail address or the password is wrong.")).toBeVisible();
  expect(password()).toHaveFocus();
});

it("says above the form what is about no field", async () => {
  const { user } = open("/sign-in", { [SIGN_IN]: refuse(429, "Too many wrong tries.") });
  await user.type(email(), "ada@example.com");
  await user.type(password(), "wrong{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent("Too many wrong tries.");
});

it("signs up with the invite that the address carries", async () => {
  const { user, asked } = open("/sign-in?invite=t0ken");
  await user.type(email(), "ben@example.com");
  await user.type(password(), "long enough{Enter}");
  await waitFor(() =>
    expect(bodiesOf(asked, SIGN_UP)).toEqual([{ email: "ben@example.com", password: "long enough", invite: "t0ken" }]),
  );
});

it("refuses a short new password before it is sent", async () => {
  const { user, asked } = open("/sign-in?new=yes");
  await user.type(email(), "ben@example.com");
  await user.type(password(), "short{Enter}");
  expect(screen.getByText("Use at least 8 characters.")).toBeVisible();
  expect(asked.filter(({ what }) => what !== METHODS)).toEqual([]);
});

it("says at the address that it is taken", async () => {
  const { user } = open("/sign-in?new=yes", { [SIGN_UP]: refuse(409, "Another account holds this e-mail address.") });
  await user.type(email(), "ada@example.com");
  await user.type(password(), "long enough{Enter}");
  expect(await screen.findByText("Another account holds this e-mail address.")).toBeVisible();
  expect(email()).toHaveFocus();
});

it.each(["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])(
  "never leads to another site: %s",
  async (next) => {
    const { user } = open(`/sign-in?${new URLSearchParams({ next })}`);
    await user.type(email(), "ada@example.com");
    await user.type(password(), "right{Enter}");
    await waitFor(() => expect(screen.getByLabelText("address")).toHaveTextContent(/^\/$/));
  },
);

it("tells somebody signed in what an invite is for, instead of losing it", async () => {
  open("/sign-in?invite=t0ken", {}, ADA);
  expect(await screen.findByText(/You are signed in as ada@example.com/)).toBeVisible();
  expect(screen.getByRole("button", { name: "Sign out and use the invite" })).toBeVisible();
});

it("leads a new account with an invite to its workbooks", async () => {
  const { user } = open("/sign-in?invite=t0ken");
  await user.type(email(), "ben@example.com");
  await user.type(password(), "long enough{Enter}");
  await waitFor(() => expect(screen.getByLabelText("address")).toHaveTextContent(/^\/$/));
});
