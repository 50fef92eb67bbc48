import { Anchor } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { whoAmI } from "../../accounts/whoAmI";

/** Leads to the sign-in page, and from there back to this one. */
export function SignInAgain() {
  const queries = useQueryClient();
  return (
    <Anchor
      component="button"
      type="button"
      underline="always"
      w="fit-content"
      inherit
      // Whoever is known to be nobody is sent to sign in; a new session in this browser is found at once.
      onClick={() => queries.resetQueries({ queryKey: whoAmI.queryKey })}
    >
      Sign in
    </Anchor>
  );
}
