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

/** How long a test may take: several waits. The limit of its file ends what hangs in another way. */
export const testMs = 5 * waitMs;

/** What takes so long on an idle machine, in milliseconds: steps of a loop, and limits that the product itself has. */
export function patientMs(idleMs) {
  return Math.round(idleMs * patience);
}

/** Lets a time pass in which nothing may happen, or for which something has to be so. */
export async function quiet(idleMs) {
  await new Promise((resolve) => setTimeout(resolve, patientMs(idleMs)));
}

function measure() {
  const startedAt = performance.now();
  const block = Buffer.alloc(64 * 1024);
  for (let count = 0; count < 1200; count++) createHash("sha256").update(block).digest();
  return performance.now() - startedAt;
}
