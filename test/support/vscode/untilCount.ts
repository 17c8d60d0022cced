import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Locator } from "playwright-core";

import { waitMs } from "../patience.mjs";

/**
 * Waits until exactly `expected` elements match. A page draws a grid's rows some frames after what asked for
 * them, so their number at one moment says little. @throws AssertionError with the last number.
 */
export async function untilCount(locator: Locator, expected: number, what?: string): Promise<void> {
  const end = performance.now() + waitMs;
  let count = await locator.count();
  while (count !== expected && performance.now() < end) {
    await delay(50);
    count = await locator.count();
  }
  assert.equal(count, expected, what ?? String(locator));
}
