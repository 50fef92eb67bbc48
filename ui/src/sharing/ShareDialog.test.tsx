import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { draw } from "../app/testing/draw";
import { bodiesOf, refuse, serve } from "../app/testing/server";
import { ShareDialog } from "./ShareDialog";

const PEOPLE = "/workbook/1/collaborators";
const BEN = { kind: "active", user_id: "b", email: "ben@example.com", role: "editor" };
const KIM = { kind: "pending", id: "k", email: "kim@example.com", role: "viewer" };

async function open(answers: Record<string, unknown> = {}) {
  const asked = serve({ [`GET ${PEOPLE}`]: { collaborators: [BEN], pending: [KIM] }, ...answers });
  const drawn = draw(<ShareDialog workbook="1" title="Ours" opened onClose={() => {}} />);
  await screen.findByText("ben@example.com");
  return { ...drawn, asked };
}

it("gives an address the chosen role", async () => {
  const { user, asked } = await open({ [`POST ${PEOPLE}`]: { ok: true, collaborator: BEN } });
  await user.type(screen.getByLabelText("E-mail"), " ben@example.com ");
  await user.selectOptions(screen.getByLabelText("Role"), "Viewer");
  await user.click(screen.getByRole("button", { name: "Invite" }));
  await waitFor(() =>
    expect(bodiesOf(asked, `POST ${PEOPLE}`)).toEqual([{ email: "ben@example.com", role: "viewer" }]),
  );
});

it("shows the link of a pending invite", async () => {
  const { user } = await open({
    [`POST ${PEOPLE}`]: { ok: true, collaborator: KIM, invite_url: "http://here/?invite=t" },
  });
  await user.type(screen.getByLabelText("E-mail"), "kim@example.com{Enter}");
  expect(await screen.findByDisplayValue("http://here/?invite=t")).toBeVisible();
});

it("says at the address why it was refused, and keeps it", async () => {
  const { user } = await open({ [`POST ${PEOPLE}`]: refuse(400, "This address cannot be invited.") });
  await user.type(screen.getByLabelText("E-mail"), "me@example.com{Enter}");
  expect(await screen.findByText("This address cannot be invited.")).toBeVisible();
  expect(screen.getByLabelText("E-mail")).toHaveFocus();
});

it("gives a collaborator another role, and leaves an invite as it was sent", async () => {
  const { user, asked } = await open({ [`POST ${PEOPLE}`]: { ok: true, collaborator: { ...BEN, role: "viewer" } } });
  await user.selectOptions(screen.getByLabelText("Role of ben@example.com"), "Viewer");
  expect(await screen.findByText("ben@example.com is a viewer now.")).toBeVisible();
  expect(bodiesOf(asked, `POST ${PEOPLE}`)).toEqual([{ email: "ben@example.com", role: "viewer" }]);
  expect(screen.queryByLabelText("Role of kim@example.com")).toBeNull();
});

it("removes a collaborator and takes an invite back", async () => {
  const { user, asked } = await open({
    [`DELETE ${PEOPLE}/b`]: { ok: true },
    "DELETE /workbook/1/pending-invites/k": { ok: true },
  });
  await user.click(screen.getByRole("button", { name: "Remove ben@example.com" }));
  await user.click(screen.getByRole("button", { name: "Remove kim@example.com" }));
  await waitFor(() => {
    const deleted = asked.map(({ what }) => what).filter((what) => what.startsWith("DELETE"));
    expect(deleted).toEqual([`DELETE ${PEOPLE}/b`, "DELETE /workbook/1/pending-invites/k"]);
  });
});

it("says whose connections are used and that keys stay unseen", async () => {
  await open();
  expect(screen.getByText(/never keys/)).toBeVisible();
});
