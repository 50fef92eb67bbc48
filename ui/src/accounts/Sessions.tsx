import { Badge, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconDeviceDesktop } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { api, type Schema } from "../app/api";
import { Problem } from "../app/Problem";
import { tellFailed } from "../app/telling";
import { timeAgo } from "../app/time";
import { browserName } from "./browsers";

/** The browsers one is signed in with. */
export function Sessions() {
  const { data, error, isPending, refetch } = api.useQuery("get", "/auth/sessions");
  if (isPending) return <Skeleton h={90} />;
  if (error) return <Problem title="Your sessions cannot be listed" error={error} onRetry={refetch} />;
  return (
    <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: "none" }}>
      {data.sessions.map((session) => (
        <OneSession key={session.id} session={session} />
      ))}
    </Stack>
  );
}

function OneSession({ session }: { session: Schema["SessionBody"] }) {
  const queries = useQueryClient();
  const end = api.useMutation("delete", "/auth/sessions/{session}", {
    onSuccess: () => queries.invalidateQueries({ queryKey: api.queryOptions("get", "/auth/sessions").queryKey }),
    onError: (error) => tellFailed("That browser is still signed in", error),
  });
  const name = browserName(session.user_agent);
  return (
    <Group component="li" justify="space-between" wrap="nowrap">
      <Group gap="sm" wrap="nowrap">
        <IconDeviceDesktop size={20} color="var(--app-quiet)" aria-hidden />
        <div>
          <Text size="sm" fw={550}>
            {name}
          </Text>
          <Text size="xs" c="dimmed">
            Signed in {timeAgo(session.created_at)}, seen {timeAgo(session.last_seen_at)}
          </Text>
        </div>
      </Group>
      {session.current ? (
        <Badge variant="default">This browser</Badge>
      ) : (
        <Button
          size="xs"
          variant="default"
          loading={end.isPending}
          aria-label={`Sign out ${name}`}
          onClick={() => end.mutate({ params: { path: { session: session.id } } })}
        >
          Sign out
        </Button>
      )}
    </Group>
  );
}
