import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import { Link } from "react-router";

interface Props {
  onNew: () => void;
  isCreating: boolean;
}

/** What a newcomer sees: what this is for, and two ways to begin. */
export function FirstSteps({ onNew, isCreating }: Props) {
  return (
    <Card withBorder padding={48} radius="lg">
      <Stack align="center" gap="lg">
        <Sketch />
        <Stack gap={6} align="center" maw={520}>
          <Title order={2} fz={20}>
            A number from your shop, in a cell
          </Title>
          <Text c="dimmed" ta="center">
            Connect a service once. Then a formula such as <code>=STRIPE_MRR()</code> asks it for you, and every formula
            that builds on it follows.
          </Text>
        </Stack>
        <Group justify="center">
          <Button leftSection={<IconPlus size={16} />} onClick={onNew} loading={isCreating}>
            New workbook
          </Button>
          <Button component={Link} to="/marketplace" variant="default" leftSection={<IconPlugConnected size={16} />}>
            Connect a service
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}

/** A cell in the middle of a grid, with the mark of a live number. */
function Sketch() {
  return (
    <svg width="168" height="96" viewBox="0 0 168 96" aria-hidden="true">
      <g fill="none" stroke="var(--app-line)" strokeWidth="1.5">
        <rect x="1" y="1" width="166" height="94" rx="8" />
        <path d="M56 1v94M112 1v94M1 32h166M1 64h166" />
      </g>
      <rect
        x="56"
        y="32"
        width="56"
        height="32"
        fill="var(--mantine-color-grid-light)"
        stroke="var(--app-good)"
        strokeWidth="2"
      />
      <text x="84" y="53" textAnchor="middle" fontSize="14" fontWeight="650" fill="var(--mantine-color-text)">
        4,386
      </text>
      <circle cx="112" cy="32" r="5" fill="#ffd166" stroke="var(--app-surface)" strokeWidth="2" />
    </svg>
  );
}
