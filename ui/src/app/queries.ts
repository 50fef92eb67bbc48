import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { whoAmI } from "../accounts/whoAmI";
import { isRefusal, Refusal } from "./api";

const MOST_TRIES = 2;

/** What the server refused stays refused; only silence and its own trouble are worth another try. */
const isWorthAnotherTry = (failures: number, error: unknown) =>
  failures < MOST_TRIES && (!(error instanceof Refusal) || error.status === 0 || error.status >= 500);

/** One cache for one visitor. A session that ended meanwhile leads to the sign-in page. */
export function createQueries(): QueryClient {
  const onError = (error: unknown) => {
    if (isRefusal(error, 401)) queries.setQueryData(whoAmI.queryKey, null);
  };
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { retry: isWorthAnotherTry, staleTime: 5_000 },
      mutations: { gcTime: 0 },
    },
  });
  return queries;
}
