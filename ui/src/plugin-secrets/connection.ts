import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, client, isRefusal, refusalOf } from "../app/api";
import type { Slot } from "./slots";

/** How a connection stands. */
export type State = "not_set" | "incomplete" | "unverified" | "connected" | "needs_attention" | "unreadable";

export interface Status {
  plugin_slug: string;
  state: State;
  message: string | null;
  checked_at: string | null;
  slots: { key: string; is_set: boolean; updated_at: string | null }[];
  used_by: { workbooks: number; cells: number };
}

/** What the service said to a set of values. */
export interface Verdict {
  ok: boolean;
  state: string;
  message: string | null;
  account: string | null;
}

export interface Declared {
  plugin_slug: string;
  declared: Slot[];
  set_keys: string[];
}

const address = (slug: string) => `/settings/plugin-secrets/${encodeURIComponent(slug)}`;
const path = (plugin_slug: string) => ({ params: { path: { plugin_slug } } });

/** Which secrets a plugin declares, and which of them are set. Never a value. */
export const secretsOf = (slug: string) =>
  queryOptions({
    queryKey: ["plugin-secrets", slug],
    queryFn: async () => {
      const { data } = await client.GET("/settings/plugin-secrets/{plugin_slug}", path(slug));
      return data as unknown as Declared;
    },
  });

/** How a connection stands; null where the server cannot tell. */
export const statusOf = (slug: string) =>
  queryOptions({
    queryKey: ["plugin-secrets", slug, "status"],
    queryFn: async (): Promise<Status | null> => {
      try {
        return await ask<Status>(`${address(slug)}/status`);
      } catch (error) {
        if (isRefusal(error, 404)) return null;
        throw error;
      }
    },
  });

/** Try values against the service. Nothing is stored; a slot left out uses what is stored. */
export const verify = (slug: string, secrets: Record<string, string>, signal: AbortSignal) =>
  ask<Verdict>(`${address(slug)}/verify`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ secrets }),
    signal,
  });

/** Store the values, all or none. */
export const put = (slug: string, secrets: Record<string, string>) =>
  client.PUT("/settings/plugin-secrets/{plugin_slug}", { ...path(slug), body: { secrets } });

/** Disconnect: delete every stored value of the plugin. */
export const wipe = (slug: string) => client.DELETE("/settings/plugin-secrets/{plugin_slug}", path(slug));

/** After a change: everything that tells how the connection stands is read anew. */
export const connectionChanged = (queries: QueryClient, slug: string) =>
  Promise.all([
    queries.invalidateQueries({ queryKey: ["plugin-secrets", slug] }),
    queries.invalidateQueries({ queryKey: api.queryOptions("get", "/marketplace/list").queryKey }),
  ]);

async function ask<Answer>(url: string, how?: RequestInit): Promise<Answer> {
  const answer = await fetch(url, how);
  if (!answer.ok) throw await refusalOf(answer);
  return answer.json();
}
