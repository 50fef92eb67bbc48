import { Button, Container, Stack, Text, Title } from "@mantine/core";

/** A mistake of ours while drawing. What is stored is not affected by it. */
export function BrokenPage() {
  return (
    <Container size="sm" py={80} component="main">
      <title>GridOS</title>
      <Stack align="flex-start">
        <Title order={1} fz={26}>
          This page broke
        </Title>
        <Text>What you saved is safe on the server. Loading the page anew usually helps.</Text>
        <Button onClick={() => window.location.reload()}>Load it anew</Button>
      </Stack>
    </Container>
  );
}
