import * as vscode from "vscode";
import * as z from "zod";

import {
  AUTO_COMPACT_MODES,
  type AutoCompactSettings,
  isThresholdPercent,
  parseOverride,
  THRESHOLD_PERCENT,
} from "../core/state/autoCompact.ts";
import { originOf } from "../core/credentialPolicy.ts";
import {
  DEFAULT_ROW_PARTS,
  DEFAULT_STATUS_BAR_PARTS,
  ROW_PARTS,
  type RowPartID,
  STATUS_BAR_PARTS,
  type StatusBarPartID,
} from "../core/state/shownParts.ts";
import { PREFIX } from "./ids.ts";
import { SETTING_KEYS, type SettingKey } from "./settings.ts";

/** Whether terminals attached to a server switch to the session the user picks. */
export const FOLLOW_IN_TUI = ["ask", "always", "never"] as const;
export type FollowInTui = (typeof FOLLOW_IN_TUI)[number];

/** Session events to notify about: none, those that need the user, also finished root sessions, or all. */
export const NOTIFICATIONS = ["off", "needed", "roots", "all"] as const;
export type Notifications = (typeof NOTIFICATIONS)[number];

const LIST = z.array(z.unknown());

/** A setting with an invalid value. */
export interface SettingProblem {
  readonly key: SettingKey;
  /** Suitable for display to the user. */
  readonly message: string;
}

/** The settings. Invalid values are replaced by their defaults and reported in `problems`. */
export interface Settings {
  /** The raw list: the source that reads it validates each entry. */
  readonly servers: readonly unknown[];
  /** Program to run; `opencode` if the setting is empty. */
  readonly opencodePath: string;
  /** Origins on other machines that may be contacted over plain HTTP. */
  readonly allowedPlainHTTP: ReadonlySet<string>;
  readonly isLocalDiscoveryEnabled: boolean;
  readonly startsManagedServer: boolean;
  readonly followInTui: FollowInTui;
  readonly confirmsCompact: boolean;
  readonly notifications: Notifications;
  readonly rowParts: readonly RowPartID[];
  /** Undefined: as many as fit. */
  readonly titleLength: number | undefined;
  readonly statusBarParts: readonly StatusBarPartID[];
  readonly autoCompact: AutoCompactSettings;
  /** `clusters` is the raw list: the source that reads it validates the entries. */
  readonly kubernetes: { readonly clusters: readonly unknown[]; readonly kubeconfig: string };
  readonly problems: readonly SettingProblem[];
}

/** Typed access to the settings of this extension. */
export class Configuration {
  /** The raw settings passed to programs outside VS Code: budgets and prices. */
  forPrograms(): object {
    const get = (key: SettingKey): unknown =>
      vscode.workspace.getConfiguration(PREFIX).get<unknown>(key);
    return {
      budgets: get("budgets.limits"),
      budgetCounts: get("budgets.counts"),
      prices: get("usage.prices"),
    };
  }

  /** Reads the current settings; nothing is cached. */
  read(): Settings {
    const section = vscode.workspace.getConfiguration(PREFIX);
    const problems: SettingProblem[] = [];
    const read = <T>(key: SettingKey, fallback: T, schema: z.ZodType<T>, needed: string): T => {
      const value = section.get<unknown>(key);
      if (value === undefined || value === null) return fallback;
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      problems.push({
        key,
        message: vscode.l10n.t(
          "The setting “{0}” must be {1}. The default is used instead.",
          `${PREFIX}.${key}`,
          needed,
        ),
      });
      return fallback;
    };
    const list = (key: SettingKey) => read(key, [], LIST, vscode.l10n.t("a list"));
    const text = (key: SettingKey) => read(key, "", z.string(), vscode.l10n.t("text"));
    const flag = (key: SettingKey, fallback: boolean) =>
      read(key, fallback, z.boolean(), vscode.l10n.t("true or false"));
    const choice = <T extends string>(key: SettingKey, fallback: T, known: readonly T[]): T =>
      read(key, fallback, z.enum(known), vscode.l10n.t("one of {0}", known.join(", ")));
    const choices = <T extends string>(
      key: SettingKey,
      fallback: readonly T[],
      known: readonly T[],
    ): readonly T[] =>
      read(key, fallback, z.array(z.enum(known)), vscode.l10n.t("a list of {0}", known.join(", ")));
    const { least, most, usual } = THRESHOLD_PERCENT;
    const percent = vscode.l10n.t("a number from {0} to {1}", least, most);
    const overrides = vscode.l10n.t(
      "a list of entries with server, model, mode and threshold (all optional)",
    );
    return {
      servers: list("servers"),
      opencodePath: text("opencodePath").trim() || "opencode",
      allowedPlainHTTP: new Set(
        read(
          "allowedPlainHttp",
          [],
          z.array(z.string()),
          vscode.l10n.t("a list of addresses"),
        ).flatMap((url) => originOf(url) ?? []),
      ),
      isLocalDiscoveryEnabled: flag("localDiscovery.enabled", true),
      startsManagedServer: flag("managedServer.autoStart", false),
      followInTui: choice("followInTui", "ask", FOLLOW_IN_TUI),
      confirmsCompact: flag("compact.confirm", true),
      notifications: choice("notifications", "needed", NOTIFICATIONS),
      rowParts: choices("tree.rowParts", DEFAULT_ROW_PARTS, ROW_PARTS),
      titleLength: read<number | undefined>(
        "tree.titleLength",
        undefined,
        z.int().min(0),
        vscode.l10n.t("a whole number of at least 0"),
      ),
      statusBarParts: choices("statusBar.parts", DEFAULT_STATUS_BAR_PARTS, STATUS_BAR_PARTS),
      autoCompact: {
        mode: choice("autoCompact.mode", "offer", AUTO_COMPACT_MODES),
        thresholdPercent: read(
          "autoCompact.threshold",
          usual,
          z.number().refine(isThresholdPercent),
          percent,
        ),
        overrides: read(
          "autoCompact.overrides",
          [],
          LIST.refine((entries) => entries.every((entry) => parseOverride(entry) !== undefined)),
          overrides,
        ).flatMap((entry) => parseOverride(entry) ?? []),
      },
      kubernetes: {
        clusters: list("kubernetes.clusters"),
        kubeconfig: text("kubernetes.kubeconfig"),
      },
      problems,
    };
  }

  /** Writes a user setting. Rejects if VS Code cannot write it. */
  async write(key: SettingKey, value: unknown): Promise<void> {
    await vscode.workspace
      .getConfiguration(PREFIX)
      .update(key, value, vscode.ConfigurationTarget.Global);
  }

  onDidChange(listener: (changed: ReadonlySet<SettingKey>) => void): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      const changed = new Set(
        SETTING_KEYS.filter((key) => event.affectsConfiguration(`${PREFIX}.${key}`)),
      );
      if (changed.size > 0) listener(changed);
    });
  }
}
