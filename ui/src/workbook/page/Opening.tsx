import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import { Loading } from "../../app/Loading";
import { Page } from "../../app/Page";
import type { OpenWorkbook } from "../OpenWorkbook";
import css from "../WorkbookPage.module.css";
import { SignInAgain } from "./SignInAgain";
import { useShown } from "./useOpenWorkbook";

/** What there is to see before the workbook comes, or when it never does. */
export function Opening({ open }: { open: OpenWorkbook }) {
  const closed = useShown(open, (shown) => shown.closed);
  const standing = useShown(open, (shown) => shown.standing);
  return (
    <div className={css.opening}>
      {closed ? (
        <Page title="This workbook cannot be opened" size="sm">
          <Text>{closed.message}</Text>
          {closed.isSignedOut ? <SignInAgain /> : <ToWorkbooks />}
        </Page>
      ) : (
        <Loading
          key={standing}
          label={standing === "offline" ? "GridOS does not answer. Trying again" : "Opening the workbook"}
        />
      )}
    </div>
  );
}

export const ToWorkbooks = () => (
  <Anchor component={Link} to="/" underline="always" w="fit-content" inherit>
    Go to your workbooks
  </Anchor>
);
