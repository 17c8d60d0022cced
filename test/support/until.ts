import { poll } from "./opencode/client.ts";

/** Waits until it is so. @throws Error naming `what` when that takes too long. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  await poll(what, () => Promise.resolve(isSo() || undefined), { everyMs: 5 });
}
