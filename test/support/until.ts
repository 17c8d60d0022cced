import { poll } from "./opencode/client.ts";

/** Waits until a condition holds. @throws Error naming `what` if that takes too long. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  await poll(what, () => Promise.resolve(isSo() || undefined), { everyMs: 5 });
}
