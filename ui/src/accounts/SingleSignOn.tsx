import { Alert, Button, Divider, Stack } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useSearchParams } from "react-router";
import { api } from "../app/api";
import { destinationIn } from "./destination";
import { reasonIn } from "./refusals";

/** The way in through the operator's provider, if there is one, and why the last attempt did not work. */
export function SingleSignOn() {
  const [search] = useSearchParams();
  const { data } = api.useQuery("get", "/auth/methods", {}, { retry: false });
  const reason = reasonIn(search);
  if (!reason && !data?.oidc) return null;
  return (
    <Stack gap="lg">
      {reason && (
        <Alert variant="default" role="alert" title="You are not signed in">
          {reason}
        </Alert>
      )}
      {data?.oidc && (
        <>
          <Button
            component="a"
            href={`/auth/oidc/login?${new URLSearchParams({ next: destinationIn(search) })}`}
            variant="default"
            size="md"
            fullWidth
            leftSection={<IconKey size={18} />}
          >
            Continue with {data.oidc}
          </Button>
          <Divider label="or with a password" />
        </>
      )}
    </Stack>
  );
}
