import type { Kept } from "./cells/Cells";

const PAUSE_MS = 100;

/**
 * Lets arriving numbers wait for each other, so that the grid is drawn anew a few times a second and not for each.
 *
 * What comes after a quiet while is shown at once.
 */
export class ArrivingCells {
  #waiting: Kept[] = [];
  #last = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly show: (cells: Kept[]) => void) {}

  add(cells: Kept[]): void {
    this.#waiting = this.#waiting.concat(cells);
    if (this.#timer !== undefined) return;
    const pause = this.#last + PAUSE_MS - performance.now();
    if (pause <= 0) this.#flush();
    else this.#timer = setTimeout(() => this.#flush(), pause);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #flush(): void {
    const cells = this.#waiting;
    this.forget();
    this.show(cells);
    // Counted from the end: whoever types has the time in between to themselves.
    this.#last = performance.now();
  }
}
