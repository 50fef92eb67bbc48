import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import { Page } from "./Page";

/** An address of ours that leads nowhere. */
export function NotFoundPage() {
  return (
    <Page title="There is nothing here" size="sm">
      <Text>
        The address may be mistyped, or what it led to is gone.{" "}
        <Anchor component={Link} to="/">
          Go to your workbooks
        </Anchor>
      </Text>
    </Page>
  );
}
