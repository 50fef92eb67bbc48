import { Button, Card, Group, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useSearchParams } from "react-router";
import { Page } from "../app/Page";
import { Problem } from "../app/Problem";
import { statusOf } from "../plugin-secrets/connection";
import { FilterBar } from "./FilterBar";
import { PluginCard } from "./PluginCard";
import { NO_FILTERS, type Plugin, passes, type Standing, standingOf, usePlugins } from "./plugins";

const ConfigureDialog = lazy(async () => ({
  default: (await import("../plugin-secrets/ConfigureDialog")).ConfigureDialog,
}));

/** Every plugin of the server: find it, install it, configure it. `?configure=stripe` opens that dialog. */
export function MarketplacePage() {
  const { data, error, refetch } = usePlugins();
  const [search, setSearch] = useSearchParams();
  const [filters, setFilters] = useState(NO_FILTERS);
  const plugins = data?.plugins ?? [];
  const standings = useStandings(plugins, data?.mode === "saas");
  const shown = plugins.filter((plugin) => passes(plugin, standings[plugin.slug] ?? "ready", filters));
  const configured = plugins.find(({ slug, secrets }) => slug === search.get("configure") && secrets.length > 0);

  return (
    <Page title="Marketplace" subtitle="Plugins bring functions that ask your services.">
      {error && <Problem title="The plugins cannot be listed" error={error} onRetry={refetch} />}
      {!error && !data && <Skeletons />}
      {data && (
        <Stack>
          <FilterBar plugins={plugins} shown={shown.length} filters={filters} onChange={setFilters} />
          {shown.length === 0 && <NothingFound onClear={() => setFilters(NO_FILTERS)} />}
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
            {shown.map((plugin) => (
              <PluginCard
                key={plugin.slug}
                plugin={plugin}
                standing={standings[plugin.slug] ?? "ready"}
                onConfigure={() => setSearch({ configure: plugin.slug })}
              />
            ))}
          </SimpleGrid>
        </Stack>
      )}
      <Suspense>
        <ConfigureDialog plugin={configured} mode={data?.mode} onClose={() => setSearch({})} />
      </Suspense>
    </Page>
  );
}

/** How each plugin stands, by slug. A status that cannot be had does not hide its card. */
function useStandings(plugins: Plugin[], isAsked: boolean): Record<string, Standing> {
  const states = useQueries({
    queries: plugins.map(({ slug, secrets }) => ({ ...statusOf(slug), enabled: isAsked && secrets.length > 0 })),
  });
  return Object.fromEntries(
    plugins.map((plugin, index) => [plugin.slug, standingOf(plugin, states[index]?.data?.state)]),
  );
}

function NothingFound({ onClear }: { onClear: () => void }) {
  return (
    <Card withBorder padding="xl">
      <Group justify="center">
        <Text c="dimmed">No plugin is like that.</Text>
        <Button variant="default" size="xs" onClick={onClear}>
          Clear filters
        </Button>
      </Group>
    </Card>
  );
}

function Skeletons() {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} role="status" aria-label="Listing the plugins">
      {[1, 2, 3].map((card) => (
        <Skeleton key={card} h={210} radius="md" />
      ))}
    </SimpleGrid>
  );
}
