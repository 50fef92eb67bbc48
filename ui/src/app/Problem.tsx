import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { sentenceOf } from "./api";

interface Props {
  title: string;
  error: unknown;
  onRetry?: () => void;
}

/** Something could not be shown: what, why, and one thing to do. */
export function Problem({ title, error, onRetry }: Props) {
  return (
    <Alert variant="default" icon={<IconAlertTriangle color="var(--app-bad)" />} title={title} role="alert">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{sentenceOf(error)}</Text>
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
