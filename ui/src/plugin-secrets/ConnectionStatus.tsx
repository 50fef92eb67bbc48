import { Group, Text } from "@mantine/core";
import { timeAgo } from "../app/time";
import { StandingMark } from "../marketplace/StandingMark";
import type { Status } from "./connection";

/** How the stored connection stands, and since when that is known. */
export function ConnectionStatus({ status: { state, message, checked_at } }: { status: Status }) {
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <StandingMark standing={state} />
      <Text size="sm" c="dimmed">
        {message}
        {checked_at && ` Checked ${timeAgo(checked_at)}.`}
      </Text>
    </Group>
  );
}
