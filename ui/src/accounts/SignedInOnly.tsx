import { Container } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Navigate, useLocation } from "react-router";
import { Loading } from "../app/Loading";
import { Problem } from "../app/Problem";
import { signInAddress } from "./destination";
import { SignedInAs, whoAmI } from "./whoAmI";

/** Shows its children to a signed-in visitor; others sign in first, and come back. */
export function SignedInOnly({ children }: { children: ReactNode }) {
  const { data, error, isPending, refetch } = useQuery(whoAmI);
  const { pathname, search } = useLocation();
  if (isPending) return <Loading label="Opening GridOS" />;
  if (error) {
    return (
      <Container size="sm" py={80} component="main">
        <Problem title="GridOS cannot be reached" error={error} onRetry={refetch} />
      </Container>
    );
  }
  if (!data) return <Navigate to={signInAddress(pathname + search)} replace />;
  return <SignedInAs value={data}>{children}</SignedInAs>;
}
