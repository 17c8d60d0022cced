import * as vscode from "vscode";

import { sessionKey, type SessionRef } from "../core/session.ts";
import type { Store } from "../core/store.ts";
import type { CommandID } from "../platform/ids.ts";
import { statusBarContent } from "../viewModels/statusBar.ts";
import { Paced } from "./paced.ts";

const INTERVAL_MS = 100;

/** VS Code fades a tooltip in again each time it changes, so that one could not be read. */
const TOOLTIP_INTERVAL_MS = 5000;

/** Ages in the tooltip are told in minutes. */
const TICK_MS = 30_000;

const SWITCH_SESSION: CommandID = "opencodeSessions.switchSession";

/**
 * Shows cost, tokens and context of the active session in the status bar, on the right, where things
 * stand that depend on what one works at. A click switches the session. Hidden while there is no server.
 */
export function createStatusBar(
  store: Pick<Store, "state" | "onDidChange">,
  activeSession: {
    readonly current: SessionRef | undefined;
    readonly onDidChange: vscode.Event<SessionRef | undefined>;
  },
  usage: {
    /** What is to be said of usage, as Markdown; empty for nothing. */
    tooltip(ref: SessionRef | undefined): string;
    onDidChange(listener: () => void): () => void;
  },
): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    "opencodeSessions.activeSession",
    vscode.StatusBarAlignment.Right,
    100,
  );
  item.name = vscode.l10n.t("OpenCode Session");
  item.command = SWITCH_SESSION;

  let shownRef: SessionRef | undefined;
  let tooltip = "";
  let tooltipMs = Number.NEGATIVE_INFINITY;
  const update = new Paced(INTERVAL_MS, () => {
    const nowMs = Date.now();
    const { current } = activeSession;
    const content = statusBarContent(store.state, current, nowMs);
    if (content === undefined) {
      item.hide();
      return;
    }
    item.text = content.text;
    item.accessibilityInformation = { label: content.accessibilityLabel, role: "button" };
    item.backgroundColor = content.isWarning
      ? new vscode.ThemeColor("statusBarItem.warningBackground")
      : undefined;
    const dueMs = tooltipMs + TOOLTIP_INTERVAL_MS;
    if (nowMs >= dueMs || current !== shownRef) {
      const said = [content.tooltip, usage.tooltip(current)].filter((part) => part !== "");
      const text = said.join("\n\n---\n\n");
      if (text !== tooltip || current !== shownRef) {
        item.tooltip = withCommands(text, current !== undefined);
        tooltip = text;
      }
      tooltipMs = nowMs;
    } else {
      update.request(dueMs);
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
  );
  update.request();
  return subscriptions;
}

/** Commands of the active session that the tooltip offers as links. */
const LINKED = [
  "opencodeSessions.compactSession",
  "opencodeSessions.openBreakdown",
  "opencodeSessions.openUsage",
] as const;

/** The tooltip with what can be done about the session. No other command may be linked: titles are not ours. */
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
  const tooltip = new vscode.MarkdownString(`${text}\n\n${links}`);
  tooltip.isTrusted = { enabledCommands: LINKED };
  return tooltip;
}
