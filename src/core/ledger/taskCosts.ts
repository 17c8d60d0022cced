import { totalTokens, totalUSD } from "../usage/usage.ts";
import type { PriceTable } from "./ledgerQuery.ts";
import { type LedgerView, viewLedger } from "./ledgerView.ts";
import { GroupedSums, pricesOf } from "./sumRows.ts";
import { type LedgerTable, ROW_SUMMARY } from "./table.ts";
import { taskPattern, taskVerb } from "./taskPattern.ts";

/**
 * What makes tasks similar, most specific first: the slash command, the title's pattern, its first word, or only
 * the agent. The agent is always the same.
 */
export type TaskLikeness = "command" | "title" | "verb" | "agent";

/** What tasks of one kind have cost, including the sessions they started. */
export interface TaskCost {
  readonly likeness: TaskLikeness;
  readonly agent: string;
  /** The command, pattern or verb; empty for `agent`. */
  readonly what: string;
  /** Number of tasks with a known cost. */
  readonly seen: number;
  readonly medianUSD: number;
  readonly lowestUSD: number;
  readonly highestUSD: number;
  /** Whether any cost is estimated from list prices. */
  readonly isEstimated: boolean;
}

/** A task whose cost is to be predicted from similar ones. */
export interface TaskDescription {
  readonly agent: string;
  readonly command?: string | undefined;
  readonly title?: string | undefined;
}

/** Fewer tasks of a kind are not enough for a prediction. */
export const MIN_SAMPLES = 3;

/** Task costs by kind. */
export type TaskCosts = ReadonlyMap<string, TaskCost>;

interface Sample {
  readonly usd: number;
  readonly isEstimated: boolean;
}

/**
 * What each kind of task has cost. A task is a session with all sessions it started. Forks are skipped because they
 * hold only part of their cost, and so are sessions with unpriced parts.
 */
export function taskCosts(table: LedgerTable, prices: PriceTable): TaskCosts {
  const view = viewLedger(table);
  const facts = sessionFacts(view, prices);
  const samples = new Map<string, { kind: Kind; samples: Sample[] }>();
  for (const [index, session] of table.sessions.entries()) {
    if (facts.isFork[index] === 1 || facts.isUsed[index] !== 1) continue;
    const { spent, alsoSpent } = facts.trees.sum(index);
    if (spent.unpricedTokens + alsoSpent.unpricedTokens > 0) continue;
    if (totalTokens(spent.tokens) + totalTokens(alsoSpent.tokens) === 0) continue;
    const sample: Sample = {
      usd: totalUSD(spent) + totalUSD(alsoSpent),
      isEstimated: spent.estimatedUSD + alsoSpent.estimatedUSD > 0,
    };
    const agent = table.agents[facts.agent[index] ?? 0] ?? "";
    for (const kind of kindsOf({ agent, command: session.command, title: session.title })) {
      const key = keyOf(kind);
      const known = samples.get(key);
      if (known === undefined) samples.set(key, { kind, samples: [sample] });
      else known.samples.push(sample);
    }
  }
  return new Map([...samples].map(([key, { kind, samples }]) => [key, costOf(kind, samples)]));
}

/** The cost of the most similar kind of task with enough samples; undefined if there is none. */
export function similarTasks(costs: TaskCosts, task: TaskDescription): TaskCost | undefined {
  for (const kind of kindsOf(task)) {
    const cost = costs.get(keyOf(kind));
    if (cost !== undefined && cost.seen >= MIN_SAMPLES) return cost;
  }
  return undefined;
}

type Kind = Pick<TaskCost, "likeness" | "agent" | "what">;

function keyOf({ likeness, agent, what }: Kind): string {
  return JSON.stringify([likeness, agent, what]);
}

/** The kinds a task belongs to, most specific first. */
function kindsOf({ agent, command, title }: TaskDescription): Kind[] {
  const pattern = taskPattern(title ?? "");
  const verb = taskVerb(pattern);
  const kinds: Kind[] = [];
  if (command !== undefined && command !== "") {
    kinds.push({ likeness: "command", agent, what: command });
  }
  if (pattern !== "") kinds.push({ likeness: "title", agent, what: pattern });
  if (verb !== "") kinds.push({ likeness: "verb", agent, what: verb });
  return [...kinds, { likeness: "agent", agent, what: "" }];
}

function costOf(kind: Kind, samples: readonly Sample[]): TaskCost {
  const usd = samples.map((sample) => sample.usd).sort((a, b) => a - b);
  return {
    ...kind,
    seen: samples.length,
    medianUSD: medianOf(usd),
    lowestUSD: usd[0] ?? 0,
    highestUSD: usd.at(-1) ?? 0,
    isEstimated: samples.some((sample) => sample.isEstimated),
  };
}

/** Median of ascending numbers; 0 for an empty list. */
export function medianOf(ascending: readonly number[]): number {
  const middle = ascending.length >> 1;
  const upper = ascending[middle] ?? 0;
  return ascending.length % 2 === 1 ? upper : ((ascending[middle - 1] ?? upper) + upper) / 2;
}

interface SessionFacts {
  /** Sum of each session including its descendants. */
  readonly trees: GroupedSums;
  /** Whether a session itself has rows. */
  readonly isUsed: Uint8Array;
  readonly isFork: Uint8Array;
  /** Index of the agent with the most answers. */
  readonly agent: Uint16Array;
}

function sessionFacts(view: LedgerView, prices: PriceTable): SessionFacts {
  const { table } = view;
  const byModel = pricesOf(table, prices);
  const count = table.sessions.length;
  const trees = new GroupedSums(count);
  const isUsed = new Uint8Array(count);
  const isFork = Uint8Array.from(table.sessions, (session) =>
    session.forkOfID === undefined ? 0 : 1,
  );
  const agents = table.agents.length;
  const answers = new Map<number, number>();
  const agent = new Uint16Array(count);
  const most = new Uint32Array(count);
  for (let row = 0; row < table.length; row++) {
    const session = table.session[row] ?? 0;
    if (view.isCopy[row] === 1) isFork[session] = 1;
    isUsed[session] = 1;
    const price = byModel[table.model[row] ?? 0];
    // The limit ends cycles in bad data.
    for (let at = session, level = 0; at >= 0 && level < 100; level++) {
      trees.add(at, view, row, price);
      at = view.parent[at] ?? -1;
    }
    if (((table.flags[row] ?? 0) & ROW_SUMMARY) !== 0) continue;
    const rowAgent = table.agent[row] ?? 0;
    const seen = (answers.get(session * agents + rowAgent) ?? 0) + 1;
    answers.set(session * agents + rowAgent, seen);
    if (seen > (most[session] ?? 0)) {
      most[session] = seen;
      agent[session] = rowAgent;
    }
  }
  return { trees, isUsed, isFork, agent };
}
