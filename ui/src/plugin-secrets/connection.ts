import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, client, type Schema } from "../app/api";
import { sendBatch } from "./batch";
import type { Slot } from "./slots";

/** How a connection stands. */
export type Status = Schema["StatusBody"];

/** What the service said to a set of values. */
export type Verdict = Schema["VerificationBody"];

/** Which secrets a plugin declares, and which of them are set. Never a value. */
export type Declared = Omit<Schema["PluginSecrets"], "declared"> & { declared: Slot[] };

const of = (plugin_slug: string) => ({ params: { path: { plugin_slug } } });

export const secretsOf = (slug: string) =>
  queryOptions({
    queryKey: ["plugin-secrets", slug],
    queryFn: async () => {
      const { data } = await client.GET("/settings/plugin-secrets/{plugin_slug}", of(slug));
      return data as unknown as Declared;
    },
  });

export const statusOf = (slug: string) =>
  queryOptions({
    queryKey: ["plugin-secrets", slug, "status"],
    queryFn: async () => {
      const { data } = await client.GET("/settings/plugin-secrets/{plugin_slug}/status", of(slug));
      return data as Status;
    },
  });

/** Try values against the service. Nothing is stored; a slot left out is tried as stored. */
export async function verify(slug: string, secrets: Record<string, string>, signal?: AbortSignal): Promise<Verdict> {
  const { data } = await sendBatch(slug, secrets, (body) =>
    client.POST("/settings/plugin-secrets/{plugin_slug}/verify", { ...of(slug), body, signal }),
  );
  return data as Verdict;
}

/** Store values, all or none. */
export const put = (slug: string, secrets: Record<string, string>) =>
  sendBatch(slug, secrets, (body) => client.PUT("/settings/plugin-secrets/{plugin_slug}", { ...of(slug), body }));

/** Store values if the service accepts them. Otherwise nothing changes, and the verdict says why. */
export async function putIfAccepted(
  slug: string,
  secrets: Record<string, string>,
  signal: AbortSignal,
): Promise<Verdict> {
  const verdict = await verify(slug, secrets, signal);
  // Whoever went away meanwhile wants nothing stored.
  if (!verdict.ok || signal.aborted) return verdict;
  await put(slug, secrets);
  // The server remembers how a connection stands only from a test of what is stored.
  await verify(slug, {}).catch(() => undefined);
  return verdict;
}

/** Disconnect: delete every stored value of the plugin. */
export const wipe = (slug: string) => client.DELETE("/settings/plugin-secrets/{plugin_slug}", of(slug));

/** Put back what was replaced, and find out how that stands now; a test that cannot be made changes nothing. */
export async function rollBack(slug: string): Promise<Verdict | undefined> {
  await client.POST("/settings/plugin-secrets/{plugin_slug}/roll-back", of(slug));
  return verify(slug, {}).catch(() => undefined);
}

/** After a change: everything that tells how the connection stands is read anew. */
export const connectionChanged = (queries: QueryClient, slug: string) =>
  Promise.all([
    queries.invalidateQueries({ queryKey: ["plugin-secrets", slug] }),
    queries.invalidateQueries({ queryKey: api.queryOptions("get", "/marketplace/list").queryKey }),
  ]);
