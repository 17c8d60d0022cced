/**
 * The front door of usage: creates the ledger with its budgets and connects them once the first server has
 * sessions; only the front door imports it.
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";

import { reportFailure } from "./commands/reportFailure.ts";
import { runningSessions } from "./core/usage/budgetWork.ts";
import { withoutDemo } from "./core/state/withoutDemo.ts";
import { isLoopbackURL } from "./core/state/endpoint.ts";
import { budgetsOf } from "./core/agents/sessionStatus.ts";
import type { UsageMaintenance } from "./core/state/health.ts";
import { similarTasks, type TaskCosts, taskCosts } from "./core/ledger/taskCosts.ts";
import { usageOf } from "./core/ledger/usageBy.ts";

import { getSession, rootOf } from "./core/state/lookup.ts";
import { placeNames } from "./core/usage/placeNames.ts";
import { contextUse } from "./core/state/selectors.ts";
import type { SessionRef } from "./core/state/session.ts";
import type { State } from "./core/state/state.ts";
import type { Store } from "./core/state/store.ts";
import type { UsageSnapshot, UsageSource } from "./core/usage/usageSource.ts";
import { feedCosts } from "./history/costFeed.ts";
import { databasePath } from "./history/databasePath.ts";
import type { LoadedUsage } from "./history/lazyUsage.ts";
import { usageMaintenance } from "./history/usageMaintenance.ts";
import { UsageHistory } from "./history/usageHistory.ts";
import type { OutputLog } from "./platform/log.ts";
import { readUsageSettings } from "./platform/usageConfiguration.ts";
import type { Credentials } from "./server/connection.ts";
import { detectServer } from "./server/detectServer.ts";
import { readClock } from "./server/http.ts";
import type { ServerPool } from "./server/serverPool.ts";
import { budgetHint, type BudgetNames, budgetNames } from "./viewModels/usage/budgetText.ts";
import { cleanTitle } from "./viewModels/text/format.ts";
import { taskHint } from "./viewModels/usage/taskHint.ts";
import { usageNames } from "./viewModels/usage/usageNames.ts";
import { usageTooltip } from "./viewModels/usage/usageTooltip.ts";
import { BudgetNotifier } from "./views/notices/budgetNotifier.ts";
import { ProblemNotice } from "./views/notices/problemNotice.ts";
import type { WindowTurns } from "./views/notices/windowTurns.ts";

export interface UsageOptions {
  readonly context: vscode.ExtensionContext;
  readonly store: Store;
  readonly pool: ServerPool;
  readonly log: OutputLog;
}

interface LedgerOptions extends UsageOptions {
  readonly turns: WindowTurns;
}

type PlaceOf = UsageSource["placeOf"];

/** Opens this window's ledger. Rejects if its folder can be neither read nor created. */
export async function loadUsage(options: LedgerOptions): Promise<LoadedUsage> {
  const { context, store, pool, log } = options;
  let read = readUsageSettings();
  const notice = new ProblemNotice(log, context.globalState);
  const showProblems = (): void => {
    notice.update(
      read.problems.map(({ key, message }) => {
        return { subject: `opencodeSessions.${key}`, severity: "error", message } as const;
      }),
    );
  };
  showProblems();
  const history = await UsageHistory.open({
    folder: ledgerFolder(context),
    worker: workerFile(context),
    getState: () => withoutDemo(store.state),
    reader: (serverID) => pool.gateway(serverID),
    databaseOf: (serverID) => databaseOf(options, serverID),
    settings: () => read.settings,
    calendar: { timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    now: Date.now,
    log,
  });

  const placeOf: PlaceOf = (serverID) => history.placeOf(serverID);
  const names = namesOf(store, () => history.current(), placeOf);
  const notifier = new BudgetNotifier({
    snapshot: () => history.current(),
    names,
    memento: context.globalState,
    isSet: () => read.settings.budgets.length > 0,
    stopsAutomatically: () => read.settings.stopsAtBudget,
    busySessions: (use) => runningSessions(withoutDemo(store.state), use, placeOf),
    stop: (refs) => stopSessions(options, refs),
    turns: options.turns,
  });
  const checkBudgets = (): void => {
    if (read.settings.budgets.length > 0) notifier.update();
  };
  const stops = [
    feedCosts({
      usage: history,
      getState: () => withoutDemo(store.state),
      dispatch: (action) => {
        store.dispatch(action);
      },
    }),
    history.onDidChange(checkBudgets),
    // Sessions that start while a budget is used up are asked about too.
    store.onDidChange(({ sessions }) => {
      if (sessions.size > 0) checkBudgets();
    }),
  ];
  checkBudgets();

  return {
    onAction: history.onAction,
    current: () => history.current(),
    onDidChange: (listener) => history.onDidChange(listener),
    refill: () => history.refill(),
    cancelFill: () => {
      history.cancelFill();
    },
    placeOf,
    statusExtras: (ref) => history.statusExtras(ref),
    tooltip: (ref) => tooltipOf(store, history, names, ref),
    taskHint: taskHints(store, () => history.current()),
    budgetHint: (ref) => {
      const uses = budgetsOf(store.state, ref, history.statusExtras(ref));
      return budgetHint(uses, names, history.current().currency);
    },
    snoozeBudgets: () => notifier.snooze(),
    settingsChanged: () => {
      read = readUsageSettings();
      showProblems();
      history.settingsChanged();
    },
    dispose: async () => {
      for (const stop of stops) stop();
      notifier.dispose();
      await history.dispose();
    },
  };
}

/** The likely database of a server on this machine; the ledger checks whether it really is that server's. */
async function databaseOf(
  { store, pool }: UsageOptions,
  serverID: string,
): Promise<string | undefined> {
  const endpoint = store.state.servers.get(serverID)?.endpoint;
  if (endpoint === undefined || endpoint.origin === "kubernetes") return undefined;
  if (!isLoopbackURL(endpoint.url)) return undefined;
  return (await pool.databaseFile(serverID)) ?? defaultDatabase();
}

/** Where an OpenCode in this environment keeps its database, if there is one. */
function defaultDatabase(): string | undefined {
  const file = databasePath(process.env, homedir());
  return file !== undefined && existsSync(file) ? file : undefined;
}

/** Creates the maintenance of databases and ledger; it works even if the ledger can't be opened. */
export function createMaintenance(
  options: UsageOptions & {
    readonly credentials: Credentials;
  },
  usage: UsageSource,
): UsageMaintenance {
  const { context, store, credentials } = options;
  return usageMaintenance({
    folder: ledgerFolder(context),
    worker: workerFile(context),
    getState: () => withoutDemo(store.state),
    usage,
    databases: async () => {
      const found = await Promise.all(
        [...store.state.servers.keys()].map((serverID) => databaseOf(options, serverID)),
      );
      const files = [...found, defaultDatabase()].filter((file) => file !== undefined);
      return [...new Set(files)];
    },
    ask: async ({ endpoint }, signal) => {
      const { url, username } = endpoint;
      const password = await credentials.password(endpoint);
      if (!password.ok) return password;
      const fetch = await credentials.fetch?.(endpoint);
      return await detectServer({ url, username, password: password.value, fetch }, signal);
    },
    readClock: async ({ endpoint }, signal) => {
      const isAllowed = (await credentials.password(endpoint)).ok;
      return isAllowed ? await readClock(endpoint, signal) : undefined;
    },
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    now: Date.now,
  });
}

function ledgerFolder(context: vscode.ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, "usage");
}

function workerFile(context: vscode.ExtensionContext): string {
  return context.asAbsolutePath("dist/ledgerWorker.cjs");
}

/** Interrupts sessions, and returns how many succeeded. */
async function stopSessions(
  { store, pool, log }: UsageOptions,
  refs: readonly SessionRef[],
): Promise<number> {
  let stopped = 0;
  for (const ref of refs) {
    const session = getSession(store.state, ref);
    const gateway = pool.gateway(ref.serverID);
    if (session === undefined || gateway === undefined) continue;
    const answer = await gateway.interrupt(session);
    if (answer.ok) stopped++;
    else
      reportFailure(log, vscode.l10n.t("Stop “{0}”", cleanTitle(session.title, 40)), answer.error);
  }
  return stopped;
}

function tooltipOf(
  store: Store,
  history: UsageHistory,
  names: BudgetNames,
  ref: SessionRef | undefined,
): string {
  const snapshot = history.current();
  if (ref === undefined || getSession(store.state, ref) === undefined) {
    return usageTooltip({ snapshot, names, session: undefined });
  }
  const { budgets = [], rate, turns } = history.statusExtras(ref);
  const treeIDs = new Set([rootOf(store.state, ref).sessionID]);
  return usageTooltip({
    snapshot,
    names,
    session: {
      tree: usageOf(snapshot.table, { treeIDs }, snapshot.prices),
      budgets,
      rate,
      turns,
      contextLimit: contextUse(store.state, ref)?.contextLimit,
    },
  });
}

/** What tasks like a given one have cost. The costs of all tasks are recomputed when the ledger changes. */
function taskHints(store: Store, current: () => UsageSnapshot): LoadedUsage["taskHint"] {
  let known:
    | (Pick<UsageSnapshot, "table" | "prices"> & {
        readonly revision: number;
        readonly costs: TaskCosts;
      })
    | undefined;
  return (task) => {
    const { table, prices, currency } = current();
    const { revision } = table;
    const isSame = known?.table === table && known.revision === revision && known.prices === prices;
    if (known === undefined || !isSame) {
      known = { table, revision, prices, costs: taskCosts(table, prices) };
    }
    const agent = task.agent === "" ? mostUsedAgent(store.state) : task.agent;
    const cost = similarTasks(known.costs, { ...task, agent });
    return cost === undefined ? undefined : taskHint(cost, currency);
  };
}

/** The agent of most root sessions: likely the servers' default. */
function mostUsedAgent({ servers }: State): string {
  const counts = new Map<string, number>();
  for (const { sessions } of servers.values()) {
    for (const { parentID, agent } of sessions.values()) {
      if (parentID !== undefined || agent === undefined) continue;
      counts.set(agent, (counts.get(agent) ?? 0) + 1);
    }
  }
  const [usual] = [...counts].sort(([, a], [, b]) => b - a);
  return usual?.[0] ?? "build";
}

/** Names as in the views; for a project the ledger doesn't know yet, the name its server reports. */
function namesOf(store: Store, snapshot: () => UsageSnapshot, placeOf: PlaceOf): BudgetNames {
  let made: { readonly of: UsageSnapshot; readonly names: BudgetNames } | undefined;
  const known = (): BudgetNames => {
    const now = snapshot();
    if (made?.of !== now) {
      const names = usageNames(now.table, placeNames(store.state, placeOf));
      made = { of: now, names: budgetNames(now.table, names) };
    }
    return made.names;
  };
  const reportedName = (key: string): string | undefined => {
    for (const { projects } of store.state.servers.values()) {
      const project = projects.get(key);
      if (project !== undefined) return project.name ?? path.basename(project.worktree);
    }
    return undefined;
  };
  return {
    titleOf: (id) => known().titleOf(id),
    projectOf: (key) => known().projectOf(key) ?? reportedName(key),
    placeOf: (id) => known().placeOf(id),
  };
}
