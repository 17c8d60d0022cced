import type { CommandContext } from "../commandContext.ts";

/** Opens the usage charts, or brings them to the front. */
export function openUsage({ documents }: CommandContext): void {
  documents.openUsage();
}
