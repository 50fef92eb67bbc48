import { Group, Modal, Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Asking } from "../app/ConfirmDialog";
import { Problem } from "../app/Problem";
import { useOpener } from "../app/useOpener";
import { PluginIcon } from "../marketplace/PluginIcon";
import type { Plugin } from "../marketplace/plugins";
import { ConfigureForm } from "./ConfigureForm";
import { secretsOf } from "./connection";
import { Variables } from "./Variables";

interface Props {
  /** The plugin to configure; without one the dialog is closed. */
  plugin: Plugin | undefined;
  mode: string | undefined;
  onClose: () => void;
}

/** Connects a plugin: drawn from its manifest alone. */
export function ConfigureDialog({ plugin, mode, onClose }: Props) {
  useOpener(plugin !== undefined);
  const [isAsking, setAsking] = useState(false);
  return (
    <Modal
      opened={plugin !== undefined}
      onClose={onClose}
      closeOnEscape={!isAsking}
      returnFocus={false}
      size="lg"
      // What was typed is gone at once, and an emptied frame need not fade.
      transitionProps={{ exitDuration: 0 }}
      title={
        plugin && (
          <Group gap="sm">
            <PluginIcon slug={plugin.slug} size={30} />
            {`Configure ${plugin.name}`}
          </Group>
        )
      }
    >
      {plugin && mode === "oss" && <Variables plugin={plugin} />}
      {plugin && mode === "saas" && (
        <Asking value={setAsking}>
          <StoredSecrets key={plugin.slug} plugin={plugin} onClose={onClose} />
        </Asking>
      )}
    </Modal>
  );
}

function StoredSecrets({ plugin, onClose }: { plugin: Plugin; onClose: () => void }) {
  const { data, error, refetch } = useQuery(secretsOf(plugin.slug));
  if (error) return <Problem title="The settings cannot be read" error={error} onRetry={refetch} />;
  if (data) return <ConfigureForm plugin={plugin} declared={data} onClose={onClose} />;
  return (
    <Stack role="status" aria-label="Reading the settings">
      <Skeleton h={64} />
      <Skeleton h={64} />
    </Stack>
  );
}
