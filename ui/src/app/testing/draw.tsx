import { MantineProvider } from "@mantine/core";
import { Notifications, notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { MemoryRouter, useLocation } from "react-router";
import { SignedInAs, type Visitor, whoAmI } from "../../accounts/whoAmI";
import { createQueries } from "../queries";
import { theme } from "../theme";

export const ADA: Visitor = { id: "a", email: "ada@example.com", mode: "saas" };

interface Setting {
  at?: string;
  visitor?: Visitor | null;
}

/** Draw a part of the app as it stands in a page, and give hands to work it with. */
export function draw(part: ReactNode, { at = "/", visitor = ADA }: Setting = {}) {
  const queries = createQueries();
  queries.setQueryData(whoAmI.queryKey, visitor);
  notifications.clean();
  const drawn = render(
    <MantineProvider theme={theme} env="test">
      <Notifications />
      <QueryClientProvider client={queries}>
        <MemoryRouter initialEntries={[at]}>
          {visitor ? <SignedInAs value={visitor}>{part}</SignedInAs> : part}
          <Address />
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...drawn, queries, user: userEvent.setup() };
}

/** Shows where a page led to. */
function Address() {
  const { pathname, search } = useLocation();
  return <output aria-label="address">{pathname + search}</output>;
}
