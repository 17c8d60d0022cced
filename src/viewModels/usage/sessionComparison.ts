import { t } from "../../core/language.ts";
import type { Currency } from "../../core/usage/currency.ts";
import { cacheHitRate } from "../../core/ledger/cacheEfficiency.ts";
import { compileQuery, matchesFilter, type PriceTable } from "../../core/ledger/ledgerQuery.ts";
import type { LedgerSum } from "../../core/ledger/ledgerSum.ts";
import { viewLedger } from "../../core/ledger/ledgerView.ts";
import { sessionTurns } from "../../core/ledger/sessionTurns.ts";
import { type LedgerTable, sessionIn } from "../../core/ledger/table.ts";
import { usageBy, usageOf } from "../../core/ledger/usageBy.ts";
import { addTokens, costState, totalTokens, type Usage } from "../../core/usage/usage.ts";
import { byKind, kindLabel, TOKEN_KINDS } from "../breakdown/tokenKinds.ts";
import type { Card, Cell, Control, Row, Table } from "../cards/card.ts";
import { costCells, count, figures, percent, text, words } from "../cards/table.ts";
import { cleanTitle, formatCount, formatDuration, UNKNOWN } from "../text/format.ts";
import { formatMoney } from "../text/money.ts";
import type { SessionSlot } from "./usageChoices.ts";
import { type CardContext, sumJSON } from "./usageMeasures.ts";
import { costText } from "./usageMoney.ts";
import { sessionJSON, type SessionNamer, type UsageSession } from "./usageSessions.ts";
import type { UsageNames } from "./usageNames.ts";

/** One of two compared sessions: its figures over all time, including everything it started. */
export interface ComparedSession {
  readonly session: UsageSession;
  readonly own: LedgerSum;
  readonly tree: LedgerSum;
  readonly descendants: number;
  /** Turns of the session itself. */
  readonly turns: number;
  /** From the first answer of the tree to the start of the last one. */
  readonly durationMs: number | undefined;
  readonly largestContext: number | undefined;
  readonly hitRate: number | undefined;
  readonly models: readonly string[];
  readonly agents: readonly string[];
}

/** The figures of one session for a comparison; undefined if the ledger doesn't know it. */
export function comparedSession(
  table: LedgerTable,
  sessionID: string,
  prices: PriceTable,
  names: UsageNames,
  nameOf: SessionNamer,
): ComparedSession | undefined {
  const session = sessionIn(table, sessionID);
  if (session === undefined) return undefined;
  const members = descendantIDs(table, sessionID);
  const query = { sessionIDs: members };
  const tree = usageOf(table, query, prices);
  const turns = sessionTurns(table, sessionID);
  const contexts = turns.flatMap(({ contextTokens }) => contextTokens ?? []);
  const keys = (dimension: "model" | "agent"): readonly string[] =>
    usageBy(table, dimension, query, prices).map(({ key }) => names.label(dimension, key));
  return {
    session: nameOf(session),
    own: usageOf(table, { sessionIDs: new Set([sessionID]) }, prices),
    tree,
    descendants: members.size - 1,
    turns: turns.length,
    durationMs: durationOf(table, members),
    largestContext: contexts.length === 0 ? undefined : Math.max(...contexts),
    hitRate: cacheHitRate(addTokens(tree.spent.tokens, tree.alsoSpent.tokens)),
    models: keys("model"),
    agents: keys("agent"),
  };
}

/** A session and everything below it; safe against cycles in bad data. */
function descendantIDs(table: LedgerTable, sessionID: string): ReadonlySet<string> {
  const children = new Map<string, string[]>();
  for (const { id, parentID } of table.sessions) {
    if (parentID === undefined) continue;
    const known = children.get(parentID);
    if (known === undefined) children.set(parentID, [id]);
    else known.push(id);
  }
  const found = new Set([sessionID]);
  for (const id of found) for (const child of children.get(id) ?? []) found.add(child);
  return found;
}

function durationOf(table: LedgerTable, sessionIDs: ReadonlySet<string>): number | undefined {
  const view = viewLedger(table);
  const filter = compileQuery(view, { sessionIDs });
  let first = Infinity;
  let last = -Infinity;
  for (let row = 0; row < table.length; row++) {
    const createdMs = table.createdMs[row] ?? 0;
    if (createdMs <= 0 || view.isCopy[row] === 1 || !matchesFilter(filter, table, row)) continue;
    if (createdMs < first) first = createdMs;
    if (createdMs > last) last = createdMs;
  }
  return last >= first ? last - first : undefined;
}

/** The two sessions to compare, as far as they are chosen. */
export interface Comparison {
  readonly a: ComparedSession | undefined;
  readonly b: ComparedSession | undefined;
}

/** Grouped bars: two sessions side by side, by kind; the table has all their figures. */
export function comparisonCard({ a, b }: Comparison, { currency }: CardContext): Card {
  const summaryOf = (one: ComparedSession | undefined): string =>
    one === undefined
      ? t("none selected")
      : `${one.session.title} ${costText(one.tree.spent, currency)}`;
  return {
    id: "comparison",
    title: t("Two sessions side by side"),
    subtitle: t("Tokens by kind, including sub-sessions"),
    columns: 6,
    label: t`Comparison of two sessions: ${summaryOf(a)}; ${summaryOf(b)}.`,
    empty:
      a === undefined && b === undefined ? t("Choose two sessions to compare them") : undefined,
    drawing: {
      kind: "plot",
      layout: "grouped",
      unit: "tokens",
      parts: TOKEN_KINDS.map((kind) => ({
        label: kindLabel(kind),
        title: kindLabel(kind),
        footer: "",
      })),
      series: [a, b].flatMap((one, at) =>
        one === undefined
          ? []
          : [
              {
                key: String(at),
                label: one.session.title,
                colour: at === 0 ? "accent" : "cacheWrite",
                values: TOKEN_KINDS.map((kind) => byKind(one.tree.spent.tokens)[kind]),
                figure: costText(one.tree.spent, currency),
              },
            ],
      ),
    },
    table: comparisonTable(a, b, currency),
    controls: [
      pickButton(t("First"), "compareA", a?.session.title),
      pickButton(t("Second"), "compareB", b?.session.title),
    ],
  };
}

function pickButton(name: string, slot: SessionSlot, title: string | undefined): Control {
  return {
    kind: "button",
    label: title === undefined ? `${name}…` : `${name}: ${cleanTitle(title, 24)}`,
    hint:
      slot === "compareA"
        ? t("Choose the first session of the comparison")
        : t("Choose the second session of the comparison"),
    ask: { type: "pickSession", slot },
  };
}

/** One row per figure, with the sessions' difference if it is a number. */
function comparisonTable(
  a: ComparedSession | undefined,
  b: ComparedSession | undefined,
  currency: Currency,
): Table {
  const row = (
    label: string,
    read: (one: ComparedSession) => Cell | undefined,
    difference?: (value: number) => string,
  ): Row => {
    const cells = [a, b].map((one) => (one === undefined ? undefined : read(one)) ?? text(UNKNOWN));
    const [first, second] = cells.map(({ value }) => value);
    const gap =
      difference !== undefined && typeof first === "number" && typeof second === "number"
        ? second - first
        : undefined;
    const gapText = gap === undefined ? "" : (difference?.(gap) ?? "");
    return {
      cells: [
        text(label),
        ...cells,
        { text: (gap ?? 0) > 0 ? `+${gapText}` : gapText, value: gap },
      ],
    };
  };
  const moneyRow = (label: string, read: (one: ComparedSession) => Usage): Row => {
    const areExact = [a, b].every(
      (one) => one === undefined || costState(read(one)) === "recorded",
    );
    return row(
      label,
      (one) => costCells(read(one), currency)[0],
      (usd) => formatMoney(usd, currency, areExact ? "recorded" : "estimated"),
    );
  };
  return {
    title: t("Comparison of two sessions"),
    columns: [
      words(t("Figure"), "figure"),
      figures(a?.session.title ?? t("First session"), "first"),
      figures(b?.session.title ?? t("Second session"), "second"),
      figures(t("Difference"), "difference"),
    ],
    rows: [
      moneyRow(t("Tree cost"), (one) => one.tree.spent),
      moneyRow(t("Own cost"), (one) => one.own.spent),
      moneyRow(t("Deleted or reverted"), (one) => one.tree.alsoSpent),
      ...TOKEN_KINDS.map((kind) =>
        row(kindLabel(kind), (one) => count(byKind(one.tree.spent.tokens)[kind]), formatCount),
      ),
      row(t("Tokens"), (one) => count(totalTokens(one.tree.spent.tokens)), formatCount),
      row(t("Cache hit rate"), ({ hitRate }) =>
        percent(hitRate === undefined ? undefined : hitRate * 100),
      ),
      row(t("Answers"), (one) => count(one.tree.messages), formatCount),
      row(t("Turns"), (one) => count(one.turns), formatCount),
      row(t("Sub-sessions"), (one) => count(one.descendants), formatCount),
      row(t("Largest context"), ({ largestContext }) =>
        largestContext === undefined ? undefined : count(largestContext),
      ),
      row(t("From first to last answer"), ({ durationMs }) => ({
        text: durationMs === undefined ? UNKNOWN : formatDuration(durationMs),
        value: durationMs,
      })),
      row(t("Models"), (one) => text(one.models.join(", "))),
      row(t("Agents"), (one) => text(one.agents.join(", "))),
    ],
  };
}

export function comparisonJSON({ a, b }: Comparison): object {
  return [a, b].map((one) =>
    one === undefined
      ? null
      : {
          ...sessionJSON(one.session),
          own: sumJSON(one.own),
          tree: sumJSON(one.tree),
          subSessions: one.descendants,
          turns: one.turns,
          durationMs: one.durationMs ?? null,
          largestContextTokens: one.largestContext ?? null,
          cacheHitRate: one.hitRate ?? null,
          models: one.models,
          agents: one.agents,
        },
  );
}
