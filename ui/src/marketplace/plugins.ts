import { useQuery } from "@tanstack/react-query";
import { useVisitor } from "../accounts/whoAmI";
import { api, type Schema } from "../app/api";
import type { Status } from "../plugin-secrets/connection";
import type { Slot } from "../plugin-secrets/slots";

/** A function a plugin brings, as its manifest describes it. */
export interface PluginFunction {
  name: string;
  description?: string;
  example?: string;
}

export type Plugin = Omit<Schema["PluginBody"], "secrets" | "functions"> & {
  secrets: Slot[];
  functions: PluginFunction[];
};

export const marketplace = api.queryOptions("get", "/marketplace/list");

/** Every plugin of the server, as this user sees it. The manifest's own members come untyped over the wire. */
export const usePlugins = () =>
  useQuery({ ...marketplace, select: ({ mode, plugins }) => ({ mode, plugins: plugins as unknown as Plugin[] }) });

const A_MINUTE = 60_000;

/** Installed plugins whose service refuses the connection. It is looked at anew each minute while the page is seen. */
export const useRefused = () =>
  useQuery({
    ...marketplace,
    enabled: useVisitor().mode === "saas",
    refetchInterval: A_MINUTE,
    select: ({ plugins }) =>
      (plugins as unknown as Plugin[]).filter(({ installed, state }) => installed && state === "needs_attention"),
  });

/** How a card stands, in the order of urgency. */
type State = Status["state"];

export type Standing = State | "broken" | "not_installed" | "ready";

/**
 * How a plugin stands for this user. `state` is what the server knows of the connection;
 * where it cannot tell, the list's own `configured` must do.
 */
export function standingOf(plugin: Plugin, state: State | undefined): Standing {
  if (!plugin.loaded) return "broken";
  if (!plugin.installed) return "not_installed";
  if (plugin.secrets.length === 0) return "ready";
  return state ?? (plugin.configured ? "unverified" : "not_set");
}

export interface Filters {
  text: string;
  /** Empty for every one, like `status`. */
  category: string;
  status: string;
}

export const NO_FILTERS: Filters = { text: "", category: "", status: "" };

const NEEDS_SOMETHING: Standing[] = ["broken", "incomplete", "needs_attention", "unreadable"];

/** What the status filter offers, and which standings each choice lets through. */
export const STATUSES: Record<string, (standing: Standing) => boolean> = {
  Installed: (standing) => standing !== "not_installed",
  "Not installed": (standing) => standing === "not_installed",
  Connected: (standing) => standing === "connected" || standing === "unverified",
  "Not set up": (standing) => standing === "not_set",
  "Needs attention": (standing) => NEEDS_SOMETHING.includes(standing),
};

/** Whether a plugin is among those asked for. */
export function passes(plugin: Plugin, standing: Standing, { text, category, status }: Filters): boolean {
  const { name, slug, description, author, formulas } = plugin;
  const told = [name, slug, description, author, ...formulas].join(" ").toLowerCase();
  return (
    (!category || plugin.category === category) &&
    (!status || (STATUSES[status]?.(standing) ?? true)) &&
    text
      .toLowerCase()
      .split(/\s+/)
      .every((word) => told.includes(word))
  );
}
