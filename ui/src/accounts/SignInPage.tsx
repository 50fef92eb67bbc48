import { Anchor, Button, Center, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, useLocation, useNavigate, useSearchParams } from "react-router";
import { Loading } from "../app/Loading";
import logo from "../app/logo.svg";
import { destinationIn } from "./destination";
import { SignInForm } from "./SignInForm";
import { SingleSignOn } from "./SingleSignOn";
import { signOut } from "./signOut";
import { whoAmI } from "./whoAmI";

/** The way in: sign in, or sign up, with the invite that the address may carry. */
export function SignInPage() {
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const { data: visitor, isPending } = useQuery(whoAmI);
  const invite = search.get("invite") ?? undefined;
  const isNew = (search.get("new") ?? (invite ? "yes" : "no")) === "yes";
  if (isPending) return <Loading label="Opening GridOS" />;
  if (visitor && !invite) return <Navigate to={destinationIn(search)} replace />;
  const turn = () => setSearch((now) => ({ ...Object.fromEntries(now), new: isNew ? "no" : "yes" }), { replace: true });
  const leave = () => navigate(destinationIn(search), { replace: true });
  return (
    <Center component="main" mih="100dvh" p="md">
      <title>{isNew ? "Sign up · GridOS" : "Sign in · GridOS"}</title>
      <Paper withBorder shadow="sm" radius="lg" p={32} w="100%" maw={420} bg="var(--app-surface)">
        <Stack gap="lg">
          <Stack gap={6} align="center">
            <img src={logo} alt="" width={44} height={44} />
            <Title order={1} fz={22}>
              {isNew ? "Create your account" : "Sign in to GridOS"}
            </Title>
            <Text c="dimmed" size="sm" ta="center">
              {invite ? "You were invited to a workbook." : "The spreadsheet whose cells call your services."}
            </Text>
          </Stack>
          {visitor ? (
            <OtherAccount email={visitor.email} />
          ) : (
            <>
              <SingleSignOn />
              <SignInForm key={String(isNew)} isNew={isNew} invite={invite} onDone={leave} />
              <Text size="sm" ta="center">
                {isNew ? "You have an account? " : "New here? "}
                <Anchor component="button" type="button" onClick={turn}>
                  {isNew ? "Sign in" : "Create an account"}
                </Anchor>
              </Text>
            </>
          )}
        </Stack>
      </Paper>
    </Center>
  );
}

/** An invite is for a new account, and this browser has one already. */
function OtherAccount({ email }: { email: string }) {
  const { pathname, search } = useLocation();
  return (
    <Stack>
      <Text size="sm">
        You are signed in as {email}, and what others share with that address is among your workbooks. To use this
        invite with a new account, sign out first.
      </Text>
      <Button component={Link} to="/">
        Go to your workbooks
      </Button>
      <Button variant="default" onClick={() => signOut(pathname + search)}>
        Sign out and use the invite
      </Button>
    </Stack>
  );
}
