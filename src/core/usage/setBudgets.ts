import { trimEndOf } from "../trim.ts";
import {
  type Budget,
  type BudgetContext,
  type BudgetUse,
  budgetUse,
  treeBudgetUses,
} from "./budget.ts";
import { usageBy } from "../ledger/usageBy.ts";
import { type LedgerPlace, type LedgerTable, projectKeyOf } from "../ledger/table.ts";
import type { State } from "../state/state.ts";
import { budgetID, type BudgetSetting, type UsageSettings } from "./usageSettings.ts";

/** Session budgets cover the session trees with usage within this time. */
const RECENT_TREES_MS = 24 * 3_600_000;

/** The data needed to evaluate budgets. */
export interface BudgetInputs extends BudgetContext {
  readonly state: State;
  readonly placeOf: (serverID: string) => LedgerPlace | undefined;
  readonly settings: Pick<UsageSettings, "budgets" | "budgetCounts">;
}

/**
 * How far the configured budgets are used up, trees of a session budget most used first. Budgets for an unknown
 * project or server are returned in `unknown`: it may just not be available now.
 */
export function budgetUses(around: BudgetInputs): {
  readonly uses: readonly BudgetUse[];
  readonly unknown: readonly BudgetSetting[];
} {
  const unknown: BudgetSetting[] = [];
  const uses = around.settings.budgets.flatMap((setting) => {
    const budget = budgetOf(setting, around);
    if (budget === undefined) {
      unknown.push(setting);
      return [];
    }
    return budget.period === "session"
      ? treeBudgetUses(around, budget, recentTrees(around))
      : [budgetUse(around, budget)];
  });
  return { uses, unknown };
}

/** How far one tree uses up the session budgets, regardless of when it was last active. */
export function budgetsOfTree(around: BudgetInputs, treeID: string): readonly BudgetUse[] {
  return around.settings.budgets
    .filter(({ period }) => period === "session")
    .flatMap((setting) => {
      const budget = budgetOf(setting, around);
      return budget === undefined ? [] : treeBudgetUses(around, budget, new Set([treeID]));
    });
}

/** Translates a budget setting to ledger IDs; undefined if its project or server is unknown. */
function budgetOf(
  setting: BudgetSetting,
  { table, state, placeOf, settings }: BudgetInputs,
): Budget | undefined {
  const { period, limit, unit, project, server } = setting;
  const projectKey = project === undefined ? undefined : projectKeyNamed(project, table, state);
  const placeID = server === undefined ? undefined : placeNamed(server, table, state, placeOf);
  if (project !== undefined && projectKey === undefined) return undefined;
  if (server !== undefined && placeID === undefined) return undefined;
  return {
    id: budgetID(setting),
    period,
    limit,
    unit,
    counts: settings.budgetCounts,
    ...(projectKey === undefined ? {} : { projectKey }),
    ...(placeID === undefined ? {} : { placeID }),
  };
}

/** Finds a project's key by its ID, name or folder. */
function projectKeyNamed(name: string, table: LedgerTable, state: State): string | undefined {
  const folder = name.length > 1 ? trimEndOf(name, "/\\") : name;
  for (const { projects } of state.servers.values()) {
    for (const project of projects.values()) {
      if (project.worktree === "/" || project.worktree === "") continue;
      if ([project.id, project.name, project.worktree].includes(folder)) return project.id;
    }
  }
  for (const session of table.sessions) {
    if (session.projectID === name || session.directory === folder) return projectKeyOf(session);
  }
  return undefined;
}

/** Finds a place's ID by the name, address or ID of its server, or by its own name or ID. */
function placeNamed(
  name: string,
  table: LedgerTable,
  state: State,
  placeOf: BudgetInputs["placeOf"],
): string | undefined {
  const address = trimEndOf(name, "/");
  for (const [serverID, { endpoint }] of state.servers) {
    if ([endpoint.name, endpoint.url, serverID].includes(address)) {
      const place = placeOf(serverID);
      if (place !== undefined) return place.id;
    }
  }
  return table.places.find((place) => place.name === name || place.id === address)?.id;
}

/** Root sessions of trees with recent usage. */
function recentTrees({ table, prices, nowMs }: BudgetContext): ReadonlySet<string> {
  const recent = { fromMs: nowMs - RECENT_TREES_MS };
  return new Set(usageBy(table, "tree", recent, prices).map(({ key }) => key));
}
