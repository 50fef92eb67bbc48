import type { QueryClient } from "@tanstack/react-query";
import { api, client, type Schema } from "../app/api";

export type ApiKey = Schema["KeyBody"];
export type NewApiKey = Schema["NewKeyBody"];
type Scope = ApiKey["scopes"][number];

const listOfKeys = api.queryOptions("get", "/settings/api-keys").queryKey;

/** What a person chooses of a key; the server's scopes and moments follow from it. */
export interface Wishes {
  name: string;
  canWrite: boolean;
  canUseSecrets: boolean;
  /** Days until the key expires; null for never. */
  days: number | null;
}

const DAY = 86_400_000;

export async function makeKey({ name, canWrite, canUseSecrets, days }: Wishes): Promise<NewApiKey> {
  const scopes: Scope[] = ["read"];
  if (canWrite) scopes.push("write");
  if (canUseSecrets) scopes.push("secrets");
  const expires_at = days === null ? null : new Date(Date.now() + days * DAY).toISOString();
  const { data } = await client.POST("/settings/api-keys", { body: { name, scopes, expires_at } });
  if (!data) throw new Error("A key was made, and its text is missing.");
  return data;
}

export const revokeKey = (id: string) => client.DELETE("/settings/api-keys/{key}", { params: { path: { key: id } } });

export const keysChanged = (queries: QueryClient) => queries.invalidateQueries({ queryKey: listOfKeys });

/** "Reads and writes", "Reads; plugin secrets". */
export function mayDo(scopes: readonly Scope[]): string {
  const parts = scopes.includes("write") ? ["Reads and writes"] : scopes.includes("read") ? ["Reads"] : [];
  if (scopes.includes("secrets")) parts.push(parts.length ? "plugin secrets" : "Plugin secrets");
  return parts.join("; ");
}
