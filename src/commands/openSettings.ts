import { openSetting } from "../platform/openSetting.ts";
import type { CommandContext } from "./commandContext.ts";

/** Opens the settings editor at a setting, named without the prefix, or at all of the extension's. */
export async function openSettings(_context: CommandContext, key: unknown): Promise<void> {
  await openSetting(typeof key === "string" ? key : undefined);
}
