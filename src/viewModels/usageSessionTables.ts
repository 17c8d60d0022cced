import { alsoSpentUSD } from "../core/ledger/ledgerSum.ts";
import { totalTokens, type Usage } from "../core/usage.ts";
import { formatCount, formatDateTime, formatDuration, UNKNOWN } from "./format.ts";
import type { ComparedSession } from "./sessionComparison.ts";
import { byKind, kindLabel, TOKEN_KINDS } from "./tokenKinds.ts";
import type { UsageModel } from "./usage.ts";
import {
  costCells,
  count,
  exactMoney,
  figure,
  name,
  onlyInFile,
  percent,
  SUM_COLUMNS,
  sumCells,
  type UsageCell,
  type UsageColumn,
  type UsageRow,
  type UsageTable,
  word,
} from "./usageCells.ts";
import { rangeLabel } from "./usageChoices.ts";
import { formatMoney } from "./money.ts";
import type { UsageSession } from "./usageSessions.ts";

const SESSION_COLUMNS: readonly UsageColumn[] = [
  name("Session", "title"),
  onlyInFile("session_id"),
  name("Project", "project"),
  name("Server", "server"),
  name("Created", "created"),
];

function sessionCells(session: UsageSession): readonly UsageCell[] {
  const mark = session.isGone ? " (deleted)" : "";
  return [
    { text: `${session.title}${mark}`, value: session.title, hint: session.title },
    word(session.sessionID),
    word(session.project),
    word(session.place),
    {
      text: session.createdMs > 0 ? formatDateTime(session.createdMs).slice(0, 16) : UNKNOWN,
      value: session.createdMs > 0 ? new Date(session.createdMs).toISOString() : undefined,
    },
  ];
}

/** The sessions whose trees cost most. */
export function expensiveTable(model: UsageModel): UsageTable {
  return {
    id: "expensive",
    title: `Most expensive sessions, ${rangeLabel(model.choices.range)}`,
    columns: [
      ...SESSION_COLUMNS,
      figure("Sub-sessions", "sub_sessions"),
      figure("Own cost", "own_cost_usd"),
      ...["state", "recorded_usd", "estimated_usd", "unpriced_tokens"].map((one) =>
        onlyInFile(`own_${one}`),
      ),
      ...SUM_COLUMNS.map((column) => ({
        ...column,
        title: column.title === "Cost" ? "Tree cost" : column.title,
        csv: `tree_${column.csv}`,
      })),
    ],
    rows: model.expensive.map(({ session, own, tree, descendants, drill }) => ({
      cells: [
        ...sessionCells(session),
        count(descendants),
        ...costCells(own.spent, model.currency),
        ...sumCells(tree, model.currency),
      ],
      drill,
      session,
    })),
    sum: undefined,
  };
}

/** The sessions behind what was clicked. */
export function sessionsTable(model: UsageModel): UsageTable {
  const { drilled } = model;
  return {
    id: "sessions",
    title: `Sessions of ${drilled?.drill.title ?? ""}`,
    columns: [...SESSION_COLUMNS, ...SUM_COLUMNS],
    rows: (drilled?.sessions ?? []).map(({ session, sum }) => ({
      cells: [...sessionCells(session), ...sumCells(sum, model.currency)],
      session,
    })),
    sum:
      drilled === undefined
        ? undefined
        : {
            cells: [
              word("All"),
              ...["", "", "", ""].map(word),
              ...sumCells(drilled.sum, model.currency),
            ],
          },
  };
}

/** The rows of a comparison: a figure of each session, and how they differ where that is a number. */
export function comparisonTable({ compared, currency }: UsageModel): UsageTable {
  const { a, b } = compared;
  const row = (
    label: string,
    read: (one: ComparedSession) => UsageCell,
    difference?: (value: number) => string,
  ): UsageRow => {
    const cells = [a, b].map((one) => (one === undefined ? word(UNKNOWN) : read(one)));
    const [first, second] = cells.map(({ value }) => value);
    const gap =
      difference !== undefined && typeof first === "number" && typeof second === "number"
        ? second - first
        : undefined;
    return {
      cells: [
        word(label),
        ...cells,
        gap === undefined || difference === undefined
          ? { text: "", value: undefined }
          : { text: gap > 0 ? `+${difference(gap)}` : difference(gap), value: gap },
      ],
    };
  };
  const money = (usd: number): string => formatMoney(usd, currency);
  const costOf = (usage: Usage): UsageCell => costCells(usage, currency)[0] ?? word(UNKNOWN);
  return {
    id: "comparison",
    title: "Comparison of two sessions",
    columns: [
      name("Figure", "figure"),
      { ...figure(a?.session.title ?? "First session", "first") },
      { ...figure(b?.session.title ?? "Second session", "second") },
      figure("Difference", "difference"),
    ],
    rows: [
      row("Tree cost", (one) => costOf(one.tree.spent), money),
      row("Own cost", (one) => costOf(one.own.spent), money),
      row("Also spent", (one) => exactMoney(alsoSpentUSD(one.tree), currency), money),
      ...TOKEN_KINDS.map((kind) =>
        row(kindLabel(kind), (one) => count(byKind(one.tree.spent.tokens)[kind]), formatCount),
      ),
      row("Tokens", (one) => count(totalTokens(one.tree.spent.tokens)), formatCount),
      row("Cache hit rate", (one) =>
        percent(one.hitRate === undefined ? undefined : one.hitRate * 100),
      ),
      row("Answers", (one) => count(one.tree.messages), formatCount),
      row("Turns", (one) => count(one.turns), formatCount),
      row("Sub-sessions", (one) => count(one.descendants), formatCount),
      row("Largest context", (one) =>
        one.largestContext === undefined ? word(UNKNOWN) : count(one.largestContext),
      ),
      row("From first to last answer", (one) => ({
        text: one.durationMs === undefined ? UNKNOWN : formatDuration(one.durationMs),
        value: one.durationMs,
      })),
      row("Models", (one) => word(one.models.join(", "))),
      row("Agents", (one) => word(one.agents.join(", "))),
    ],
    sum: undefined,
  };
}
