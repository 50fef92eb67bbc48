import { queryOptions } from "@tanstack/react-query";
import { client } from "../app/api";

export type Role = "editor" | "viewer";

/** The roles an owner gives, for a select. */
export const ROLES = [
  { value: "editor", label: "Editor" },
  { value: "viewer", label: "Viewer" },
];

/** Somebody with access. */
export interface Active {
  kind: "active";
  user_id: string;
  email: string;
  role: Role;
}

/** Somebody who will have it, once there is an account with that address. */
export interface Pending {
  kind: "pending";
  id: string;
  email: string;
  role: Role;
}

export interface People {
  collaborators: Active[];
  pending: Pending[];
}

export const collaboratorsOf = (workbook: string) =>
  queryOptions({
    queryKey: ["collaborators", workbook],
    queryFn: async () => {
      const { data } = await client.GET("/workbook/{workbook}/collaborators", { params: { path: { workbook } } });
      return data as unknown as People;
    },
  });

/** Give an address a role. Without an account the answer has the link to send, this once. */
export async function invite(workbook: string, email: string, role: Role) {
  const { data } = await client.POST("/workbook/{workbook}/collaborators", {
    params: { path: { workbook } },
    body: { email, role },
  });
  return data as unknown as { collaborator: Active | Pending; invite_url?: string };
}

/** Take access away, or an invite back. */
export const remove = (workbook: string, person: Active | Pending) =>
  person.kind === "active"
    ? client.DELETE("/workbook/{workbook}/collaborators/{person}", {
        params: { path: { workbook, person: person.user_id } },
      })
    : client.DELETE("/workbook/{workbook}/pending-invites/{invitation}", {
        params: { path: { workbook, invitation: person.id } },
      });
