import { type ClientFrame, type Edit, readFrame, type ServerFrame } from "./frames";
import { pauseBefore } from "./pause";
import { postBatch } from "./postBatch";

/** Edits the server has not acknowledged yet. Their id stays, so sending them twice changes nothing twice. */
export interface Batch {
  id: string;
  base_seq: number;
  edits: Edit[];
}

export type Standing = "connecting" | "online" | "offline" | "closed";

/** What the owner of a line is told. Frames come in order; `standing` after each change of it. */
export interface Listener {
  frame(frame: ServerFrame): void;
  /** The server took a batch, or refused it with a reason. Either way it is no longer pending. */
  settled(batch: Batch, refusal?: { code: string; message: string }): void;
  standing(standing: Standing): void;
}

/** Codes with which a server ends a line for good, when it could not say so in a frame. */
const FAREWELLS: Record<number, { reason: string; message: string }> = {
  4401: { reason: "signed out", message: "Your session has ended. Sign in to go on." },
  4403: { reason: "foreign", message: "This page may not open the workbook." },
  4404: { reason: "removed", message: "This workbook does not exist, or is not shared with you." },
  4429: {
    reason: "too many",
    message: "This account has too many workbooks open. Close some of them and reload this page.",
  },
};

/** A batch refused for these reasons may succeed later, so it stays pending and is sent again. */
const PASSING = new Set(["unavailable", "storage_unavailable"]);

/** Letters of a frame; a server takes four times as many bytes, and a letter has up to three. */
const LARGEST_FRAME = 1_300_000;

/**
 * The live socket of one workbook, kept up through every interruption.
 *
 * Edits are kept until the server has acknowledged them, and sent again under their ids after each reconnection.
 */
export class LiveLine {
  #socket: WebSocket | undefined;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #seq: number | undefined;
  #standing: Standing = "connecting";
  #pending: Batch[] = [];
  #cursor: ClientFrame | undefined;

  constructor(
    readonly url: string,
    private readonly listener: Listener,
    private readonly open: (url: string) => WebSocket = (address) => new WebSocket(address),
    private readonly post: typeof postBatch = postBatch,
  ) {}

  /** Unacknowledged batches, oldest first. */
  get pending(): readonly Batch[] {
    return this.#pending;
  }

  get standing(): Standing {
    return this.#standing;
  }

  connect(): void {
    this.#clearTimer();
    const socket = this.open(this.url);
    this.#socket = socket;
    socket.onopen = () => this.#send({ type: "hello", seq: this.#seq });
    socket.onmessage = ({ data }) => this.#receive(String(data));
    socket.onclose = ({ code }) => this.#lost(code);
  }

  /** Begin again from the whole workbook. */
  askForAll(): void {
    this.#send({ type: "hello" });
  }

  /** Try at once, as when the browser says that the network is back. */
  hurry(): void {
    if (this.#standing === "offline") this.connect();
  }

  edit(edits: Edit[]): Batch {
    const batch = { id: crypto.randomUUID(), base_seq: this.#seq ?? 0, edits };
    this.#pending.push(batch);
    if (this.#standing === "online") this.#transmit(batch);
    return batch;
  }

  select(sheet: string, range: string): void {
    this.#cursor = { type: "cursor", sheet, range };
    if (this.#standing === "online") this.#send(this.#cursor);
  }

  /** Leave for good. Nothing is told after this. */
  leave(): void {
    this.#clearTimer();
    this.#standing = "closed";
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** What is too large for a frame goes another way. Unanswered it stays pending, until the line comes back. */
  #transmit(batch: Batch): void {
    const text = JSON.stringify({ type: "edit", ...batch });
    if (text.length <= LARGEST_FRAME) {
      if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
      return;
    }
    void this.post(this.url, batch).then((reply) => {
      if (reply && this.#standing !== "closed") this.#settle({ ...reply, id: batch.id });
      else this.#socket?.close();
    });
  }

  #receive(text: string): void {
    const frame = readFrame(text);
    if (!frame) return;
    this.#attempt = 0;
    if (frame.type === "snapshot" || frame.type === "changes") this.#seq = frame.seq;
    if (frame.type === "closed") this.#turn("closed");
    this.listener.frame(frame);
    if (frame.type === "ack" || frame.type === "refused") this.#settle(frame);
    else if (frame.type !== "closed" && this.#standing !== "online") this.#welcome();
  }

  /** The first frame of a new socket: what was typed meanwhile goes out, in the order it was typed. */
  #welcome(): void {
    this.#turn("online");
    for (const batch of this.#pending) this.#transmit(batch);
    if (this.#cursor) this.#send(this.#cursor);
  }

  #settle(frame: Extract<ServerFrame, { type: "ack" | "refused" }>): void {
    const batch = this.#pending.find(({ id }) => id === frame.id);
    if (!batch || (frame.type === "refused" && PASSING.has(frame.code))) return;
    this.#pending = this.#pending.filter((one) => one !== batch);
    this.listener.settled(batch, frame.type === "refused" ? frame : undefined);
  }

  #lost(code: number): void {
    this.#socket = undefined;
    if (this.#standing === "closed") return;
    const farewell = FAREWELLS[code];
    if (farewell) {
      this.#turn("closed");
      this.listener.frame({ type: "closed", ...farewell });
      return;
    }
    this.#turn("offline");
    this.#timer = setTimeout(() => this.connect(), pauseBefore(this.#attempt));
    this.#attempt += 1;
  }

  #turn(standing: Standing): void {
    if (standing === this.#standing) return;
    this.#standing = standing;
    this.listener.standing(standing);
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
