import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { ADA, draw } from "../app/testing/draw";
import { bodiesOf, refuse, serve } from "../app/testing/server";
import { HomePage } from "./HomePage";

const book = (id: string, title: string, role = "owner", email = ADA.email) => ({
  id,
  title,
  role,
  owner: { id: email, email },
  updated_at: new Date().toISOString(),
});

const OWN = "GET /workbooks";
const SHARED = "GET /workbook/shared-with-me";

async function open(mine: object[], theirs: object[], answers: Record<string, unknown> = {}) {
  const asked = serve({ [OWN]: { workbooks: mine }, [SHARED]: { workbooks: theirs }, ...answers });
  const drawn = draw(<HomePage />);
  await screen.findAllByRole("heading", { level: 2 });
  return { ...drawn, asked, act: actOn(drawn.user) };
}

const actOn = (user: ReturnType<typeof draw>["user"]) => async (title: string, act: string) => {
  await user.click(screen.getByRole("button", { name: `What to do with ${title}` }));
  await user.click(await screen.findByRole("menuitem", { name: act }));
};

it("offers a newcomer two ways to begin", async () => {
  await open([], []);
  expect(screen.getByRole("button", { name: "New workbook" })).toBeVisible();
  expect(screen.getByRole("link", { name: "Connect a service" })).toHaveAttribute("href", "/marketplace");
});

it("lists one's own and what others share, with owner and role", async () => {
  await open([book("1", "Mine")], [book("2", "Theirs", "viewer", "ben@example.com")]);
  const shared = within(screen.getByRole("region", { name: "Shared with me" }));
  expect(screen.getByRole("link", { name: "Mine" })).toHaveAttribute("href", "/w/1");
  expect(shared.getByText("ben@example.com")).toBeVisible();
  expect(shared.getByText("viewer")).toBeVisible();
});

it("searches titles and owners", async () => {
  const { user } = await open([book("1", "Mine")], [book("2", "Theirs", "viewer", "ben@example.com")]);
  await user.type(screen.getByLabelText("Search workbooks"), "BEN");
  expect(screen.queryByText("Mine")).toBeNull();
  expect(screen.getByText("Theirs")).toBeVisible();
});

it("opens a new workbook", async () => {
  const { user } = await open([], [], { "POST /workbooks": { id: "9" } });
  await user.click(screen.getByRole("button", { name: "New workbook" }));
  await waitFor(() => expect(screen.getByLabelText("address")).toHaveTextContent("/w/9"));
});

it("renames", async () => {
  const { user, asked, act } = await open([book("1", "Mine")], [], { "PATCH /workbook/1": {} });
  await act("Mine", "Rename");
  const title = await screen.findByLabelText("Title");
  await user.clear(title);
  await user.type(title, "Ours{Enter}");
  await waitFor(() => expect(bodiesOf(asked, "PATCH /workbook/1")).toEqual([{ title: "Ours" }]));
});

it("copies under a title that says so", async () => {
  const { asked, act } = await open([book("1", "Mine")], [], { "POST /workbooks": { id: "9" } });
  await act("Mine", "Make a copy");
  await waitFor(() => expect(bodiesOf(asked, "POST /workbooks")).toEqual([{ title: "Copy of Mine", copy_of: "1" }]));
});

it("deletes only after it was asked, and stays open with the reason when that fails", async () => {
  const { user, asked, act } = await open([book("1", "Mine")], [], {
    "DELETE /workbook/1": refuse(503, "The database does not answer."),
  });
  await act("Mine", "Delete");
  const confirm = await screen.findByRole("button", { name: "Delete" });
  expect(asked.map(({ what }) => what)).not.toContain("DELETE /workbook/1");
  await user.click(confirm);
  expect(await screen.findByText("The database does not answer.")).toBeVisible();
  expect(screen.getByText(/will be gone for you/)).toBeVisible();
});

it("offers a viewer neither renaming nor sharing nor deleting", async () => {
  const { user } = await open([], [book("2", "Theirs", "viewer", "ben@example.com")]);
  await user.click(screen.getByRole("button", { name: "What to do with Theirs" }));
  expect((await screen.findAllByRole("menuitem")).map(({ textContent }) => textContent)).toEqual(["Make a copy"]);
});
