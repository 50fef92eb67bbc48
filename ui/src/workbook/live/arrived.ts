import type { Cell } from "./frames";

/** How many answers came, and how many of them say what went wrong instead of a number. */
export interface Arrived {
  answers: number;
  troubles: number;
}

/** Counts the cells that asked somebody and were answered; what merely builds on them is not counted. */
export function withArrivals({ answers, troubles }: Arrived, cells: readonly Cell[]): Arrived {
  const answered = cells.filter(({ connection, state }) => connection !== undefined && state !== "loading");
  const failed = answered.filter(({ state }) => state === "error");
  return { answers: answers + answered.length, troubles: troubles + failed.length };
}

/** "12 answers arrived, 1 needs attention". */
export function arrivalSentence({ answers, troubles }: Arrived): string {
  const arrived = answers === 1 ? "1 answer arrived" : `${answers} answers arrived`;
  if (troubles === 0) return arrived;
  return `${arrived}, ${troubles} ${troubles === 1 ? "needs" : "need"} attention`;
}
