import { Group, Text } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleDot,
  IconCircleHalf2,
  IconCircleOff,
  IconLockX,
  type TablerIcon,
} from "@tabler/icons-react";
import type { Standing } from "./plugins";

const LOOKS: Record<Standing, { text: string; color: string; Icon: TablerIcon }> = {
  connected: { text: "Connected", color: "var(--app-good)", Icon: IconCircleCheck },
  ready: { text: "Ready", color: "var(--app-good)", Icon: IconCircleCheck },
  unverified: { text: "Not tested", color: "var(--app-quiet)", Icon: IconCircleDot },
  not_set: { text: "Not set up", color: "var(--app-quiet)", Icon: IconCircleDashed },
  not_installed: { text: "Not installed", color: "var(--app-quiet)", Icon: IconCircleOff },
  incomplete: { text: "Incomplete", color: "var(--app-warn)", Icon: IconCircleHalf2 },
  needs_attention: { text: "Needs attention", color: "var(--app-warn)", Icon: IconAlertTriangle },
  unreadable: { text: "Unreadable", color: "var(--app-bad)", Icon: IconLockX },
  broken: { text: "Cannot be loaded", color: "var(--app-bad)", Icon: IconAlertTriangle },
};

/** How a plugin stands: a mark, a colour and the word. */
export function StandingMark({ standing }: { standing: Standing }) {
  const { text, color, Icon } = LOOKS[standing];
  return (
    <Group gap={6} wrap="nowrap" c={color} flex="none">
      <Icon size={17} aria-hidden />
      <Text size="sm" fw={550} inherit={false}>
        {text}
      </Text>
    </Group>
  );
}
