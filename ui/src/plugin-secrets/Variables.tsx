import { Code, Group, Stack, Text } from "@mantine/core";
import { CopyButton } from "../app/CopyButton";
import type { Plugin } from "../marketplace/plugins";
import { ObtainLink } from "./ObtainLink";

/** On a server of one user secrets are environment variables: it names the ones to set. */
export function Variables({ plugin: { slug, name, secrets, configured } }: { plugin: Plugin }) {
  return (
    <Stack>
      <Text size="sm">
        {configured
          ? `${name} is set up by environment variables of this server. To change it, set them anew and restart GridOS.`
          : `This server reads secrets from its environment. Set these variables and restart GridOS.`}
      </Text>
      {secrets.map((slot) => {
        const variable = `${slug}_${slot.key}`.toUpperCase();
        return (
          <Stack key={slot.key} gap={4}>
            <Text size="sm" fw={550}>
              {slot.label}
              {slot.optional && <Optional />}
            </Text>
            <Group gap={4}>
              <Code>{variable}</Code>
              <CopyButton text={variable} label={`Copy ${variable}`} />
            </Group>
            <Text size="xs" c="dimmed">
              {slot.help} <ObtainLink slot={slot} />
            </Text>
          </Stack>
        );
      })}
    </Stack>
  );
}

/** The word beside the label of a slot that may stay empty. */
export function Optional() {
  return (
    <Text span size="xs" c="dimmed" fw={400} ml={6}>
      optional
    </Text>
  );
}
