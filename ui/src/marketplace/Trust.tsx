import { Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconEye, IconKey, IconLock, type TablerIcon } from "@tabler/icons-react";
import type { Plugin } from "./plugins";
import css from "./Trust.module.css";

interface Fact {
  text: string;
  why: string;
  Icon: TablerIcon;
}

/** What a plugin's code can reach: one's keys, and the rest of the server. */
export function Trust({ plugin }: { plugin: Plugin }) {
  const facts = factsOf(plugin);
  if (facts.length === 0) return null;
  return (
    <Stack gap={4}>
      {facts.map(({ text, why, Icon }) => (
        <Tooltip key={text} label={why} multiline w={300} events={{ hover: true, focus: true, touch: true }}>
          <Group gap={6} wrap="nowrap" c="dimmed" w="fit-content" tabIndex={0}>
            <Icon size={14} aria-hidden />
            <Text size="xs" className={css.explained}>
              {text}
            </Text>
          </Group>
        </Tooltip>
      ))}
    </Stack>
  );
}

const READS: Fact = {
  text: "Its code can read your stored keys",
  why: "It asks for them to build its requests itself. Store keys here that may do no more than it needs.",
  Icon: IconEye,
};

const LOCKED: Fact = {
  text: "Runs locked up",
  why: "Its code runs in a process of its own: without files, without other programs, without a network but through GridOS, which lets it ask its declared hosts only.",
  Icon: IconLock,
};

/** In the process of GridOS nothing but care keeps code from what is there, which is why an operator vouches for it. */
const neverSees = (isolated: boolean): Fact => ({
  text: "Never sees your keys: GridOS adds them",
  why: isolated
    ? "GridOS puts them on its requests on their way out. The process its code runs in is never given them."
    : "GridOS puts them on its requests on their way out. Its code does not ask for them, and the operator of this server vouches for it.",
  Icon: IconKey,
});

export function factsOf({ secrets, reads_secrets, isolated }: Plugin): Fact[] {
  const aboutKeys = secrets.length > 0 ? [reads_secrets ? READS : neverSees(isolated)] : [];
  return isolated ? [...aboutKeys, LOCKED] : aboutKeys;
}
