import { Button, Card, Group, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useVisitor } from "../accounts/whoAmI";
import { Problem } from "../app/Problem";
import { dayOf } from "../app/time";
import css from "./ActivityTable.module.css";
import { type Entry, useActivity, wordsFor } from "./entries";

interface Props {
  /** Its slug, or "" for every one. */
  plugin: string;
  names: Record<string, string>;
  onAll: () => void;
}

/** Entries, and more of them when somebody asks. */
export function ActivityTable({ plugin, names, onAll }: Props) {
  const { data, error, isPending, isFetchNextPageError, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    useActivity(plugin);
  if (isPending) return <Skeletons />;
  const entries = data?.pages.flatMap(({ activity }) => activity) ?? [];
  if (error && !isFetchNextPageError)
    return <Problem title="What happened cannot be told" error={error} onRetry={refetch} />;
  if (entries.length === 0) return <Nothing name={plugin && (names[plugin] ?? plugin)} onAll={onAll} />;
  return (
    <Stack>
      <Card withBorder padding={0} className={css.frame} tabIndex={0} role="region" aria-label="What happened">
        <Table verticalSpacing="xs" horizontalSpacing="md">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>When</Table.Th>
              <Table.Th>Who</Table.Th>
              <Table.Th>Plugin</Table.Th>
              <Table.Th>What</Table.Th>
              <Table.Th>Key</Table.Th>
              <Table.Th ta="right">Times</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {entries.map((entry) => (
              <Row key={entry.id} entry={entry} names={names} />
            ))}
          </Table.Tbody>
        </Table>
      </Card>
      {error && <Problem title="What happened before cannot be told" error={error} onRetry={fetchNextPage} />}
      {hasNextPage && !error && (
        <Group justify="center">
          <Button variant="default" onClick={() => fetchNextPage()} loading={isFetchingNextPage}>
            Load more
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Row({ entry, names }: { entry: Entry; names: Record<string, string> }) {
  const { email } = useVisitor();
  const { at, actor, plugin_slug, key, count } = entry;
  return (
    <Table.Tr>
      <Table.Td className={css.when}>
        <time dateTime={at}>{momentOf(at)}</time>
      </Table.Td>
      <Table.Td>{actor === email ? "You" : (actor ?? "GridOS")}</Table.Td>
      <Table.Td>{plugin_slug && (names[plugin_slug] ?? plugin_slug)}</Table.Td>
      <Table.Td>{wordsFor(entry)}</Table.Td>
      <Table.Td className={css.key}>{key}</Table.Td>
      <Table.Td className={css.times}>{count}</Table.Td>
    </Table.Tr>
  );
}

/** "12 March, 14:05:09". */
const momentOf = (at: string) => `${dayOf(at)}, ${new Date(at).toLocaleTimeString("en-GB")}`;

function Nothing({ name, onAll }: { name: string; onAll: () => void }) {
  return (
    <Card withBorder padding="xl">
      <Group justify="center">
        <Text c="dimmed">
          {name
            ? `Nothing has happened with ${name} yet.`
            : "Nothing has happened yet. What you store, test and use is told here."}
        </Text>
        {name && (
          <Button variant="default" size="xs" onClick={onAll}>
            Show every plugin
          </Button>
        )}
      </Group>
    </Card>
  );
}

function Skeletons() {
  return (
    <Stack role="status" aria-label="Reading what happened" gap="xs">
      {[1, 2, 3, 4, 5].map((line) => (
        <Skeleton key={line} h={36} />
      ))}
    </Stack>
  );
}
