import * as vscode from "vscode";

import {
  AUTO_COMPACT_MODES,
  type AutoCompactSettings,
  isAutoCompactMode,
  isThresholdPercent,
  parseOverride,
  THRESHOLD_PERCENT,
} from "../core/autoCompact.ts";
import { PREFIX, SETTING_KEYS, type SettingKey } from "./ids.ts";

/** Whether attached terminals of a server are told to follow when a session is picked. */
export const FOLLOW_IN_TUI = ["ask", "always", "never"] as const;
export type FollowInTui = (typeof FOLLOW_IN_TUI)[number];

/** Which events of sessions are told by a notification. */
export const NOTIFICATIONS = ["off", "roots", "all"] as const;
export type Notifications = (typeof NOTIFICATIONS)[number];

/** A setting whose value cannot be used, and what is used instead. */
export interface SettingProblem {
  readonly key: SettingKey;
  /** Fit to be shown to a person. */
  readonly message: string;
}

/** What the settings say. An unusable value is replaced by its default and told in `problems`. */
export interface Settings {
  /** The raw list: its entries are judged one by one by the source that reads them. */
  readonly servers: readonly unknown[];
  /** Program to run; `opencode` when the setting is empty. */
  readonly opencodePath: string;
  readonly isLocalDiscoveryEnabled: boolean;
  readonly startsManagedServer: boolean;
  readonly followInTui: FollowInTui;
  readonly confirmsCompact: boolean;
  readonly notifications: Notifications;
  readonly autoCompact: AutoCompactSettings;
  /** The raw list of namespaces is judged by the source that reads it. */
  readonly kubernetes: { readonly clusters: readonly unknown[]; readonly kubeconfig: string };
  readonly problems: readonly SettingProblem[];
}

/** Typed access to the settings of this extension. */
export class Configuration {
  /** What programs outside VS Code know of the settings, as it stands there: budgets and prices. */
  forPrograms(): object {
    const get = (key: SettingKey): unknown =>
      vscode.workspace.getConfiguration(PREFIX).get<unknown>(key);
    return {
      budgets: get("budgets.limits"),
      budgetCounts: get("budgets.counts"),
      prices: get("usage.prices"),
    };
  }

  /** The settings as they are now; read anew on every call. */
  read(): Settings {
    const section = vscode.workspace.getConfiguration(PREFIX);
    const problems: SettingProblem[] = [];
    const read = <T>(
      key: SettingKey,
      fallback: T,
      accepts: (value: unknown) => value is T,
      wanted: string,
    ): T => {
      const value = section.get<unknown>(key);
      if (value === undefined || value === null) return fallback;
      if (accepts(value)) return value;
      problems.push({
        key,
        message: vscode.l10n.t(
          "The setting “{0}” must be {1}; its default is used.",
          `${PREFIX}.${key}`,
          wanted,
        ),
      });
      return fallback;
    };
    const list = vscode.l10n.t("a list");
    const text = vscode.l10n.t("a text");
    const flag = vscode.l10n.t("true or false");
    const oneOf = (values: readonly string[]): string =>
      vscode.l10n.t("one of {0}", values.join(", "));
    const { least, most, usual } = THRESHOLD_PERCENT;
    const percent = vscode.l10n.t("a number from {0} to {1}", least, most);
    const overrides = vscode.l10n.t(
      "a list of entries with server, model, mode and threshold (all optional)",
    );
    return {
      servers: read("servers", [], isList, list),
      opencodePath: read("opencodePath", "", isText, text).trim() || "opencode",
      isLocalDiscoveryEnabled: read("localDiscovery.enabled", true, isFlag, flag),
      startsManagedServer: read("managedServer.autoStart", false, isFlag, flag),
      followInTui: read("followInTui", "ask", isFollowInTui, oneOf(FOLLOW_IN_TUI)),
      confirmsCompact: read("compact.confirm", true, isFlag, flag),
      notifications: read("notifications", "roots", isNotifications, oneOf(NOTIFICATIONS)),
      autoCompact: {
        mode: read("autoCompact.mode", "offer", isAutoCompactMode, oneOf(AUTO_COMPACT_MODES)),
        thresholdPercent: read("autoCompact.threshold", usual, isThresholdPercent, percent),
        overrides: read("autoCompact.overrides", [], isOverrideList, overrides).flatMap(
          (entry) => parseOverride(entry) ?? [],
        ),
      },
      kubernetes: {
        clusters: read("kubernetes.clusters", [], isList, list),
        kubeconfig: read("kubernetes.kubeconfig", "", isText, text),
      },
      problems,
    };
  }

  /** Writes a user setting. Rejects when VS Code cannot write it. */
  async write(key: SettingKey, value: unknown): Promise<void> {
    await vscode.workspace
      .getConfiguration(PREFIX)
      .update(key, value, vscode.ConfigurationTarget.Global);
  }

  /** Tells which settings changed. */
  onDidChange(listener: (changed: ReadonlySet<SettingKey>) => void): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      const changed = new Set(
        SETTING_KEYS.filter((key) => event.affectsConfiguration(`${PREFIX}.${key}`)),
      );
      if (changed.size > 0) listener(changed);
    });
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function isFollowInTui(value: unknown): value is FollowInTui {
  return FOLLOW_IN_TUI.some((choice) => choice === value);
}

function isNotifications(value: unknown): value is Notifications {
  return NOTIFICATIONS.some((choice) => choice === value);
}

function isOverrideList(value: unknown): value is readonly unknown[] {
  return isList(value) && value.every((entry) => parseOverride(entry) !== undefined);
}
