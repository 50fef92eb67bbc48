import { Button, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ConfirmDialog } from "../app/ConfirmDialog";
import { tellDone } from "../app/telling";
import type { Plugin } from "../marketplace/plugins";
import { connectionChanged, rollBack } from "./connection";

interface Props {
  plugin: Plugin;
  isDisabled: boolean;
  onDone: () => void;
}

/** The way back while the values that were stored last have not worked yet. It asks once: they are erased. */
export function RollBack({ plugin: { slug, name }, isDisabled, onDone }: Props) {
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const goBack = async () => {
    const verdict = await rollBack(slug);
    await connectionChanged(queries, slug);
    tellDone(`What was stored for ${name} before is back. ${verdict?.message ?? ""}`);
    onDone();
  };
  return (
    <>
      <Button size="compact-sm" variant="default" w="fit-content" disabled={isDisabled} onClick={() => setAsking(true)}>
        Go back to the key before
      </Button>
      <ConfirmDialog
        title="Go back to the key before"
        opened={isAsking}
        onClose={() => setAsking(false)}
        act="Go back"
        onAct={goBack}
      >
        <Text size="sm">
          {name} uses what was stored before again. What replaced it has not worked yet, and is erased.
        </Text>
      </ConfirmDialog>
    </>
  );
}
