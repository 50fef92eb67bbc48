import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { IconSettings } from "@tabler/icons-react";
import { FunctionList } from "./FunctionList";
import { InstallSwitch } from "./InstallSwitch";
import { PluginIcon } from "./PluginIcon";
import type { Plugin, Standing } from "./plugins";
import { StandingMark } from "./StandingMark";
import { Trust } from "./Trust";

interface Props {
  plugin: Plugin;
  standing: Standing;
  onConfigure: () => void;
}

/** One plugin: what it brings, how it stands, and what to do about it. */
export function PluginCard({ plugin, standing, onConfigure }: Props) {
  const { slug, name, author, version, category, description, error, installed, loaded, secrets } = plugin;
  const isNeeded = secrets.some(({ optional }) => !optional);
  return (
    <Card component="li" withBorder padding="lg" aria-label={name}>
      <Stack h="100%">
        <Group wrap="nowrap" align="flex-start">
          <PluginIcon slug={slug} />
          <div style={{ flex: 1, minWidth: 0 }}>
            <Title order={2} fz={16}>
              {name}
            </Title>
            <Text size="xs" c="dimmed" truncate>
              {[category, version && `v${version}`, author && `by ${author}`].filter(Boolean).join(" · ")}
            </Text>
          </div>
          <InstallSwitch plugin={plugin} />
        </Group>
        <Text size="sm">{description}</Text>
        {!loaded && (
          <Text size="sm" c="var(--app-bad)">
            {error}
          </Text>
        )}
        <FunctionList plugin={plugin} />
        <Trust plugin={plugin} />
        <Group justify="space-between" mt="auto" mih={30}>
          <StandingMark standing={standing} />
          {secrets.length > 0 && (
            <Button
              size="xs"
              variant={installed && standing === "not_set" && isNeeded ? "filled" : "default"}
              leftSection={<IconSettings size={15} />}
              onClick={onConfigure}
              aria-label={`Configure ${name}`}
            >
              Configure
            </Button>
          )}
        </Group>
      </Stack>
    </Card>
  );
}
