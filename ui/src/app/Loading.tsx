import { Center, Loader, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";

const PATIENCE_MS = 400;
const LONG_MS = 8_000;

/** A wait that stays invisible while it is short, and says so when it is long. */
export function Loading({ label }: { label: string }) {
  const isVisible = useIsPast(PATIENCE_MS);
  const isLong = useIsPast(LONG_MS);
  return (
    <Center flex={1} mih={220} role="status" aria-live="polite">
      {isVisible && (
        <Stack align="center" gap="sm">
          <Loader size="sm" />
          <Text c="dimmed">{isLong ? `${label} takes longer than usual …` : `${label} …`}</Text>
        </Stack>
      )}
    </Center>
  );
}

function useIsPast(milliseconds: number) {
  const [isPast, setPast] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPast(true), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds]);
  return isPast;
}
