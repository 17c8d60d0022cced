/** The sections of the settings editor, in order, with their titles. */
export const SETTING_GROUPS = {
  servers: "Servers",
  display: "Tree & Status Bar",
  notifications: "Notifications",
  compaction: "Compaction",
  usage: "Usage & Budgets",
  kubernetes: "Kubernetes",
} as const;

type SettingGroup = keyof typeof SETTING_GROUPS;

/** A contributed setting: `npm run manifest` generates package.json and package.nls.json from these rows. */
export interface SettingRow {
  readonly group: SettingGroup;
  /** Markdown. */
  readonly description: string;
  /** `machine`: can only be set by the user, never by a repository. */
  readonly scope: "machine" | "window" | "application";
  /** Its value from an untrusted workspace is ignored. */
  readonly isRestricted?: true;
  readonly default: unknown;
  /** JSON Schema; its descriptions are moved to package.nls.json. */
  readonly schema: Readonly<Record<string, unknown>>;
}
