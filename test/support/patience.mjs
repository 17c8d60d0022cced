/**
 * How patient the tests of this process are: one factor for every wait, quiet time and limit. It is what a fixed piece of
 * work takes now against what it takes on an idle machine, and twice that for a file that runs again.
 */
import { createHash } from "node:crypto";

/** By how much more patient than usual: set for a file that runs again. */
export const PATIENCE_VARIABLE = "OPENCODE_SESSIONS_TEST_PATIENCE";

/** What the piece of work takes on an idle core of the machines that the tests were written on. */
const IDLE_MS = 60;

/** The base of every wait for something that has to come. */
const WAIT_MS = 60_000;

/** At least 1. */
export const patience =
  Math.max(1, measure() / IDLE_MS) * Number(process.env[PATIENCE_VARIABLE] ?? 1);

/** How long to wait for something that has to come, in milliseconds. */
export const waitMs = Math.round(WAIT_MS * patience);

/** A time in which nothing may happen, or for which something has to be so, in milliseconds. */
export function quietMs(idleMs) {
  return Math.round(idleMs * patience);
}

function measure() {
  const startedAt = performance.now();
  const block = Buffer.alloc(64 * 1024);
  for (let count = 0; count < 600; count++) createHash("sha256").update(block).digest();
  return performance.now() - startedAt;
}
