import type { Locator } from "playwright-core";

import { poll } from "../opencode/client.ts";

/**
 * Waits until exactly `expected` elements match. A page draws a grid's rows some frames after what asked for
 * them, so their number at one moment says little. @throws Error naming `what` if that takes too long.
 */
export async function untilCount(
  locator: Locator,
  expected: number,
  what = String(locator),
): Promise<void> {
  await poll(`${String(expected)} × ${what}`, async () =>
    (await locator.count()) === expected ? true : undefined,
  );
}
