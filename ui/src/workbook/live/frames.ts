/** The frames of the live socket, as the server's documentation describes them. */

export type Scalar = number | string | boolean | null;
export type Axis = "rows" | "columns";
export type State = "ok" | "loading" | "stale" | "error";

/** Why a cell cannot show a number, in words for people. `retry_at` is ISO 8601. */
export interface CellError {
  code: string;
  title: string;
  detail: string;
  action: string;
  retry_at: string | null;
  plugin: string | null;
}

/** How a cell looks; what is missing, nobody chose. */
export interface Style {
  bold?: boolean | null;
  italic?: boolean | null;
  underline?: boolean | null;
  strike?: boolean | null;
  color?: string | null;
  background?: string | null;
  horizontal_align?: "left" | "center" | "right" | null;
  vertical_align?: "top" | "middle" | "bottom" | null;
  wrap?: boolean | null;
  font_size?: number | null;
  number_format?: string | null;
}

export interface Cell {
  sheet: string;
  cell: string;
  input: string;
  value: Scalar;
  state: State;
  error?: CellError;
  style?: Style;
  fetched_at?: string;
  connection?: { plugin: string; owner_email: string };
}

/** A sheet and its layout. `id` stays when its name changes; sizes are of runs such as `B:D` and `2:5`, 0 is hidden. */
export interface Sheet {
  id: number;
  name: string;
  rows: number;
  columns: number;
  merges: string[];
  sizes: Record<Axis, Record<string, number>>;
  frozen: Record<Axis, number>;
}

export type Role = "owner" | "editor" | "viewer";

export interface Workbook {
  id: string;
  title: string;
  role: Role;
  owner: { id: string; email: string };
  refresh_minutes: number | null;
  sheets: Sheet[];
  names: { name: string; refers_to: string }[];
}

export type Edit =
  | { op: "set"; sheet: string; cell: string; input: string }
  | { op: "clear"; sheet: string; range: string }
  | { op: "format"; sheet: string; range: string; style: Style }
  | { op: `insert_${Axis}` | `delete_${Axis}`; sheet: string; at: number; count: number }
  | { op: "add_sheet"; name: string }
  | { op: "rename_sheet"; sheet: string; name: string }
  | { op: "move_sheet"; sheet: string; to: number }
  | { op: "delete_sheet"; sheet: string }
  | { op: "merge" | "unmerge"; sheet: string; range: string }
  | { op: "resize"; sheet: string; columns?: string; rows?: string; size: number | null }
  | { op: "freeze"; sheet: string; rows: number; columns: number }
  | { op: "define_name"; name: string; refers_to: string }
  | { op: "delete_name"; name: string }
  | { op: "undo" | "redo" };

/** So many rows or columns of a sheet, given by its id, came before `at`, counted from 1; or with a minus went away. */
export interface Shift {
  sheet: number;
  axis: Axis;
  at: number;
  count: number;
}

/** What edits did besides cells: how cells moved, and the sheets and names since. */
export interface Layout extends Pick<Workbook, "sheets" | "names"> {
  moves: Shift[];
}

/** Somebody who has the workbook open, and what they have selected. */
export interface Present {
  id: string;
  email: string;
  sheet: string | null;
  range: string | null;
}

/** Of the calls under way that tell how far they are, the one that has read most records; `of`: all of them, if known. */
export interface LongCall {
  function: string;
  read: number;
  of: number | null;
}

export type ServerFrame =
  | { type: "snapshot"; seq: number; workbook: Workbook; cells: Cell[] }
  | { type: "ack"; id: string; seq: number }
  | { type: "changes"; seq: number; by: string | null; edits: Edit[]; cells: Cell[]; layout?: Layout }
  | { type: "values"; cells: Cell[] }
  | { type: "progress"; pending: number; done: number; longest?: LongCall }
  | { type: "presence"; users: Present[] }
  | { type: "workbook"; title: string; refresh_minutes: number | null }
  | { type: "refused"; id: string | null; code: string; message: string }
  | { type: "closed"; reason: string; message?: string };

export type ClientFrame =
  | { type: "hello"; seq?: number }
  | { type: "edit"; id: string; base_seq: number; edits: Edit[] }
  | { type: "cursor"; sheet: string; range: string };

/** What a server sent; undefined for what this page does not understand, which a newer server may send. */
export function readFrame(text: string): ServerFrame | undefined {
  const frame: unknown = JSON.parse(text);
  return typeof frame === "object" && frame !== null && "type" in frame ? (frame as ServerFrame) : undefined;
}
