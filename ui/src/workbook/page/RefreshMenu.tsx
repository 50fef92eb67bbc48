import { Button, Menu } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { client } from "../../app/api";
import { tellDone, tellFailed } from "../../app/telling";
import { marketplace } from "../../marketplace/plugins";
import { rangeAddress } from "../cells/address";
import type { Workbook } from "../live/frames";
import type { OpenWorkbook } from "../OpenWorkbook";
import { Schedule } from "./Schedule";

interface What {
  plugin?: string;
  sheet?: string;
  range?: string;
}

/** Asks the services again, for as much as one wants. */
export async function refresh(open: OpenWorkbook, what: What) {
  try {
    const { data } = await client.POST("/workbook/{workbook}/refresh", {
      params: { path: { workbook: open.id } },
      body: what,
    });
    const asked = data?.requested ?? 0;
    tellDone(asked === 0 ? "There is nothing to ask here." : `Asked ${asked === 1 ? "once" : `${asked} times`}.`);
  } catch (error) {
    tellFailed("Nothing was asked", error);
  }
}

/** The selected cells alone. */
export function refreshSelection(open: OpenWorkbook) {
  const { selection } = open.shown.get();
  return refresh(open, selection ? { sheet: selection.sheet, range: rangeAddress(selection.area) } : {});
}

/** Asks again now, or says how often that happens by itself. */
export function RefreshMenu({ open, workbook }: { open: OpenWorkbook; workbook: Workbook }) {
  const sheet = open.shown.get().selection?.sheet ?? workbook.sheets[0]?.name ?? "";
  return (
    <Menu>
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconRefresh size={16} />}>
          Refresh
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => refreshSelection(open)} rightSection={<kbd>F9</kbd>}>
          Selection
        </Menu.Item>
        <Menu.Item onClick={() => refresh(open, { sheet })}>This sheet</Menu.Item>
        <Menu.Item onClick={() => refresh(open, {})}>Everything</Menu.Item>
        <Plugins open={open} workbook={workbook} />
        <Menu.Divider />
        <Schedule workbook={workbook} />
      </Menu.Dropdown>
    </Menu>
  );
}

/** The plugins that cells of this workbook use. */
function Plugins({ open, workbook }: { open: OpenWorkbook; workbook: Workbook }) {
  const { data } = useQuery(marketplace);
  const used = new Set(
    workbook.sheets.flatMap(({ name }) => [...open.cells.of(name)].map(({ connection }) => connection?.plugin)),
  );
  const plugins = data?.plugins.filter(({ slug }) => used.has(slug)) ?? [];
  return plugins.map(({ slug, name }) => (
    <Menu.Item key={slug} onClick={() => refresh(open, { plugin: slug })}>
      {`Everything from ${name}`}
    </Menu.Item>
  ));
}
