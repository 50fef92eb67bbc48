import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { ConfirmDialog } from "../app/ConfirmDialog";
import { tellDone } from "../app/telling";
import type { Plugin } from "../marketplace/plugins";
import { connectionChanged, type Status, wipe } from "./connection";

interface Props {
  plugin: Plugin;
  setKeys: string[];
  uses: Status["used_by"] | undefined;
  opened: boolean;
  onClose: () => void;
  onDone: () => void;
}

/** Asks once, and says what will stop, before a connection is erased. */
export function Disconnect({ plugin, setKeys, uses, opened, onClose, onDone }: Props) {
  const { slug, name } = plugin;
  const queries = useQueryClient();
  const disconnect = async () => {
    await wipe(slug);
    await connectionChanged(queries, slug);
    tellDone(`${name} is disconnected.`);
    onDone();
  };
  return (
    <ConfirmDialog title={`Disconnect ${name}`} opened={opened} onClose={onClose} act="Disconnect" onAct={disconnect}>
      <Text size="sm">
        This erases {count(setKeys.length, "stored value")}. {uses && whatStops(plugin, uses)}
      </Text>
    </ConfirmDialog>
  );
}

function whatStops({ slug, name, secrets }: Plugin, { cells, workbooks }: Status["used_by"]): string {
  if (cells === 0) return `No cell asks ${name} at the moment.`;
  const where = `${count(cells, "cell")} in ${count(workbooks, "workbook")}`;
  const isAnonymousAllowed = secrets.every(({ optional }) => optional);
  return isAnonymousAllowed
    ? `${where} will ask ${name} without a key, and see only what everybody may.`
    : `${where} will show #${slug.toUpperCase()}_AUTH! until you connect again.`;
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
