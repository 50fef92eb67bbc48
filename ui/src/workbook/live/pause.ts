const FIRST_MS = 400;
const LONGEST_MS = 15_000;

/**
 * How long to wait before trying again for the n-th time in a row, counted from 0.
 *
 * Longer each time, and different in every browser: a server that restarts does not meet all of them at once.
 */
export function pauseBefore(attempt: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return longest / 2 + (random() * longest) / 2;
}
