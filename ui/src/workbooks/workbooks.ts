import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { api, client, type Schema } from "../app/api";

export type Workbook = Schema["WorkbookBody"];

export const own = api.queryOptions("get", "/workbooks");
export const shared = api.queryOptions("get", "/workbook/shared-with-me");

const refresh = (queries: QueryClient) =>
  Promise.all([own, shared].map(({ queryKey }) => queries.invalidateQueries({ queryKey })));

/** What one can do with workbooks. Each act throws a Refusal, or ends with both lists read anew. */
export function useWorkbookActs() {
  const queries = useQueryClient();
  const done = () => void refresh(queries);
  return {
    async create(title: string, copyOf?: string): Promise<string> {
      const { data } = await client.POST("/workbooks", { body: { title, copy_of: copyOf } });
      done();
      return data?.id ?? "";
    },
    async rename(workbook: string, title: string) {
      await client.PATCH("/workbook/{workbook}", { params: { path: { workbook } }, body: { title } });
      done();
    },
    async remove(workbook: string) {
      await client.DELETE("/workbook/{workbook}", { params: { path: { workbook } } });
      done();
    },
  };
}

/** Those whose title or owner holds every word of `text`. */
export function matching(workbooks: Workbook[], text: string): Workbook[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return workbooks.filter(({ title, owner }) => {
    const told = `${title} ${owner.email}`.toLowerCase();
    return words.every((word) => told.includes(word));
  });
}
