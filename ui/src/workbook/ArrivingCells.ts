import type { Kept } from "./cells/Cells";

const PAUSE_MS = 100;
/** Longer than between two keys of a quick typist: drawing must not keep a letter waiting. */
const AFTER_A_KEY_MS = 150;
const LONGEST_WAIT_MS = 2_000;

/**
 * Lets arriving numbers wait for each other, and for whoever is typing, so that the grid is drawn anew a few times a
 * second and not for each.
 *
 * What comes after a quiet while is shown at once, and nothing waits for longer than two seconds.
 */
export class ArrivingCells {
  #waiting: Kept[] = [];
  #since = 0;
  #shown = Number.NEGATIVE_INFINITY;
  #key = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly show: (cells: Kept[]) => void) {}

  add(cells: Kept[]): void {
    if (this.#waiting.length === 0) this.#since = performance.now();
    this.#waiting = this.#waiting.concat(cells);
    if (this.#timer === undefined) this.#showWhenDue();
  }

  /** A key was pressed in the grid. */
  noteKey(): void {
    this.#key = performance.now();
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #showWhenDue = (): void => {
    const quiet = Math.max(this.#shown + PAUSE_MS, this.#key + AFTER_A_KEY_MS);
    const pause = Math.min(quiet, this.#since + LONGEST_WAIT_MS) - performance.now();
    if (pause <= 0) this.flush();
    else this.#timer = setTimeout(this.#showWhenDue, pause);
  };

  /** Show at once what waits. */
  flush(): void {
    const cells = this.#waiting;
    this.forget();
    this.show(cells);
    // Counted from the end: whoever looks on has the time in between to themselves.
    this.#shown = performance.now();
  }
}
