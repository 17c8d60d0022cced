import { t } from "./language.ts";

/** How messages refer to an entry of a list setting: by its 1-based position. */
export function settingEntry(setting: string, position: number): string {
  return t`The setting “${setting}”: entry ${position + 1}`;
}
