import { Badge, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../app/api";
import { ConfirmDialog } from "../app/ConfirmDialog";
import { Problem } from "../app/Problem";
import { tellDone } from "../app/telling";
import { dayOf, timeAgo } from "../app/time";
import { type ApiKey, keysChanged, mayDo, revokeKey } from "./apiKeys";
import { NewKeyDialog } from "./NewKeyDialog";

/** The keys with which programs act for the visitor, and the way to another one. */
export function ApiKeys() {
  const [isMaking, setMaking] = useState(false);
  return (
    <Stack>
      <KeyList />
      <Group justify="flex-end">
        <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
          New key
        </Button>
      </Group>
      <NewKeyDialog opened={isMaking} onClose={() => setMaking(false)} />
    </Stack>
  );
}

function KeyList() {
  const { data, error, isPending, refetch } = api.useQuery("get", "/settings/api-keys");
  if (isPending) return <Skeleton h={60} />;
  if (error) return <Problem title="Your API keys cannot be listed" error={error} onRetry={refetch} />;
  if (data.api_keys.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        You have no API keys.
      </Text>
    );
  }
  return (
    <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: "none" }} aria-label="Your API keys">
      {data.api_keys.map((key) => (
        <OneKey key={key.id} apiKey={key} />
      ))}
    </Stack>
  );
}

function OneKey({ apiKey }: { apiKey: ApiKey }) {
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const { id, name, scopes, created_at, last_used_at, expires_at } = apiKey;
  const isExpired = expires_at !== null && Date.parse(expires_at) <= Date.now();
  const revoke = async () => {
    await revokeKey(id);
    await keysChanged(queries);
    tellDone(`${name} is revoked.`);
  };
  return (
    <Group component="li" justify="space-between" wrap="nowrap">
      <Group gap="sm" wrap="nowrap" miw={0}>
        <IconKey size={20} color="var(--app-quiet)" aria-hidden />
        <Stack gap={0} miw={0}>
          <Text size="sm" fw={550} truncate>
            {name}
          </Text>
          <Text size="xs" c="dimmed">
            {mayDo(scopes)}. Made {timeAgo(created_at)}, {last_used_at ? `used ${timeAgo(last_used_at)}` : "never used"}
            . {expires_at === null ? "Does not expire." : !isExpired && `Expires on ${dayOf(expires_at)}.`}
          </Text>
        </Stack>
      </Group>
      <Group gap="sm" wrap="nowrap">
        {isExpired && <Badge variant="default">Expired</Badge>}
        <Button size="xs" variant="default" aria-label={`Revoke ${name}`} onClick={() => setAsking(true)}>
          Revoke
        </Button>
      </Group>
      <ConfirmDialog
        title={`Revoke ${name}`}
        opened={isAsking}
        onClose={() => setAsking(false)}
        act="Revoke"
        onAct={revoke}
      >
        <Text size="sm">Programs that use this key are refused from now on. It cannot be brought back.</Text>
      </ConfirmDialog>
    </Group>
  );
}
