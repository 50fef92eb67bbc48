import { Container, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title: string;
  subtitle?: string;
  actions?: ReactNode;
  size?: "sm" | "lg";
  children: ReactNode;
}

/** A page with a heading, what one can do on it, and its content. */
export function Page({ title, subtitle, actions, size = "lg", children }: Props) {
  return (
    <Container size={size} w="100%" py="xl">
      <title>{`${title} · GridOS`}</title>
      <Stack gap="lg">
        <Group justify="space-between" align="flex-end">
          <Stack gap={4}>
            <Title order={1} fz={26}>
              {title}
            </Title>
            {subtitle && <Text c="dimmed">{subtitle}</Text>}
          </Stack>
          {actions && <Group gap="sm">{actions}</Group>}
        </Group>
        {children}
      </Stack>
    </Container>
  );
}
