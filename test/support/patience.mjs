/**
 * How patient the tests of this process are: one factor for every wait, quiet period and limit. It is the
 * time a fixed piece of work takes now relative to an idle machine, multiplied for a file that runs again.
 */
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

/** An additional factor, set for a file that runs again. */
export const PATIENCE_VARIABLE = "OPENCODE_SESSIONS_TEST_PATIENCE";

/** How long that work takes on an idle core of the machines the tests were written on. */
const IDLE_MS = 60;

/** The base limit for every wait for something that must happen. */
const WAIT_MS = 60_000;

/** At least 1. */
export const patience =
  Math.max(1, measure() / IDLE_MS) * Number(process.env[PATIENCE_VARIABLE] ?? 1);

/** How long to wait for something that must happen, in milliseconds. */
export const waitMs = Math.round(WAIT_MS * patience);

/** A test's time limit: several waits. Anything that hangs otherwise is ended by its file's limit. */
export const testMs = 5 * waitMs;

/** Scales a time measured on an idle machine, in milliseconds: loop intervals, and the product's own limits. */
export function patientMs(idleMs) {
  return Math.round(idleMs * patience);
}

/** Waits for a period in which something must not happen or must stay true. */
export async function quiet(idleMs) {
  await delay(patientMs(idleMs));
}

function measure() {
  const startedAt = performance.now();
  const block = Buffer.alloc(64 * 1024);
  for (let count = 0; count < 1200; count++) createHash("sha256").update(block).digest();
  return performance.now() - startedAt;
}
