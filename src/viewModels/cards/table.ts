import { t } from "../../core/language.ts";
import type { Currency } from "../../core/usage/currency.ts";
import type { LedgerSum } from "../../core/ledger/ledgerSum.ts";
import { totalTokens, type Usage, writtenCost } from "../../core/usage/usage.ts";
import { type CsvCell, csvText } from "../text/csv.ts";
import { formatCount, formatPercent, UNKNOWN } from "../text/format.ts";
import { byKind, kindLabel, TOKEN_KINDS } from "../breakdown/tokenKinds.ts";
import { costText } from "../usage/usageMoney.ts";
import type { Cell, Column, Table } from "./card.ts";

/** A table as CSV with exact figures. */
export function tableCSV({ columns, rows }: Table): string {
  const inFile = columns.flatMap(({ csv }, at) => (csv === undefined ? [] : [{ csv, at }]));
  return csvText([
    inFile.map(({ csv }) => csv),
    ...rows.map(({ cells }) => inFile.map(({ at }) => cells[at]?.value)),
  ]);
}

/** Maximum characters in a column of words on the page. */
const MAX_TEXT = 44;

export function words(title: string, csv?: string, maxChars = MAX_TEXT): Column {
  return { title, csv, align: "start", maxChars };
}

export function figures(title: string, csv?: string, hint?: string): Column {
  const short = title.length > MAX_TEXT ? `${title.slice(0, MAX_TEXT - 1)}…` : title;
  return { title: short, csv, align: "end", ...(hint === undefined ? {} : { hint }) };
}

export function onlyInFile(...names: readonly string[]): readonly Column[] {
  return names.map((csv) => ({ title: undefined, csv, align: "start" }));
}

/** Text; empty in a file if unknown. */
export function text(shown: string): Cell {
  return { text: shown, value: shown === UNKNOWN ? undefined : shown };
}

/** A value that only a file has. */
export function exact(value: CsvCell): Cell {
  return { text: "", value };
}

export function count(value: number, mark = ""): Cell {
  return { text: value === 0 ? "0" : `${mark}${formatCount(value)}`, value };
}

export function percent(value: number | undefined): Cell {
  return { text: formatPercent(value), value };
}

/** The kinds of tokens as named in files. */
export const KIND_CSV = ["input", "output", "reasoning", "cache_read", "cache_write"] as const;

export const KIND_COLUMNS: readonly Column[] = TOKEN_KINDS.map((kind, at) =>
  figures(kindLabel(kind), KIND_CSV[at]),
);

/** Tokens by kind, in their columns; `mark` precedes values other than zero. */
export function kindCells({ tokens }: Pick<Usage, "tokens">, mark = ""): readonly Cell[] {
  const amounts = byKind(tokens);
  return TOKEN_KINDS.map((kind) => count(amounts[kind], mark));
}

/** The columns of a cost: the amount, and how it is known. */
export function costColumns(title: string, prefix = ""): readonly Column[] {
  return [
    figures(
      title,
      `${prefix}cost_usd`,
      t("~ estimated from list prices, ≥ some tokens have no price"),
    ),
    ...onlyInFile(
      ...["cost_state", "recorded_usd", "estimated_usd", "unpriced_tokens"].map(
        (one) => `${prefix}${one}`,
      ),
    ),
  ];
}

export function costCells(usage: Usage, currency: Currency): readonly Cell[] {
  const { costUSD, costState, recordedUSD, estimatedUSD } = writtenCost(usage);
  return [
    { text: costText(usage, currency), value: costUSD },
    exact(costState),
    exact(recordedUSD),
    exact(estimatedUSD),
    exact(usage.unpricedTokens),
  ];
}

export function sumColumns(title = t("Cost"), prefix = ""): readonly Column[] {
  return [
    ...costColumns(title, prefix),
    figures(t("Tokens"), `${prefix}total`),
    figures(t("Answers"), `${prefix}answers`),
    ...KIND_COLUMNS.map((column) => ({ ...column, csv: `${prefix}${column.csv ?? ""}` })),
    figures(
      t("Deleted or reverted"),
      `${prefix}also_spent_usd`,
      t("Spent on answers that the servers no longer have"),
    ),
    ...onlyInFile(`${prefix}also_spent_state`, `${prefix}also_spent_tokens`),
  ];
}

export function sumCells(sum: LedgerSum, currency: Currency): readonly Cell[] {
  const goneTokens = totalTokens(sum.alsoSpent.tokens);
  const gone = writtenCost(sum.alsoSpent);
  return [
    ...costCells(sum.spent, currency),
    count(totalTokens(sum.spent.tokens)),
    count(sum.messages),
    ...kindCells(sum.spent),
    {
      text: goneTokens === 0 ? "" : costText(sum.alsoSpent, currency),
      value: gone.costUSD,
      hint: goneTokens === 0 ? undefined : t`${formatCount(goneTokens)} tokens`,
    },
    exact(gone.costState),
    exact(goneTokens),
  ];
}
