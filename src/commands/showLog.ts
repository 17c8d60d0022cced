import type { CommandContext } from "./commandContext.ts";

/** Opens the log channel. */
export function showLog({ log }: CommandContext): void {
  log.show();
}
