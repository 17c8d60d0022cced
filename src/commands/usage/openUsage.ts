import type { CommandContext } from "../commandContext.ts";

/** Opens the charts of usage, or brings them to the front. */
export function openUsage({ documents }: CommandContext): void {
  documents.openUsage();
}
