/**
 * The front door of usage: builds the ledger with its budgets and connects them. A bundle of its own, loaded when
 * the first server tells its sessions; only `extension.ts` imports it.
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type * as vscode from "vscode";

import { isLoopbackURL } from "./core/endpoint.ts";
import type { Log } from "./core/log.ts";
import type { Store } from "./core/store.ts";
import { databasePath } from "./history/databasePath.ts";
import type { LoadedUsage } from "./history/lazyUsage.ts";
import { UsageHistory } from "./history/usageHistory.ts";
import { readUsageSettings } from "./platform/usageConfiguration.ts";
import type { ServerPool } from "./server/serverPool.ts";
import { ProblemNotice } from "./views/problemNotice.ts";

export interface UsageOptions {
  readonly context: vscode.ExtensionContext;
  readonly store: Store;
  readonly pool: ServerPool;
  readonly log: Log;
}

/** Opens the ledger of this window. Rejects when its folder can be neither read nor made. */
export async function loadUsage(options: UsageOptions): Promise<LoadedUsage> {
  const { context, store, pool, log } = options;
  let read = readUsageSettings();
  const notice = new ProblemNotice(log);
  const tellProblems = (): void => {
    notice.update(
      read.problems.map(({ key, message }) => {
        return { subject: `opencodeSessions.${key}`, severity: "error", message } as const;
      }),
    );
  };
  tellProblems();
  const history = await UsageHistory.open({
    folder: path.join(context.globalStorageUri.fsPath, "usage"),
    worker: context.asAbsolutePath("dist/ledgerWorker.cjs"),
    getState: () => store.state,
    reader: (serverID) => pool.gateway(serverID),
    databaseOf: async (serverID) => (await pool.databaseFile(serverID)) ?? likelyDatabase(serverID),
    settings: () => read.settings,
    calendar: { timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    now: Date.now,
    log,
  });

  /** For a server of this machine that does not tell: the ledger finds out whether it is that server's. */
  function likelyDatabase(serverID: string): string | undefined {
    const endpoint = store.state.servers.get(serverID)?.endpoint;
    if (endpoint === undefined || endpoint.origin === "kubernetes") return undefined;
    if (!isLoopbackURL(endpoint.url)) return undefined;
    const file = databasePath(process.env, homedir());
    return file !== undefined && existsSync(file) ? file : undefined;
  }

  return {
    onAction: history.onAction,
    current: () => history.current(),
    onDidChange: (listener) => history.onDidChange(listener),
    refill: () => {
      history.refill();
    },
    cancelFill: () => {
      history.cancelFill();
    },
    placeOf: (serverID) => history.placeOf(serverID),
    statusExtras: (ref) => history.statusExtras(ref),
    tooltip: () => "",
    settingsChanged: () => {
      read = readUsageSettings();
      tellProblems();
      history.settingsChanged();
    },
    dispose: () => history.dispose(),
  };
}
