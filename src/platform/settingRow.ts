/** The sections of the settings' editor, in this order, with their titles. */
export const SETTING_GROUPS = {
  servers: "Servers",
  display: "Tree & Status Bar",
  notifications: "Notifications",
  compaction: "Compaction",
  usage: "Usage & Budgets",
  kubernetes: "Kubernetes",
} as const;

type SettingGroup = keyof typeof SETTING_GROUPS;

/** A setting as it is contributed: `npm run manifest` writes package.json and package.nls.json from these rows. */
export interface SettingRow {
  readonly group: SettingGroup;
  /** Markdown. */
  readonly description: string;
  /** `machine`: only the user can set it, never a repository. */
  readonly scope: "machine" | "window" | "application";
  /** Its value of an untrusted workspace is ignored. */
  readonly isRestricted?: true;
  readonly default: unknown;
  /** JSON Schema; the descriptions in it are taken to package.nls.json. */
  readonly schema: Readonly<Record<string, unknown>>;
}
