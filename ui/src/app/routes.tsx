import { lazy } from "react";
import { type RouteObject, useParams } from "react-router";
import { AccountPage } from "../accounts/AccountPage";
import { SignedInOnly } from "../accounts/SignedInOnly";
import { SignInPage } from "../accounts/SignInPage";
import { MarketplacePage } from "../marketplace/MarketplacePage";
import { HomePage } from "../workbooks/HomePage";
import { BrokenPage } from "./BrokenPage";
import { NotFoundPage } from "./NotFoundPage";
import { Shell } from "./Shell";

// The grid weighs more than everything else together, so it comes only with the page that shows it.
const WorkbookPage = lazy(async () => ({ default: (await import("../workbook/WorkbookPage")).WorkbookPage }));

/** Another workbook is another page: nothing of the last one stays. */
function OneWorkbook() {
  const { id = "" } = useParams();
  return <WorkbookPage key={id} id={id} />;
}

export const routes: RouteObject[] = [
  {
    errorElement: <BrokenPage />,
    children: [
      { path: "/sign-in", element: <SignInPage /> },
      {
        element: (
          <SignedInOnly>
            <Shell />
          </SignedInOnly>
        ),
        children: [
          { path: "/", element: <HomePage /> },
          { path: "/w/:id", element: <OneWorkbook /> },
          { path: "/marketplace", element: <MarketplacePage /> },
          { path: "/account", element: <AccountPage /> },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
];
