import path from "node:path";
import * as vscode from "vscode";

import { Store } from "../core/state/store.ts";
import { Configuration } from "../platform/configuration.ts";
import { ContextKeys } from "../platform/contextKeys.ts";
import { thrownAt } from "../core/log.ts";
import { createOutputLog, type OutputLog } from "../platform/log.ts";
import { isAboutCurrency, applyCurrency } from "../platform/usageConfiguration.ts";
import { Passwords } from "../platform/secrets.ts";
import { AttentionQueue } from "../views/notices/attentionQueue.ts";
import { TreeOptionsState } from "../views/tree/treeOptions.ts";
import { WindowSession } from "../views/tree/windowSession.ts";
import { ClaimedTurns } from "./claimedTurns.ts";

/** What a window knows: the state of all servers, the settings, and the user's remembered choices. */
export interface WindowState {
  readonly log: OutputLog;
  readonly configuration: Configuration;
  readonly passwords: Passwords;
  readonly contextKeys: ContextKeys;
  readonly store: Store;
  readonly treeOptions: TreeOptionsState;
  readonly activeSession: WindowSession;
  readonly attention: AttentionQueue;
  readonly turns: ClaimedTurns;
  /** Called last: the window's other parts may still log and read the state while they shut down. */
  dispose(): void;
}

/** Creates the state of a window, without any servers yet. */
export function createState(context: vscode.ExtensionContext): WindowState {
  const log = createOutputLog("OpenCode Sessions");
  const configuration = new Configuration();
  applyCurrency();
  const contextKeys = new ContextKeys();
  const store = new Store(undefined, (error) => {
    log.error("store", `a listener failed: ${thrownAt(error)}`);
  });
  const memento = context.workspaceState;
  const treeOptions = new TreeOptionsState(
    memento,
    context.globalState,
    contextKeys,
    configuration.read(),
  );
  // The first listener: those that redraw after it find the new currency.
  const currency = configuration.onDidChange((changed) => {
    if (!isAboutCurrency(changed)) return;
    applyCurrency();
    treeOptions.redraw();
  });
  const activeSession = new WindowSession({ store, treeOptions, memento, contextKeys });
  const attention = new AttentionQueue({ store, activeSession, memento, contextKeys });
  const turns = new ClaimedTurns({
    folder: path.join(context.globalStorageUri.fsPath, "told"),
    isInFront: () => vscode.window.state.focused,
    log,
  });
  return {
    log,
    configuration,
    passwords: new Passwords(context.secrets),
    contextKeys,
    store,
    treeOptions,
    activeSession,
    attention,
    turns,
    dispose: () => {
      const parts = [currency, turns, attention, activeSession, treeOptions, store, log];
      for (const part of parts) part.dispose();
    },
  };
}
