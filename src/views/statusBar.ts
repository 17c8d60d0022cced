import * as vscode from "vscode";

import { sessionKey, type SessionRef } from "../core/session.ts";
import type { Store } from "../core/store.ts";
import type { CommandID } from "../platform/ids.ts";
import { statusBarContent } from "../viewModels/statusBar.ts";
import { Paced } from "./paced.ts";

const INTERVAL_MS = 100;

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
): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    "opencodeSessions.activeSession",
    vscode.StatusBarAlignment.Right,
    100,
  );
  item.name = vscode.l10n.t("OpenCode Session");
  item.command = SWITCH_SESSION;

  const draw = (): void => {
    const content = statusBarContent(store.state, activeSession.current, Date.now());
    if (content === undefined) {
      item.hide();
      return;
    }
    item.text = content.text;
    item.tooltip = new vscode.MarkdownString(content.tooltip);
    item.accessibilityInformation = { label: content.accessibilityLabel, role: "button" };
    item.backgroundColor = content.isWarning
      ? new vscode.ThemeColor("statusBarItem.warningBackground")
      : undefined;
    item.show();
  };
  const update = new Paced(INTERVAL_MS, draw);
  const stop = store.onDidChange(({ sessions, servers, structure }) => {
    const { current } = activeSession;
    const isAbout =
      current !== undefined && sessions.has(sessionKey(current.serverID, current.sessionID));
    if (isAbout || structure || servers.size > 0) update.request();
  });
  const tick = setInterval(draw, TICK_MS);
  const subscriptions = vscode.Disposable.from(
    item,
    update,
    new vscode.Disposable(stop),
    new vscode.Disposable(() => {
      clearInterval(tick);
    }),
    activeSession.onDidChange(() => {
      update.request();
    }),
  );
  draw();
  return subscriptions;
}
