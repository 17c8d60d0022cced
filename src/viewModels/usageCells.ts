import type { Currency } from "../core/currency.ts";
import { alsoSpentUSD, type LedgerSum } from "../core/ledger/ledgerSum.ts";
import { costState, totalTokens, totalUSD, type Usage } from "../core/usage.ts";
import type { CsvCell } from "./csv.ts";
import { formatCount, formatPercent, UNKNOWN } from "./format.ts";
import { byKind, kindLabel, TOKEN_KINDS } from "./tokenKinds.ts";
import type { UsageDrill } from "./usageChoices.ts";
import { formatMoney } from "./money.ts";
import { costText } from "./usageMoney.ts";
import type { UsageSession } from "./usageSessions.ts";

/* What the tables of usage are made of. */

/** A column of a table. */
export interface UsageColumn {
  /** Undefined for what only a file has. */
  readonly title: string | undefined;
  /** Its name in a file. */
  readonly csv: string;
  readonly align: "start" | "end";
  readonly hint?: string;
}

export interface UsageCell {
  readonly text: string;
  /** Exact, for a file. */
  readonly value: CsvCell;
  readonly hint?: string;
}

export interface UsageRow {
  readonly cells: readonly UsageCell[];
  /** The sessions behind the row. */
  readonly drill?: UsageDrill;
  /** The session a row is about. */
  readonly session?: UsageSession;
}

/** The figures of one chart as a table: its twin on the page, and its CSV file. */
export interface UsageTable {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly UsageColumn[];
  readonly rows: readonly UsageRow[];
  readonly sum: UsageRow | undefined;
}

const KIND_CSV = ["input", "output", "reasoning", "cache_read", "cache_write"] as const;

/** Columns of a sum of the ledger; `sumCells` fills them. */
export const SUM_COLUMNS: readonly UsageColumn[] = [
  figure("Cost", "cost_usd", "~ estimated from list prices, ≥ some tokens have no price"),
  ...["cost_state", "recorded_usd", "estimated_usd", "unpriced_tokens"].map(onlyInFile),
  figure("Tokens", "total"),
  figure("Answers", "answers"),
  ...TOKEN_KINDS.map((kind, at) => figure(kindLabel(kind), KIND_CSV[at] ?? kind)),
  figure("Also spent", "also_spent_usd", "What the servers have forgotten since"),
  onlyInFile("also_spent_tokens"),
];

/** A sum of the ledger in its columns. */
export function sumCells(sum: LedgerSum, currency: Currency): readonly UsageCell[] {
  const figures = byKind(sum.spent.tokens);
  const forgotten = alsoSpentUSD(sum);
  const forgottenTokens = totalTokens(sum.alsoSpent.tokens);
  return [
    ...costCells(sum.spent, currency),
    count(totalTokens(sum.spent.tokens)),
    count(sum.messages),
    ...TOKEN_KINDS.map((kind) => count(figures[kind])),
    {
      text: forgottenTokens === 0 ? "" : costText(sum.alsoSpent, currency),
      value: forgotten,
      hint: forgottenTokens === 0 ? "" : `${formatCount(forgottenTokens)} tokens`,
    },
    count(forgottenTokens),
  ];
}

/** Cost of a usage with its state, as columns of a sum have it. */
export function costCells(usage: Usage, currency: Currency): readonly UsageCell[] {
  const state = costState(usage);
  return [
    { text: costText(usage, currency), value: state === "unpriced" ? undefined : totalUSD(usage) },
    word(state),
    exact(usage.recordedUSD),
    exact(usage.estimatedUSD),
    count(usage.unpricedTokens),
  ];
}

/** A column of words. */
export function name(title: string, csv: string): UsageColumn {
  return { title, csv, align: "start" };
}

/** A column of figures. */
export function figure(title: string, csv: string, hint?: string): UsageColumn {
  return { title, csv, align: "end", ...(hint === undefined ? {} : { hint }) };
}

/** A column that only a file has. */
export function onlyInFile(csv: string): UsageColumn {
  return { title: undefined, csv, align: "start" };
}

/** A word; empty in a file where it is not known. */
export function word(text: string): UsageCell {
  return { text, value: text === UNKNOWN ? undefined : text };
}

/** A whole number. */
export function count(value: number): UsageCell {
  return { text: formatCount(value), value };
}

/** A figure for a file. */
export function exact(value: number): UsageCell {
  return { text: String(value), value };
}

/** An amount of US dollars. */
export function exactMoney(usd: number, currency: Currency): UsageCell {
  return { text: formatMoney(usd, currency), value: usd };
}

/** A share of 100. */
export function percent(value: number | undefined): UsageCell {
  return { text: formatPercent(value), value };
}
