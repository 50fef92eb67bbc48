import { useInfiniteQuery } from "@tanstack/react-query";
import { client, type Schema } from "../app/api";

/** Something that happened to one's own secrets. */
export type Entry = Schema["EntryBody"];

const A_PAGE = 50;

/** What happened, the newest first, of one plugin or of all (""); older entries come by the page. */
export const useActivity = (plugin: string) =>
  useInfiniteQuery({
    queryKey: ["activity", plugin],
    initialPageParam: undefined as number | undefined,
    queryFn: async ({ pageParam }) => {
      const query = { limit: A_PAGE, plugin: plugin || undefined, before: pageParam };
      const { data } = await client.GET("/settings/activity", { params: { query } });
      return data as Schema["ActivityBody"];
    },
    getNextPageParam: ({ next }) => next ?? undefined,
  });

/** The same as a file, to download. */
export const fileOf = (plugin: string) => `/settings/activity.csv${plugin && `?plugin=${encodeURIComponent(plugin)}`}`;

const TESTED: Record<string, string> = {
  connected: "Tested: it works",
  needs_attention: "Tested: the service refused it",
  unverified: "Tested: it could not be told",
};

const TOLD: Record<string, string> = {
  set: "Stored",
  replace: "Replaced",
  restore: "Put back, as it was before",
  clear: "Erased",
  use: "Used by cells",
  block: "Stopped by the guard (#BLOCKED!)",
  rotate: "Your data key was wrapped anew",
};

/** What happened, in words. What a newer server tells is shown as it comes. */
export const wordsFor = ({ action, detail }: Pick<Entry, "action" | "detail">): string =>
  (action === "verify" ? TESTED[detail] : TOLD[action]) ?? [action, detail].filter(Boolean).join(": ");
