import * as vscode from "vscode";

import { sessionKey, type SessionRef } from "../../core/state/session.ts";
import type { Store } from "../../core/state/store.ts";
import type { Configuration } from "../../platform/configuration.ts";
import type { CommandID } from "../../platform/ids.ts";
import { isAboutCurrency } from "../../platform/usageConfiguration.ts";
import { tooltipMarkdown } from "../../platform/messages.ts";
import { statusBarContent } from "../../viewModels/tree/statusBar.ts";
import { Paced } from "../paced.ts";

const INTERVAL_MS = 100;

/** VS Code fades a tooltip in again on every change, which would make it unreadable. */
const TOOLTIP_INTERVAL_MS = 5000;

/** The tooltip shows ages in minutes. */
const TICK_MS = 30_000;

const SWITCH_SESSION: CommandID = "opencodeSessions.switchSession";

/**
 * Shows the parts of the active session named by the setting `statusBar.parts` in the status bar, on the
 * right, where VS Code shows contextual items. A click switches the session. Hidden while there is no server.
 */
export function createStatusBar(
  store: Pick<Store, "state" | "onDidChange">,
  activeSession: {
    readonly current: SessionRef | undefined;
    readonly onDidChange: vscode.Event<SessionRef | undefined>;
  },
  usage: {
    /** Usage information as Markdown; empty for none. */
    tooltip(ref: SessionRef | undefined): string;
    onDidChange(listener: () => void): () => void;
  },
  configuration: Pick<Configuration, "read" | "onDidChange">,
): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    "opencodeSessions.activeSession",
    vscode.StatusBarAlignment.Right,
    100,
  );
  item.name = vscode.l10n.t("OpenCode Session");
  item.command = SWITCH_SESSION;

  let shownRef: SessionRef | undefined;
  let parts = configuration.read().statusBarParts;
  let tooltip = "";
  let tooltipMs = Number.NEGATIVE_INFINITY;
  const update = new Paced(INTERVAL_MS, () => {
    const nowMs = Date.now();
    const { current } = activeSession;
    const content = statusBarContent(store.state, current, nowMs, parts);
    if (content === undefined) {
      item.hide();
      return;
    }
    item.text = content.text;
    item.accessibilityInformation = { label: content.accessibilityLabel, role: "button" };
    item.backgroundColor = content.isWarning
      ? new vscode.ThemeColor("statusBarItem.warningBackground")
      : undefined;
    const clockMs = performance.now();
    const dueMs = tooltipMs + TOOLTIP_INTERVAL_MS;
    if (clockMs >= dueMs || current !== shownRef) {
      const said = [content.tooltip, usage.tooltip(current)].filter((part) => part !== "");
      const text = said.join("\n\n---\n\n");
      if (text !== tooltip || current !== shownRef) {
        item.tooltip = withCommands(text, current !== undefined);
        tooltip = text;
      }
      tooltipMs = clockMs;
    } else {
      update.request(dueMs - clockMs);
    }
    shownRef = current;
    item.show();
  });
  const stop = store.onDidChange(({ sessions, servers, structure }) => {
    const { current } = activeSession;
    const isAbout =
      current !== undefined && sessions.has(sessionKey(current.serverID, current.sessionID));
    if (isAbout || structure || servers.size > 0) update.request();
  });
  const tick = setInterval(() => {
    update.request();
  }, TICK_MS);
  const subscriptions = vscode.Disposable.from(
    item,
    update,
    new vscode.Disposable(stop),
    new vscode.Disposable(
      usage.onDidChange(() => {
        update.request();
      }),
    ),
    new vscode.Disposable(() => {
      clearInterval(tick);
    }),
    activeSession.onDidChange(() => {
      update.request();
    }),
    configuration.onDidChange((changed) => {
      const isInOtherMoney = isAboutCurrency(changed);
      if (!isInOtherMoney && !changed.has("statusBar.parts")) return;
      parts = configuration.read().statusBarParts;
      if (isInOtherMoney) tooltipMs = Number.NEGATIVE_INFINITY;
      update.request();
    }),
  );
  update.request();
  return subscriptions;
}

/** Commands for the active session that the tooltip links to. */
const LINKED = [
  "opencodeSessions.compactSession",
  "opencodeSessions.openBreakdown",
  "opencodeSessions.openUsage",
] as const;

/** The tooltip with actions for the session. Only these commands may be linked: titles are untrusted. */
function withCommands(text: string, hasSession: boolean): vscode.MarkdownString {
  const [compact, breakdown, usage] = LINKED satisfies readonly CommandID[];
  const ofSession = [
    `[${vscode.l10n.t("Compact Session")}](command:${compact})`,
    `[${vscode.l10n.t("Show Token Breakdown")}](command:${breakdown})`,
  ];
  const links = [
    ...(hasSession ? ofSession : []),
    `[${vscode.l10n.t("Show Usage")}](command:${usage})`,
  ].join(" · ");
  return tooltipMarkdown(`${text}\n\n${links}`, LINKED);
}
