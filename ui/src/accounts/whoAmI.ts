import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { client, isRefusal, type Schema } from "../app/api";

export type Visitor = Schema["WhoAmIBody"];

/** Who is signed in; null for nobody. */
export const whoAmI = queryOptions({
  queryKey: ["whoami"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async (): Promise<Visitor | null> => {
    try {
      return (await client.GET("/auth/whoami")).data ?? null;
    } catch (error) {
      if (isRefusal(error, 401)) return null;
      throw error;
    }
  },
});

const SignedIn = createContext<Visitor | undefined>(undefined);

/** Tells the pages inside who is signed in: `<SignedInAs value={visitor}>`. */
export const SignedInAs = SignedIn.Provider;

/** The visitor, inside pages that only show when there is one. */
export function useVisitor(): Visitor {
  const visitor = useContext(SignedIn);
  if (!visitor) throw new Error("A page for signed-in visitors was drawn without one.");
  return visitor;
}

/** Somebody signed in: what the last visitor had read is forgotten before the next one sees a page. */
export async function visitorChanged(queries: QueryClient) {
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== whoAmI.queryKey[0] });
  await queries.fetchQuery({ ...whoAmI, staleTime: 0 });
}
