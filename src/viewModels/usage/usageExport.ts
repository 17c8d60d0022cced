import { expensiveSessions } from "../../core/ledger/expensiveSessions.ts";
import { compileQuery, matchesFilter, type LedgerQuery } from "../../core/ledger/ledgerQuery.ts";
import type { LedgerSum } from "../../core/ledger/ledgerSum.ts";
import { viewLedger } from "../../core/ledger/ledgerView.ts";
import { sumRows } from "../../core/ledger/sumRows.ts";
import {
  type LedgerSession,
  projectKeyOf,
  ROW_BAD_FIGURES,
  ROW_GONE,
  ROW_SUMMARY,
  tokensOf,
} from "../../core/ledger/table.ts";
import { bucketIndex, startsOf, timeBuckets } from "../../core/ledger/timeBuckets.ts";
import { usageBy } from "../../core/ledger/usageBy.ts";
import { modelKey } from "../../core/state/model.ts";
import {
  priceUsage,
  type Tokens,
  totalTokens,
  totalUSD,
  writtenCost,
} from "../../core/usage/usage.ts";
import type { UsageSnapshot } from "../../core/usage/usageSource.ts";
import { KIND_CSV } from "../cards/table.ts";
import { type CsvCell, csvText } from "../text/csv.ts";
import { byKind, TOKEN_KINDS } from "../breakdown/tokenKinds.ts";
import { figuresJSON } from "../text/figuresJSON.ts";

/*
 * Usage as files for other programs: exact figures, amounts in US dollars, times in ISO 8601 and UTC. An unpriced
 * cost is empty in CSV and null in JSON, never 0.
 */

export type UsageExportSource = Pick<UsageSnapshot, "table" | "prices" | "calendar" | "nowMs">;

const SUM_COLUMNS = [
  "answers",
  ...KIND_CSV,
  "total_tokens",
  "cost_usd",
  "cost_state",
  "recorded_usd",
  "estimated_usd",
  "unpriced_tokens",
  "also_spent_usd",
  "also_spent_state",
  "copied_usd",
  "copied_state",
] as const;

function sumCells({ messages, spent, alsoSpent, copied }: LedgerSum): CsvCell[] {
  const { costUSD, costState, recordedUSD, estimatedUSD } = writtenCost(spent);
  const [gone, copies] = [writtenCost(alsoSpent), writtenCost(copied)];
  return [
    messages,
    ...kindAmounts(spent.tokens),
    totalTokens(spent.tokens),
    costUSD,
    costState,
    recordedUSD,
    estimatedUSD,
    spent.unpricedTokens,
    gone.costUSD,
    gone.costState,
    copies.costUSD,
    copies.costState,
  ];
}

function kindAmounts(tokens: Tokens): readonly number[] {
  const figures = byKind(tokens);
  return TOKEN_KINDS.map((kind) => figures[kind]);
}

/** A group of rows of one day with the same model, agent, project and place. */
interface DayGroup {
  readonly day: string;
  readonly model: string;
  readonly agent: string;
  readonly project: string;
  readonly place: string;
  readonly sum: LedgerSum;
}

/** Usage by local day, model, agent, project and place, oldest day first. Rows without a time have no day. */
function dayGroups(
  { table, prices, calendar, nowMs }: UsageExportSource,
  query: LedgerQuery,
): DayGroup[] {
  const view = viewLedger(table);
  const filter = compileQuery(view, query);
  let firstMs = nowMs;
  for (let row = 0; row < table.length; row++) {
    const createdMs = table.createdMs[row] ?? 0;
    if (createdMs > 0 && createdMs < firstMs && matchesFilter(filter, table, row))
      firstMs = createdMs;
  }
  const days = timeBuckets("day", firstMs, nowMs + 86_400_000, calendar);
  const starts = startsOf(days);
  const placeNames = new Map(table.places.map(({ id, name }) => [id, name]));
  const groups = new Map<string, number>();
  const facts: Omit<DayGroup, "sum">[] = [];
  const groupOfRow = new Int32Array(table.length).fill(-1);
  for (let row = 0; row < table.length; row++) {
    if (!matchesFilter(filter, table, row)) continue;
    const createdMs = table.createdMs[row] ?? 0;
    const bucket = createdMs < firstMs ? -1 : bucketIndex(starts, createdMs);
    const session = table.sessions[table.session[row] ?? 0];
    const model = table.models[table.model[row] ?? 0];
    const fact = {
      day: days[bucket]?.name ?? "",
      model: model === undefined || model.modelID === "" ? "" : modelKey(model),
      agent: table.agents[table.agent[row] ?? 0] ?? "",
      project: session === undefined ? "" : projectKeyOf(session),
      place: placeNames.get(session?.placeID ?? "") ?? session?.placeID ?? "",
    };
    const key = JSON.stringify(fact);
    let group = groups.get(key);
    if (group === undefined) {
      group = facts.length;
      groups.set(key, group);
      facts.push(fact);
    }
    groupOfRow[row] = group;
  }
  const sums = sumRows(view, filter, prices, facts.length, (row) => groupOfRow[row] ?? -1);
  return facts
    .map((fact, group) => ({ ...fact, sum: sums.sum(group) }))
    .sort((a, b) =>
      a.day < b.day ? -1 : a.day > b.day ? 1 : totalUSD(b.sum.spent) - totalUSD(a.sum.spent),
    );
}

/** Usage by local day, model, agent, project and place as CSV. */
export function usageCSV(source: UsageExportSource, query: LedgerQuery): string {
  return csvText([
    ["day", "model", "agent", "project", "place", ...SUM_COLUMNS],
    ...dayGroups(source, query).map(({ day, model, agent, project, place, sum }) => [
      day,
      model,
      agent,
      project,
      place,
      ...sumCells(sum),
    ]),
  ]);
}

interface SessionLine {
  readonly session: LedgerSession;
  readonly rootID: string;
  readonly own: LedgerSum;
  readonly tree: LedgerSum | undefined;
}

/** Every session with rows that match the query: the most expensive trees first, each tree's root first. */
function sessionLines({ table, prices }: UsageExportSource, query: LedgerQuery): SessionLine[] {
  const view = viewLedger(table);
  const trees = expensiveSessions(table, query, prices, Infinity);
  const rank = new Map(trees.map(({ session }, index) => [session.id, index]));
  const treeOf = new Map(trees.map(({ session, tree }) => [session.id, tree]));
  return usageBy(table, "session", query, prices)
    .flatMap(({ key, sum }) => {
      const index = table.sessionIndex(key) ?? -1;
      const session = table.sessions[index];
      if (session === undefined) return [];
      const rootID = table.sessions[view.root[index] ?? index]?.id ?? key;
      return { session, rootID, own: sum, tree: rootID === key ? treeOf.get(key) : undefined };
    })
    .sort(
      (a, b) =>
        (rank.get(a.rootID) ?? 0) - (rank.get(b.rootID) ?? 0) ||
        Number(b.session.id === b.rootID) - Number(a.session.id === a.rootID),
    );
}

/** Sessions with their own figures and, for root sessions, those of their trees, as CSV. */
export function sessionsCSV(source: UsageExportSource, query: LedgerQuery): string {
  const { table } = source;
  return csvText([
    [
      "session_id",
      "root_id",
      "parent_id",
      "title",
      "directory",
      "project",
      "place",
      "command",
      "created",
      "fork_of",
      "is_deleted",
      ...SUM_COLUMNS.map((name) => `own_${name}`),
      ...SUM_COLUMNS.map((name) => `tree_${name}`),
    ],
    ...sessionLines(source, query).map(({ session, rootID, own, tree }): CsvCell[] => [
      session.id,
      rootID,
      session.parentID,
      session.title,
      session.directory,
      projectKeyOf(session),
      table.places.find((place) => place.id === session.placeID)?.name ?? session.placeID,
      session.command,
      isoTime(session.createdMs),
      session.forkOfID,
      session.isGone,
      ...sumCells(own),
      ...(tree === undefined ? SUM_COLUMNS.map(() => undefined) : sumCells(tree)),
    ]),
  ]);
}

/** Every answer as CSV, oldest first. */
export function answersCSV(source: UsageExportSource, query: LedgerQuery): string {
  const { table, prices } = source;
  const view = viewLedger(table);
  const filter = compileQuery(view, query);
  const rows: number[] = [];
  for (let row = 0; row < table.length; row++)
    if (matchesFilter(filter, table, row)) rows.push(row);
  rows.sort((a, b) => (table.createdMs[a] ?? 0) - (table.createdMs[b] ?? 0));
  return csvText([
    [
      "created",
      "message_id",
      "session_id",
      "root_id",
      "model",
      "agent",
      ...KIND_CSV,
      "total_tokens",
      "cost_usd",
      "cost_state",
      "is_copy",
      "is_forgotten",
      "is_compaction",
      "has_bad_figures",
    ],
    ...rows.map((row): CsvCell[] => {
      const index = table.session[row] ?? 0;
      const model = table.models[table.model[row] ?? 0];
      const key = model === undefined ? "" : modelKey(model);
      const flags = table.flags[row] ?? 0;
      const tokens = tokensOf(table, row);
      const usage = priceUsage(tokens, table.costUSD[row] ?? 0, prices.get(key));
      const { costUSD, costState } = writtenCost(usage);
      return [
        isoTime(table.createdMs[row] ?? 0),
        table.messageID(row),
        table.sessions[index]?.id,
        table.sessions[view.root[index] ?? index]?.id,
        key === "/" ? "" : key,
        table.agents[table.agent[row] ?? 0],
        ...kindAmounts(tokens),
        totalTokens(tokens),
        costUSD,
        costState,
        view.isCopy[row] === 1,
        (flags & ROW_GONE) !== 0,
        (flags & ROW_SUMMARY) !== 0,
        (flags & ROW_BAD_FIGURES) !== 0,
      ];
    }),
  ]);
}

/** Name of the JSON export's schema; the number increases with breaking changes. */
export const USAGE_SCHEMA = "opencode-sessions.usage/1";

export function usageJSON(source: UsageExportSource, query: LedgerQuery): string {
  const { calendar, nowMs } = source;
  const value = {
    schema: USAGE_SCHEMA,
    exported: isoTime(nowMs),
    timeZone: calendar.timeZone,
    from: query.fromMs === undefined ? null : isoTime(query.fromMs),
    until: query.untilMs === undefined ? null : isoTime(query.untilMs),
    days: dayGroups(source, query).map(({ sum, ...group }) => ({ ...group, ...sumJSON(sum) })),
    sessions: sessionLines(source, query).map(({ session, rootID, own, tree }) => ({
      id: session.id,
      rootID,
      parentID: session.parentID ?? null,
      title: session.title,
      directory: session.directory,
      project: projectKeyOf(session),
      placeID: session.placeID,
      command: session.command ?? null,
      created: isoTime(session.createdMs) ?? null,
      forkOf: session.forkOfID ?? null,
      isDeleted: session.isGone,
      own: sumJSON(own),
      tree: tree === undefined ? null : sumJSON(tree),
    })),
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function sumJSON({ messages, spent, copied, alsoSpent, badMessages }: LedgerSum): object {
  return {
    answers: messages,
    spent: figuresJSON(spent),
    alsoSpent: figuresJSON(alsoSpent),
    copied: figuresJSON(copied),
    answersWithBadFigures: badMessages,
  };
}

/** Undefined for a missing or invalid time. */
function isoTime(ms: number): string | undefined {
  const date = new Date(ms);
  return ms <= 0 || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
