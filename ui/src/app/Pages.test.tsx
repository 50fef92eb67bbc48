import { act, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { Pages } from "./Pages";
import { draw } from "./testing/draw";
import { refuse, serve } from "./testing/server";

const address = () => screen.getByLabelText("address");

it("asks a stranger to sign in, and remembers the page asked for", async () => {
  serve({});
  draw(<Pages />, { at: "/marketplace?configure=stripe", visitor: null });
  expect(await screen.findByRole("heading", { name: "Sign in to GridOS" })).toBeVisible();
  expect(address()).toHaveTextContent("/sign-in?next=%2Fmarketplace%3Fconfigure%3Dstripe");
});

it("asks to sign in again once the session has ended", async () => {
  serve({ "GET /workbooks": refuse(401, "Sign in to do this."), "GET /workbook/shared-with-me": { workbooks: [] } });
  draw(<Pages />, { at: "/" });
  expect(await screen.findByRole("heading", { name: "Sign in to GridOS" })).toBeVisible();
});

it("says that an address leads nowhere", async () => {
  serve({});
  draw(<Pages />, { at: "/nowhere" });
  expect(await screen.findByRole("heading", { name: "There is nothing here" })).toBeVisible();
});

it("moves the focus into the page a link leads to", async () => {
  serve({ "GET /workbooks": { workbooks: [] }, "GET /workbook/shared-with-me": { workbooks: [] } });
  const { user } = draw(<Pages />, { at: "/account" });
  await act(() => user.click(screen.getByRole("link", { name: "Workbooks" })));
  await waitFor(() => expect(screen.getByRole("main")).toHaveFocus());
});
