/**
 * A ledger for the usage pages: for their unit tests and for viewing them in a browser. Figures come from a
 * small seeded generator, so every run shows the same.
 */
import { type Budget, budgetUse } from "../../../src/core/usage/budget.ts";
import { US_DOLLARS } from "../../../src/core/usage/currency.ts";
import { projectSpending, usageRate } from "../../../src/core/usage/forecast.ts";
import type { LedgerSession, LedgerTable } from "../../../src/core/ledger/table.ts";
import type { Calendar } from "../../../src/core/ledger/timeBuckets.ts";
import { listPriceUSD, type ModelPrice, type Tokens } from "../../../src/core/usage/usage.ts";
import type { UsageSnapshot } from "../../../src/core/usage/usageSource.ts";
import type { LedgerRow } from "../../../src/history/ledgerRow.ts";
import { contextComposition } from "../../../src/viewModels/usage/sessionComposition.ts";
import {
  type UsageInput,
  usageModel,
  type UsageModel,
} from "../../../src/viewModels/usage/usage.ts";
import {
  DEFAULT_USAGE_CHOICES,
  type UsageChoices,
} from "../../../src/viewModels/usage/usageChoices.ts";
import {
  usageCards,
  usagePage,
  type UsagePageModel,
} from "../../../src/viewModels/usage/usagePage.ts";
import type { Table } from "../../../src/viewModels/cards/card.ts";
import { assistant, tokens, user } from "./breakdownScenarios.ts";
import { aLedgerSession, aRow, aTable, messageIDOf } from "./ledger.ts";

/** Four weeks after Berlin's clocks went back. */
export const USAGE_NOW_MS = Date.UTC(2026, 10, 21, 15, 20, 0);
export const USAGE_CALENDAR: Calendar = { timeZone: "Europe/Berlin" };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface ScenarioModel {
  readonly providerID: string;
  readonly modelID: string;
  readonly price: ModelPrice | undefined;
  /** Whether the server records the cost. */
  readonly isRecorded: boolean;
}

const MODELS: readonly ScenarioModel[] = [
  {
    providerID: "anthropic",
    modelID: "claude-sonnet-4-5",
    price: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
    isRecorded: true,
  },
  {
    providerID: "openai",
    modelID: "gpt-5.2-codex",
    price: { input: 1.25, output: 10, cacheRead: 0.125, cacheWrite: 0 },
    isRecorded: true,
  },
  // On a subscription: tokens without a cost, and with a list price.
  {
    providerID: "anthropic",
    modelID: "claude-opus-4-6",
    price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 },
    isRecorded: false,
  },
  { providerID: "ollama", modelID: "qwen3-coder", price: undefined, isRecorded: false },
];

const PROJECTS = ["/home/dev/webshop", "/home/dev/billing", "/home/dev/firmware", "/srv/billing"];
const TITLES = [
  "Move the prices to the new service",
  "Fix the flaky login test",
  "Stream the CSV export",
  "Find the memory leak in the worker",
  "Port the webhook signatures",
  "Speed up the boot sequence",
  "Review the release branch",
  "Write the migration guide",
];

/** A generator of numbers from 0 to 1 that are the same in every run. */
export function seededNumbers(seed: number): () => number {
  let at = seed;
  return () => {
    at = (at * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return at / 4_294_967_296;
  };
}

/** Months of work: more recently, less at weekends; with sub-agents, a fork and a deleted session. */
export function usageTableOf(nowMs = USAGE_NOW_MS, days = 160): LedgerTable {
  const random = seededNumbers(7);
  const sessions: LedgerSession[] = [];
  const rows: LedgerRow[] = [];
  let number = 0;
  const addSession = (fields: Partial<LedgerSession> & { id: string }): LedgerSession => {
    const session = aLedgerSession(fields);
    sessions.push(session);
    return session;
  };
  const addAnswers = (
    session: LedgerSession,
    count: number,
    model: ScenarioModel,
    agent: string,
  ): void => {
    let context = 9000 + random() * 6000;
    for (let at = 0; at < count; at++) {
      const fresh = Math.round(300 + random() * 2400);
      const read = at === 0 ? 0 : Math.round(context * 0.93);
      const write = model.modelID.startsWith("claude") ? Math.round((context - read) * 0.8) : 0;
      const used: Tokens = {
        input: fresh,
        output: Math.round(120 + random() ** 2 * 1800),
        reasoning: random() < 0.4 ? Math.round(random() * 900) : 0,
        cache: { read, write },
      };
      const usd = model.price === undefined ? 0 : listPriceUSD(used, model.price);
      rows.push(
        aRow({
          messageID: messageIDOf(number++),
          sessionID: session.id,
          createdMs: Math.min(nowMs - 1000, session.createdMs + 2000 + at * 41_000),
          providerID: model.providerID,
          modelID: model.modelID,
          agent,
          tokens: used,
          costUSD: model.isRecorded ? usd : 0,
          isGone: session.isGone,
          endsTurn: at % 4 === 3 || at === count - 1,
        }),
      );
      context += fresh + used.output;
    }
  };
  for (let day = days; day >= 0; day--) {
    const startMs = nowMs - day * DAY_MS;
    const weekday = new Date(startMs).getUTCDay();
    const isWeekend = weekday === 0 || weekday === 6;
    const busy = (isWeekend ? 0.25 : 1) * (day < 35 ? 3 : 1.2);
    const count = day === 0 ? 3 : Math.round(busy * random() * 1.4);
    for (let at = 0; at < count; at++) {
      const model = MODELS[Math.floor(random() ** 1.6 * MODELS.length)] ?? MODELS[0]!;
      const directory = PROJECTS[Math.floor(random() ** 1.5 * PROJECTS.length)] ?? "/";
      const id = `ses_${String(day)}_${String(at)}`;
      const createdMs =
        day === 0 ? startMs - (at + 1) * 9 * 60_000 : startMs - Math.round(random() * 7 * HOUR_MS);
      const common = {
        placeID: directory.includes("firmware") ? "box" : "db",
        projectID: `project-${directory}`,
        directory,
        isGone: day === 12 && at === 0,
      };
      const root = addSession({
        ...common,
        id,
        title: `${TITLES[Math.floor(random() * TITLES.length)] ?? ""} ${String(day * 10 + at)}`,
        createdMs,
      });
      addAnswers(root, 4 + Math.round(random() * 24), model, random() < 0.8 ? "build" : "plan");
      const children = Math.floor(random() * 3);
      for (let child = 0; child < children; child++) {
        const started = addSession({
          ...common,
          id: `${id}_${String(child)}`,
          parentID: id,
          title: `Look at part ${String(child + 1)} (@explore subagent)`,
          createdMs: Math.min(nowMs - 60_000, createdMs + 90_000),
        });
        const lesser = MODELS[1] ?? model;
        addAnswers(
          started,
          2 + Math.round(random() * 7),
          lesser,
          child === 0 ? "explore" : "general",
        );
      }
    }
  }
  addFork(sessions, rows, nowMs, () => messageIDOf(number++));
  return aTable({
    places: [
      { id: "db", name: "This machine" },
      { id: "box", name: "Build box" },
    ],
    sessions,
    rows,
  });
}

/** Adds a fork of the newest session; its copied answers don't count anywhere. */
function addFork(
  sessions: LedgerSession[],
  rows: LedgerRow[],
  nowMs: number,
  nextID: () => string,
): void {
  const original = sessions.find(({ id }) => id === "ses_2_0") ?? sessions[0];
  if (original === undefined) return;
  const fork = aLedgerSession({
    ...original,
    id: "ses_fork",
    title: `${original.title} (fork #1)`,
    createdMs: nowMs - 1.5 * DAY_MS,
    isGone: false,
  });
  sessions.push(fork);
  for (const row of rows.filter(({ sessionID }) => sessionID === original.id)) {
    rows.push({ ...row, messageID: nextID(), sessionID: fork.id });
  }
}

/** List prices of the scenario's models. */
export const USAGE_PRICES: ReadonlyMap<string, ModelPrice> = new Map(
  MODELS.flatMap(({ providerID, modelID, price }) =>
    price === undefined ? [] : [[`${providerID}/${modelID}`, price] as const],
  ),
);

const BUDGETS: readonly Budget[] = [
  { id: "daily", period: "daily", limit: 4, unit: "USD", counts: "estimated" },
  { id: "monthly", period: "monthly", limit: 60, unit: "USD", counts: "recorded" },
  {
    id: "weekly billing",
    period: "weekly",
    limit: 2_000_000,
    unit: "tokens",
    counts: "estimated",
    projectKey: "project-/home/dev/billing",
  },
];

/** A snapshot of the scenario's ledger, or of another table. */
export function usageSnapshotOf(fields: Partial<UsageSnapshot> = {}): UsageSnapshot {
  const table = fields.table ?? usageTableOf();
  const nowMs = fields.nowMs ?? USAGE_NOW_MS;
  const prices = fields.prices ?? USAGE_PRICES;
  const calendar = fields.calendar ?? USAGE_CALENDAR;
  const context = { table, prices, calendar, nowMs };
  return {
    table,
    prices,
    calendar,
    nowMs,
    currency: US_DOLLARS,
    budgets: BUDGETS.map((budget) => budgetUse(context, budget)),
    rate: usageRate(table, nowMs, {}, prices),
    projection: projectSpending(table, nowMs, calendar, {}, prices),
    fill: undefined,
    problems: [],
    ...fields,
  };
}

/** A usage page's model for the scenario's ledger. */
export function usageModelOf(
  choices: Partial<UsageChoices> = {},
  snapshot: UsageSnapshot = usageSnapshotOf(),
  more: Partial<UsageInput> = {},
): UsageModel {
  return usageModel({
    snapshot,
    choices: { ...DEFAULT_USAGE_CHOICES, ...choices },
    canOpen: (sessionID) => !sessionID.startsWith("ses_12_0"),
    contextOf: () => ({ context: someComposition(), reason: undefined }),
    ...more,
  });
}

/** The page for a model. */
export function usagePageOf(
  model: UsageModel = usageModelOf(),
  page: "view" | "panel" = "panel",
): UsagePageModel {
  return usagePage(model, page);
}

/** The table of one of the panel's cards. */
export function usageTable(model: UsageModel, id: string): Table {
  const table = usageCards(model, "panel").find((card) => card.id === id)?.table;
  if (table === undefined) throw new Error(`no card ${id} with a table`);
  return table;
}

function someComposition() {
  const words = (characters: number): string => "word ".repeat(Math.round(characters / 5));
  return contextComposition(
    [
      user("u1", { parts: [{ kind: "text", id: "p1", text: words(2400), isSynthetic: false }] }),
      assistant("a1", {
        tokens: tokens(4000, 900, 300, 41_000, 1200),
        parts: [
          { kind: "reasoning", id: "p2", text: words(1800) },
          { kind: "text", id: "p3", text: words(9000), isSynthetic: false },
          {
            kind: "tool",
            id: "p4",
            callID: "c1",
            tool: "read",
            status: "completed",
            title: "src/prices.ts",
            input: { filePath: "src/prices.ts" },
            output: words(88_000),
            error: undefined,
            startedMs: 0,
            endedMs: 1,
            childSessionID: undefined,
          },
        ],
      }),
    ],
    true,
  );
}
