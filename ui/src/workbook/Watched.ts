/** A value that tells whoever watches it when it becomes another one. */
export class Watched<Value> {
  readonly #watchers = new Set<() => void>();

  constructor(private value: Value) {}

  readonly get = (): Value => this.value;

  set(change: Partial<Value>): void {
    this.value = { ...this.value, ...change };
    for (const tell of this.#watchers) tell();
  }

  readonly watch = (tell: () => void): (() => void) => {
    this.#watchers.add(tell);
    return () => void this.#watchers.delete(tell);
  };
}
