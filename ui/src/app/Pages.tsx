import { lazy, Suspense } from "react";
import { Route, Routes, useParams } from "react-router";
import { SignedInOnly } from "../accounts/SignedInOnly";
import { HomePage } from "../workbooks/HomePage";
import { Loading } from "./Loading";
import { NotFoundPage } from "./NotFoundPage";
import { Shell } from "./Shell";

const SignInPage = lazy(async () => ({ default: (await import("../accounts/SignInPage")).SignInPage }));
const MarketplacePage = lazy(async () => ({
  default: (await import("../marketplace/MarketplacePage")).MarketplacePage,
}));
const AccountPage = lazy(async () => ({ default: (await import("../accounts/AccountPage")).AccountPage }));
const ActivityPage = lazy(async () => ({ default: (await import("../activity/ActivityPage")).ActivityPage }));
// The grid weighs more than everything else together, so it comes only with the page that shows it.
const WorkbookPage = lazy(async () => ({ default: (await import("../workbook/WorkbookPage")).WorkbookPage }));

/** Which page an address shows. */
export function Pages() {
  return (
    <Routes>
      <Route
        path="/sign-in"
        element={
          <Suspense fallback={<Loading label="Opening GridOS" />}>
            <SignInPage />
          </Suspense>
        }
      />
      <Route
        element={
          <SignedInOnly>
            <Shell />
          </SignedInOnly>
        }
      >
        <Route path="/" element={<HomePage />} />
        <Route path="/w/:id" element={<OneWorkbook />} />
        <Route path="/marketplace" element={<MarketplacePage />} />
        <Route path="/account" element={<AccountPage />} />
        <Route path="/activity" element={<ActivityPage />} />
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  );
}

/** Another workbook is another page: nothing of the last one stays. */
function OneWorkbook() {
  const { id = "" } = useParams();
  return <WorkbookPage key={id} id={id} />;
}
