import { t } from "./language.ts";

/** How messages name an entry of a setting that is a list: by its place, as people count. */
export function settingEntry(setting: string, position: number): string {
  return t`The setting “${setting}”: entry ${position + 1}`;
}
