import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { draw } from "../app/testing/draw";
import { bodiesOf, refuse, serve } from "../app/testing/server";
import { PasswordForm } from "./PasswordForm";

const CHANGE = "POST /auth/password";
const current = () => screen.getByLabelText("Current password", { selector: "input" });
const next = () => screen.getByLabelText("New password", { selector: "input" });

it("sends both passwords and forgets them", async () => {
  const asked = serve({ [CHANGE]: { status: "Success" } });
  const { user } = draw(<PasswordForm />);
  await user.type(current(), "the old one");
  await user.type(next(), "the new one{Enter}");
  await waitFor(() => expect(bodiesOf(asked, CHANGE)).toEqual([{ current: "the old one", new: "the new one" }]));
  await waitFor(() => expect(current()).toHaveValue(""));
  expect(next()).toHaveValue("");
});

it("says a wrong current password at its field", async () => {
  serve({ [CHANGE]: refuse(401, "The e-mail address or the password is wrong.") });
  const { user } = draw(<PasswordForm />);
  await user.type(current(), "not the old one");
  await user.type(next(), "the new one{Enter}");
  expect(await screen.findByText("This is not your current password.")).toBeVisible();
  expect(current()).toHaveFocus();
});
