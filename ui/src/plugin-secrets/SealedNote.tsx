import { Group, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { sealer } from "./sealing";

/** Says that values leave this browser sealed, where they do. What sealing needs is loaded meanwhile. */
export function SealedNote() {
  const isSealing = useSealing();
  if (!isSealing) return null;
  return (
    <Group gap={6} c="dimmed" wrap="nowrap">
      <IconLock size={14} aria-hidden />
      <Text size="xs">Values are sealed in your browser.</Text>
    </Group>
  );
}

function useSealing(): boolean {
  const [isSealing, setSealing] = useState(false);
  useEffect(() => {
    let isShown = true;
    const tell = (seal: unknown) => isShown && setSealing(seal !== undefined);
    // Whether it fails is told to whoever saves.
    sealer().then(tell, () => undefined);
    return () => {
      isShown = false;
    };
  }, []);
  return isSealing;
}
