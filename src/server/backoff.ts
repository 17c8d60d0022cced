const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;

/**
 * Delay before the next attempt: doubles from 250 ms to 30 s, and half of it is random, so that many windows
 * don't return to a server at the same moment. `attempt` counts from 0.
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 16));
  return full / 2 + (full / 2) * random();
}
