import { Card, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Page } from "../app/Page";
import { ApiKeys } from "./ApiKeys";
import { Password } from "./Password";
import { Sessions } from "./Sessions";
import { useVisitor } from "./whoAmI";

/** One's own account. A server of one user keeps none. */
export function AccountPage() {
  const { email, mode } = useVisitor();
  if (mode === "oss") {
    return (
      <Page title="Account" size="sm" subtitle="This server has one user and no sign-in: there is nothing to set here.">
        {null}
      </Page>
    );
  }
  return (
    <Page title="Account" size="sm" subtitle={email}>
      <Section title="How you sign in">
        <Password />
      </Section>
      <Section title="Where you are signed in" subtitle="Sign out what you do not recognise.">
        <Sessions />
      </Section>
      <Section title="API keys" subtitle="With a key of its own, a program acts as you.">
        <ApiKeys />
      </Section>
    </Page>
  );
}

function Section({ title, subtitle, children }: { title: string; subtitle?: string; children: ReactNode }) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={title}>
      <Stack>
        <div>
          <Title order={2} fz={18}>
            {title}
          </Title>
          {subtitle && (
            <Text size="sm" c="dimmed">
              {subtitle}
            </Text>
          )}
        </div>
        {children}
      </Stack>
    </Card>
  );
}
