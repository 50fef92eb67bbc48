import { Button, NativeSelect } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useSearchParams } from "react-router";
import { useVisitor } from "../accounts/whoAmI";
import { NotFoundPage } from "../app/NotFoundPage";
import { Page } from "../app/Page";
import { type Plugin, usePlugins } from "../marketplace/plugins";
import { ActivityTable } from "./ActivityTable";
import { fileOf } from "./entries";

/** What happened to one's own secrets; `?plugin=stripe` shows that plugin alone. A single user's server keeps none. */
export function ActivityPage() {
  const { mode } = useVisitor();
  return mode === "oss" ? <NotFoundPage /> : <Activity />;
}

function Activity() {
  const [search, setSearch] = useSearchParams();
  const plugin = search.get("plugin") ?? "";
  const show = (slug: string) => setSearch(slug ? { plugin: slug } : {});
  const names = useNames();
  return (
    <Page
      title="Activity"
      subtitle="What happened to your keys. Nobody can change or delete an entry."
      actions={
        <>
          <NativeSelect
            aria-label="Plugin"
            data={choices(names, plugin)}
            value={plugin}
            onChange={(event) => show(event.currentTarget.value)}
          />
          <Button
            component="a"
            href={fileOf(plugin)}
            download
            variant="default"
            leftSection={<IconDownload size={16} />}
          >
            Download as CSV
          </Button>
        </>
      }
    >
      <ActivityTable key={plugin} plugin={plugin} names={names} onAll={() => show("")} />
    </Page>
  );
}

/** What plugins are called. Without their list, slugs must do. */
function useNames(): Record<string, string> {
  const { data } = usePlugins();
  const keeping = (data?.plugins ?? []).filter(({ secrets }: Plugin) => secrets.length > 0);
  return Object.fromEntries(keeping.map(({ slug, name }) => [slug, name]));
}

/** An address may name a plugin that is gone, and what happened with it is still told. */
function choices(names: Record<string, string>, chosen: string) {
  const known = chosen && !(chosen in names) ? { ...names, [chosen]: chosen } : names;
  return [{ value: "", label: "Every plugin" }, ...Object.entries(known).map(([value, label]) => ({ value, label }))];
}
