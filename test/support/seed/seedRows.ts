import { scriptedModels } from "../opencode/scriptedModels.ts";
import { pickOf as pick, randomOf } from "../random.ts";
import { addUsage, emptyUsage } from "./seedUsage.ts";
import type { SeedUsage } from "./seedUsage.ts";
import { seedParts } from "./seedParts.ts";
import type { SeedProject, SeedSummary } from "./seed.ts";

/** A row of OpenCode's tables; columns not listed here keep their default. */
export type Row = Readonly<Record<string, string | number | null>>;

/** Receives one row at a time, in an order that satisfies foreign keys within a session. */
export type RowSink = (table: "session" | "message" | "part", row: Row) => void;

export interface SeedRowsOptions {
  readonly sessions: number;
  readonly messages: number;
  readonly largestSession: number;
  readonly nowMs: number;
  readonly officeDays?: number;
  readonly projects: readonly SeedProject[];
}

interface Plan {
  readonly index: number;
  readonly level: number;
  readonly parent: Plan | undefined;
  readonly project: SeedProject;
  readonly id: string;
  readonly createdMs: number;
  readonly model: SeedModel;
  readonly agent: string;
  readonly title: string;
  messages: number;
}

interface SeedModel {
  readonly providerID: string;
  readonly modelID: string;
  readonly cost: {
    readonly input: number;
    readonly output: number;
    readonly cache_read: number;
    readonly cache_write: number;
  };
  readonly contextLimit: number;
  readonly reportsCacheWrites: boolean;
}

const yearMs = 365 * 24 * 3600 * 1000;
/** Share of the sessions on each level, roots first. */
const levelShares = [0.32, 0.3, 0.18, 0.1, 0.06, 0.04];
const models: readonly SeedModel[] = [
  ...Object.entries(scriptedModels)
    .filter(([id]) => id !== "small")
    .map(([modelID, { cost, limit, reportsCacheWrites }]) => ({
      providerID: "scripted",
      modelID,
      cost,
      contextLimit: limit?.context ?? 200_000,
      reportsCacheWrites,
    })),
  // A provider that has since been removed from the configuration.
  {
    providerID: "departed",
    modelID: "old-faithful",
    cost: { input: 2, output: 8, cache_read: 0.2, cache_write: 2.5 },
    contextLimit: 100_000,
    reportsCacheWrites: true,
  },
];
const verbs =
  "Fix,Add,Refactor,Test,Document,Speed up,Remove,Review,Port,Split,Investigate,Clean up,Type,Validate,Retry,Cache".split(
    ",",
  );
const things =
  "flaky login test,session store,CSV export,dark theme colours,retry loop,date parser,release script,token refresh,search index,upload queue,webhook signatures,settings page,e-mail templates,rate limiter,image resizing,audit log,database migration,error messages,permission checks,keyboard shortcuts,invoice totals,time zones,API pagination,cache eviction".split(
    ",",
  );

/** Generates the sessions, messages and parts; everything except the time of day is the same in each run. */
export function seedRows(options: SeedRowsOptions, sink: RowSink): SeedSummary {
  const random = randomOf(20_251);
  const idOf = identifiers(random);
  const plans = planSessions(options, random, idOf);
  planMessages(plans, options, random);
  const totals = emptyUsage();
  const perModel: Record<string, SeedUsage> = {};
  const levels = levelShares.map(() => 0);
  let parts = 0;
  let archived = 0;
  let newestMs = 0;
  let deepest = plans[0];
  let largest = plans[0];

  for (const plan of plans) {
    const rows: [Parameters<RowSink>[0], Row][] = [];
    const { usage, endMs } = seedParts(
      { ...plan, ...plan.model, directory: plan.project.directory, nowMs: options.nowMs },
      random,
      idOf,
      (table, row) => rows.push([table, row]),
    );
    const isArchived = plan.level === 0 && random() < 0.05;
    if (isArchived) archived++;
    sink("session", sessionRow(plan, usage, endMs, isArchived, random));
    for (const [table, row] of rows) {
      if (table === "part") parts++;
      sink(table, row);
    }
    addUsage(totals, usage);
    const key = `${plan.model.providerID}/${plan.model.modelID}`;
    addUsage((perModel[key] ??= emptyUsage()), usage);
    levels[plan.level] = (levels[plan.level] ?? 0) + 1;
    newestMs = Math.max(newestMs, endMs);
    if (deepest === undefined || plan.level > deepest.level) deepest = plan;
    if (largest === undefined || plan.messages > largest.messages) largest = plan;
  }
  const newestRoots = plans
    .filter((plan) => plan.level === 0)
    .sort((a, b) => b.createdMs - a.createdMs)
    .slice(0, 40);
  return {
    sessions: plans.length,
    levels,
    messages: plans.reduce((sum, plan) => sum + plan.messages, 0),
    parts,
    archivedSessions: archived,
    emptySessions: plans.filter((plan) => plan.messages === 0).length,
    totals,
    perModel,
    largestSessionID: largest?.id ?? "",
    largestSessionMessages: largest?.messages ?? 0,
    deepestPath: pathOf(deepest),
    newestRootIDs: newestRoots.map((plan) => plan.id),
    newestMs,
  };
}

function planSessions(options: SeedRowsOptions, random: () => number, idOf: Identifiers): Plan[] {
  const { sessions, projects, nowMs, officeDays } = options;
  const offered = officeDays === undefined ? models : likedModels();
  const byLevel: Plan[][] = levelShares.map(() => []);
  const counts = levelShares.map((share) => Math.floor(share * sessions));
  counts[0] = (counts[0] ?? 0) + sessions - counts.reduce((sum, count) => sum + count, 0);
  let index = 0;
  for (const [level, count] of counts.entries()) {
    for (let at = 0; at < count; at++) {
      const parent = level === 0 ? undefined : pick(byLevel[level - 1] ?? [], random);
      // More sessions in the recent past; a child starts while its parent is working.
      const createdMs = Math.floor(
        parent === undefined
          ? officeDays === undefined
            ? nowMs - 600_000 - yearMs * random() ** 2.2
            : officeTime(nowMs, officeDays, random)
          : Math.min(
              nowMs - 300_000 + level * 20_000,
              parent.createdMs + 20_000 + random() * 120_000,
            ),
      );
      const agent =
        level === 0 ? (random() < 0.8 ? "build" : "plan") : random() < 0.6 ? "general" : "explore";
      const title = `${pick(verbs, random)} ${pick(things, random)}`;
      byLevel[level]?.push({
        index: index++,
        level,
        parent,
        project: parent?.project ?? pick(projects, random),
        id: idOf("ses", createdMs),
        createdMs,
        model: pick(offered, random),
        agent,
        title: level === 0 ? title : `${title} (@${agent} subagent)`,
        messages: 0,
      });
    }
  }
  return byLevel.flat();
}

const dayMs = 24 * 3600 * 1000;

/** A local time in the office hours of the last days; few at weekends, none in the future. */
function officeTime(nowMs: number, days: number, random: () => number): number {
  for (;;) {
    const atMs = nowMs - 600_000 - days * dayMs * random() ** 1.25;
    const at = new Date(atMs);
    const isWeekend = at.getDay() === 0 || at.getDay() === 6;
    const isToday = nowMs - atMs < dayMs;
    const isOffice = at.getHours() >= 8 && at.getHours() < 19;
    // Today always counts as a working day, whenever the demo is viewed.
    if (isToday || ((!isWeekend || random() < 0.15) && (isOffice || random() < 0.08))) return atMs;
  }
}

/** The models weighted by a team's preferences; `swift` is on a subscription, which records no cost. */
function likedModels(): readonly SeedModel[] {
  const picks: Readonly<Record<string, number>> = { steady: 9, swift: 6, narrow: 3, free: 2 };
  const nothing = { input: 0, output: 0, cache_read: 0, cache_write: 0 };
  return models.flatMap((model) => {
    const cost = model.modelID === "swift" ? nothing : model.cost;
    return Array.from({ length: picks[model.modelID] ?? 1 }, () => ({ ...model, cost }));
  });
}

/** Distributes exactly `messages` over the sessions: one large session, one in a hundred empty. */
function planMessages(plans: Plan[], options: SeedRowsOptions, random: () => number): void {
  const largest = Math.min(options.largestSession, Math.floor(options.messages / 2));
  const first = plans[0];
  if (first === undefined) return;
  first.messages = largest;
  const others = plans.slice(1).filter((plan) => plan.index % 100 !== 50);
  let left = options.messages - largest;
  for (const [at, plan] of others.entries()) {
    const average = left / (others.length - at);
    const isLast = at === others.length - 1;
    plan.messages = isLast ? left : Math.min(left, Math.floor(average * (0.3 + 1.4 * random())));
    left -= plan.messages;
  }
}

function sessionRow(
  plan: Plan,
  usage: SeedUsage,
  endMs: number,
  isArchived: boolean,
  random: () => number,
): Row {
  const { providerID, modelID } = plan.model;
  const filesChanged = Math.floor(random() * 6);
  return {
    id: plan.id,
    project_id: plan.project.id,
    parent_id: plan.parent?.id ?? null,
    slug: `seeded-${plan.index.toString(36)}`,
    directory: plan.project.directory,
    path: "",
    title: plan.title,
    version: "1.18.33",
    summary_additions: filesChanged * 17,
    summary_deletions: filesChanged * 5,
    summary_files: filesChanged,
    cost: usage.costUSD,
    tokens_input: usage.input,
    tokens_output: usage.output,
    tokens_reasoning: usage.reasoning,
    tokens_cache_read: usage.cacheRead,
    tokens_cache_write: usage.cacheWrite,
    agent: plan.messages === 0 ? null : plan.agent,
    model:
      plan.messages === 0 ? null : JSON.stringify({ id: modelID, providerID, variant: "default" }),
    permission: plan.level === 0 ? null : "[]",
    time_created: plan.createdMs,
    time_updated: endMs,
    time_archived: isArchived ? endMs + 60_000 : null,
  };
}

function pathOf(plan: Plan | undefined): string[] {
  return plan === undefined ? [] : [...pathOf(plan.parent), plan.id];
}

/** Creates ids like OpenCode's: session ids descend with time, the others ascend. */
export type Identifiers = (prefix: "ses" | "msg" | "prt", timeMs: number) => string;

function identifiers(random: () => number): Identifiers {
  const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const counters = new Map<number, number>();
  return (prefix, timeMs) => {
    const counter = (counters.get(timeMs) ?? 0) + 1;
    counters.set(timeMs, counter);
    const value = BigInt(timeMs) * 0x1000n + BigInt(counter & 0xfff);
    const time = BigInt.asUintN(48, prefix === "ses" ? ~value : value);
    let tail = "";
    for (let at = 0; at < 14; at++) tail += letters[Math.floor(random() * 62)] ?? "";
    return `${prefix}_${time.toString(16).padStart(12, "0")}${tail}`;
  };
}
