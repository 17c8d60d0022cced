import { modelKey } from "../state/model.ts";
import type { ModelPrice } from "../usage/usage.ts";
import type { LedgerView } from "./ledgerView.ts";
import { type LedgerTable, projectKeyOf } from "./table.ts";

/** List prices by `modelKey`: the servers' catalogues, overridden by the user's prices. */
export type PriceTable = ReadonlyMap<string, ModelPrice>;

/** Which rows are requested. Omitted fields don't restrict the result. */
export interface LedgerQuery {
  /** Inclusive; milliseconds since the epoch. */
  readonly fromMs?: number;
  /** Exclusive. */
  readonly untilMs?: number;
  readonly placeIDs?: ReadonlySet<string>;
  /** Keys from `projectKeyOf`. */
  readonly projectKeys?: ReadonlySet<string>;
  readonly modelKeys?: ReadonlySet<string>;
  readonly agents?: ReadonlySet<string>;
  /** Sessions by ID, without their descendants. */
  readonly sessionIDs?: ReadonlySet<string>;
  /** Root sessions by ID, with all their descendants. */
  readonly treeIDs?: ReadonlySet<string>;
  /** Only rows of root sessions, or only those of the sessions they started. */
  readonly origin?: "root" | "child";
}

/** A query compiled for a pass over the rows. */
export interface RowFilter {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Whether rows match regardless of their time, including those without a time. */
  readonly isAllTime: boolean;
  /** 1 at the indices of matching sessions, models and agents; undefined if all match. */
  readonly sessions: Uint8Array | undefined;
  readonly models: Uint8Array | undefined;
  readonly agents: Uint8Array | undefined;
}

export function compileQuery(view: LedgerView, query: LedgerQuery): RowFilter {
  const { table } = view;
  const { modelKeys, agents } = query;
  return {
    fromMs: query.fromMs ?? -Infinity,
    untilMs: query.untilMs ?? Infinity,
    isAllTime: query.fromMs === undefined && query.untilMs === undefined,
    sessions: sessionsOf(view, query),
    models: modelKeys && Uint8Array.from(table.models, (model) => +modelKeys.has(modelKey(model))),
    agents: agents && Uint8Array.from(table.agents, (agent) => +agents.has(agent)),
  };
}

function sessionsOf(view: LedgerView, query: LedgerQuery): Uint8Array | undefined {
  const { placeIDs, projectKeys, sessionIDs, treeIDs, origin } = query;
  if (
    placeIDs === undefined &&
    projectKeys === undefined &&
    sessionIDs === undefined &&
    treeIDs === undefined &&
    origin === undefined
  ) {
    return undefined;
  }
  const { sessions } = view.table;
  return Uint8Array.from(sessions, (session, index) => {
    const root = sessions[view.root[index] ?? index];
    const matchesFilter =
      (placeIDs === undefined || placeIDs.has(session.placeID)) &&
      (projectKeys === undefined || projectKeys.has(projectKeyOf(session))) &&
      (sessionIDs === undefined || sessionIDs.has(session.id)) &&
      (treeIDs === undefined || (root !== undefined && treeIDs.has(root.id))) &&
      (origin === undefined || (origin === "child") === (view.parent[index] ?? -1) >= 0);
    return matchesFilter ? 1 : 0;
  });
}

/** Whether a row passes a filter. */
export function matchesFilter(filter: RowFilter, table: LedgerTable, row: number): boolean {
  const { sessions, models, agents } = filter;
  if (!filter.isAllTime) {
    const createdMs = table.createdMs[row] ?? 0;
    if (createdMs < filter.fromMs || createdMs >= filter.untilMs) return false;
  }
  return (
    (sessions === undefined || sessions[table.session[row] ?? 0] === 1) &&
    (models === undefined || models[table.model[row] ?? 0] === 1) &&
    (agents === undefined || agents[table.agent[row] ?? 0] === 1)
  );
}
