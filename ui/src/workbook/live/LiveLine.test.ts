import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ClientFrame, ServerFrame } from "./frames";
import { type Batch, LiveLine, type Standing } from "./LiveLine";

const OPEN = 1;

/** The browser's socket, played by the test. */
class Socket {
  static made: Socket[] = [];
  readyState = 0;
  sent: ClientFrame[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    Socket.made.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  opens() {
    this.readyState = OPEN;
    this.onopen?.();
  }
  tells(frame: ServerFrame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  breaks(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

const workbook = {
  id: "w",
  title: "T",
  role: "owner" as const,
  owner: { id: "a", email: "a@b.c" },
  refresh_minutes: null,
  sheets: [],
  names: [],
};
const snapshot = (seq: number): ServerFrame => ({ type: "snapshot", seq, workbook, cells: [] });
const typed = (input: string) => [{ op: "set" as const, sheet: "Sheet1", cell: "A1", input }];

let line: LiveLine;
let standings: Standing[];
let settled: [Batch, string | undefined][];
const socket = () => {
  const last = Socket.made.at(-1);
  if (!last) throw new Error("No socket was made.");
  return last;
};

beforeEach(() => {
  vi.useFakeTimers();
  Socket.made = [];
  standings = [];
  settled = [];
  line = new LiveLine(
    "ws://here/workbook/w/live",
    {
      frame: () => {},
      settled: (batch, refusal) => settled.push([batch, refusal?.message]),
      standing: (standing) => standings.push(standing),
    },
    () => new Socket() as unknown as WebSocket,
  );
  line.connect();
});

afterEach(() => {
  vi.useRealTimers();
});

function goOnline(seq = 7) {
  socket().opens();
  socket().tells(snapshot(seq));
}

test("it greets without a seq at first, and is live with the first frame", () => {
  goOnline();
  expect(socket().sent).toEqual([{ type: "hello" }]);
  expect(standings).toEqual(["online"]);
});

test("an edit names the state it was made on, and is pending until it is acknowledged", () => {
  goOnline(7);
  const { id } = line.edit(typed("1"));
  expect(socket().sent.at(-1)).toEqual({ type: "edit", id, base_seq: 7, edits: typed("1") });
  expect(line.pending).toHaveLength(1);
  socket().tells({ type: "ack", id, seq: 8 });
  expect(line.pending).toHaveLength(0);
  expect(settled).toEqual([[expect.objectContaining({ id }), undefined]]);
});

test("after a break it greets with the last seq and sends what is unacknowledged again, under the same ids and in order", () => {
  goOnline(7);
  const first = line.edit(typed("1"));
  socket().breaks();
  const second = line.edit(typed("2"));
  expect(standings.at(-1)).toBe("offline");
  vi.advanceTimersByTime(60_000);
  expect(Socket.made).toHaveLength(2);
  socket().opens();
  socket().tells({ type: "values", cells: [] });
  expect(socket().sent[0]).toEqual({ type: "hello", seq: 7 });
  expect(
    socket()
      .sent.slice(1)
      .map((frame) => frame.type === "edit" && frame.id),
  ).toEqual([first.id, second.id]);
});

test("a refused edit is no longer pending, and its reason is told", () => {
  goOnline();
  const { id } = line.edit(typed("1"));
  socket().tells({ type: "refused", id, code: "bad_edit", message: "No." });
  expect(line.pending).toHaveLength(0);
  expect(settled[0]?.[1]).toBe("No.");
});

test("an edit that the storage could not take just now is kept", () => {
  goOnline();
  const { id } = line.edit(typed("1"));
  socket().tells({ type: "refused", id, code: "storage_unavailable", message: "Later." });
  expect(line.pending).toHaveLength(1);
  expect(settled).toEqual([]);
});

test("a workbook that was closed for good is not asked for again", () => {
  goOnline();
  socket().tells({ type: "closed", reason: "removed", message: "Gone." });
  socket().breaks(4404);
  vi.advanceTimersByTime(120_000);
  expect(standings.at(-1)).toBe("closed");
  expect(Socket.made).toHaveLength(1);
});

test("whoever is not signed in is told so, and no other socket is tried", () => {
  socket().breaks(4401);
  vi.advanceTimersByTime(120_000);
  expect(standings).toEqual(["closed"]);
  expect(Socket.made).toHaveLength(1);
});

test("each attempt in a row waits longer than the one before", () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const waits: number[] = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const before = Date.now();
    const made = Socket.made.length;
    socket().breaks();
    while (Socket.made.length === made) vi.advanceTimersByTime(50);
    waits.push(Date.now() - before);
  }
  expect(waits).toEqual([...waits].sort((one, other) => one - other));
  expect(new Set(waits).size).toBe(3);
});

test("nothing is told after leaving", () => {
  goOnline();
  line.leave();
  expect(socket().onmessage).toBeNull();
  vi.advanceTimersByTime(60_000);
  expect(Socket.made).toHaveLength(1);
});

test("what is too large for a frame goes through HTTP under its id, and is settled by the answer", async () => {
  const posted: Batch[] = [];
  const replies = [
    { type: "ack" as const, seq: 8 },
    { type: "refused" as const, code: "422", message: "Too much." },
  ];
  const large = new LiveLine(
    "ws://x/workbook/w/live",
    { frame() {}, standing() {}, settled: (batch, refusal) => settled.push([batch, refusal?.message]) },
    () => new Socket() as unknown as WebSocket,
    async (_url, batch) => {
      posted.push(batch);
      return replies[posted.length - 1];
    },
  );
  large.connect();
  socket().opens();
  socket().tells(snapshot(7));
  const first = large.edit(typed("x".repeat(1_400_000)));
  await vi.advanceTimersByTimeAsync(0);
  const second = large.edit(typed("y".repeat(1_400_000)));
  await vi.advanceTimersByTimeAsync(0);
  expect(posted.map(({ id }) => id)).toEqual([first.id, second.id]);
  expect(settled.map(([batch, message]) => [batch.id, message])).toEqual([
    [first.id, undefined],
    [second.id, "Too much."],
  ]);
  expect(socket().sent.map(({ type }) => type)).toEqual(["hello"]);
  expect(large.pending).toEqual([]);
});
