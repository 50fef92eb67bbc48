import { Skeleton, Text } from "@mantine/core";
import { api } from "../app/api";
import { Problem } from "../app/Problem";
import { PasswordForm } from "./PasswordForm";

/** One's password, for those who have one. */
export function Password() {
  const { data, error, isPending, refetch } = api.useQuery("get", "/auth/password");
  if (isPending) return <Skeleton h={90} />;
  if (error) return <Problem title="How you sign in cannot be told" error={error} onRetry={refetch} />;
  if (!data.is_set) return <OnlyElsewhere />;
  return (
    <>
      <Text size="sm" c="dimmed">
        With your e-mail address and a password. Changing it signs you out everywhere else.
      </Text>
      <PasswordForm />
    </>
  );
}

/**
 * Nobody sets a first password here: a session that somebody else got hold of would be theirs for good.
 *
 * The operator can, and knows whom they give it to.
 */
function OnlyElsewhere() {
  const { data } = api.useQuery("get", "/auth/methods", {}, { retry: false });
  return (
    <Text size="sm">
      {data?.oidc
        ? `You sign in with ${data.oidc} and have no password here: whatever protects your account there protects this one.`
        : "You have no password here: another service says who you are."}{" "}
      Whoever runs this server can give you a password as well.
    </Text>
  );
}
