import { contextTokensOf, estimateTokens } from "../../core/state/context.ts";
import type { Message } from "../../core/state/message.ts";
import { modelKey } from "../../core/state/model.ts";
import { hasRunningTurn, type Live, type ServerState } from "../../core/state/state.ts";
import {
  addTokens,
  costState,
  NO_TOKENS,
  priceUsage,
  totalTokens,
  totalUSD,
} from "../../core/usage/usage.ts";
import type { CostState, Tokens, Usage } from "../../core/usage/usage.ts";
import { cleanTitle } from "../text/format.ts";

export interface BreakdownPoint {
  readonly messageID: string;
  readonly createdMs: number;
  /** Undefined while it runs, and if the server doesn't report it. */
  readonly durationMs: number | undefined;
  readonly agent: string | undefined;
  /** `providerID/modelID`. */
  readonly model: string | undefined;
  readonly tokens: Tokens;
  /** Recorded or estimated US dollars, depending on `costState`; 0 when unpriced. */
  readonly costUSD: number;
  readonly costState: CostState;
  /** Tokens in the context after this message; undefined for failed ones and for summaries. */
  readonly contextTokens: number | undefined;
  /** Context window of the message's model. */
  readonly contextLimit: number | undefined;
  /** Whether it holds a compaction's summary. */
  readonly isSummary: boolean;
  /** Whether it is running: tokens are estimated from text, and the cost isn't known yet. */
  readonly isLive: boolean;
  readonly error: string | undefined;
}

export interface CompactionMark {
  /** The point it is drawn at. */
  readonly messageID: string;
  readonly createdMs: number;
  readonly isAuto: boolean;
  /** Context tokens before and after, if a message on that side reports them. */
  readonly beforeTokens: number | undefined;
  readonly afterTokens: number | undefined;
}

export function pointUsage(point: BreakdownPoint): Usage {
  const { tokens, costUSD } = point;
  const isUnpriced = point.costState === "unpriced";
  return {
    tokens,
    recordedUSD: point.costState === "recorded" ? costUSD : 0,
    estimatedUSD: point.costState === "estimated" ? costUSD : 0,
    unpricedTokens: isUnpriced ? totalTokens(tokens) : 0,
  };
}

/** Points of finished messages, cached: they only change with the catalogue. */
const finished = new WeakMap<
  Message,
  { readonly models: ServerState["models"]; readonly point: BreakdownPoint }
>();

/**
 * One point per assistant message, oldest first. Includes the running step: with the tokens of its ended
 * step if known, else with an estimate from the text streamed so far.
 */
export function breakdownPoints(
  server: ServerState,
  live: Live,
  messages: readonly Message[],
): readonly BreakdownPoint[] {
  const points: BreakdownPoint[] = [];
  const ended = endedSteps(live);
  const isWorking = hasRunningTurn(live.activity) || live.compaction !== undefined;
  const lastID = messages.findLast((message) => message.role === "assistant")?.id;
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    const step = ended.get(message.id);
    if (message.completedMs !== undefined && step === undefined) {
      const known = finished.get(message);
      if (known?.models === server.models) {
        points.push(known.point);
        continue;
      }
      const point = pointOf(server, message, message.tokens ?? NO_TOKENS, message.costUSD ?? 0);
      finished.set(message, { models: server.models, point });
      points.push(point);
      continue;
    }
    const own = message.tokens ?? NO_TOKENS;
    const isKnown = totalTokens(own) > 0;
    const tokens = isKnown ? own : (step?.tokens ?? NO_TOKENS);
    const costUSD = isKnown ? (message.costUSD ?? 0) : (step?.costUSD ?? 0);
    const isLive =
      isWorking &&
      message.id === lastID &&
      message.completedMs === undefined &&
      message.error === undefined &&
      totalTokens(tokens) === 0;
    points.push(
      isLive
        ? livePointOf(server, message, live.streamedCharacters)
        : pointOf(server, message, tokens, costUSD),
    );
  }
  return points;
}

/** Tokens and cost of the steps that ended since the last totals, by message. */
function endedSteps(live: Live): ReadonlyMap<string, { tokens: Tokens; costUSD: number }> {
  const steps = new Map<string, { tokens: Tokens; costUSD: number }>();
  for (const { messageID, tokens, costUSD } of live.steps.values()) {
    const before = steps.get(messageID);
    steps.set(messageID, {
      tokens: before === undefined ? tokens : addTokens(before.tokens, tokens),
      costUSD: costUSD + (before?.costUSD ?? 0),
    });
  }
  return steps;
}

function pointOf(
  server: ServerState,
  message: Message,
  reportedTokens: Tokens,
  reportedUSD: number,
): BreakdownPoint {
  const tokens = plausibleTokens(reportedTokens);
  const model =
    message.model === undefined ? undefined : server.models.get(modelKey(message.model));
  const usage = priceUsage(tokens, plausible(reportedUSD), model?.price);
  return {
    messageID: message.id,
    createdMs: message.createdMs,
    durationMs:
      message.completedMs === undefined
        ? undefined
        : Math.max(0, message.completedMs - message.createdMs),
    agent: message.agent,
    model: message.model === undefined ? undefined : modelKey(message.model),
    tokens,
    costUSD: totalUSD(usage),
    costState: costState(usage),
    // A summary is written from the whole old context: its own figure says nothing about the new one.
    contextTokens: message.isSummary ? undefined : contextTokensOf(tokens),
    contextLimit: model?.contextLimit,
    isSummary: message.isSummary,
    isLive: false,
    error: message.error === undefined ? undefined : cleanTitle(message.error, 300),
  };
}

function livePointOf(server: ServerState, message: Message, characters: number): BreakdownPoint {
  const point = pointOf(server, message, NO_TOKENS, 0);
  const tokens = { ...NO_TOKENS, output: estimateTokens(plausible(characters)) };
  return { ...point, tokens, contextTokens: undefined, isLive: true };
}

function plausibleTokens(tokens: Tokens): Tokens {
  return {
    input: plausible(tokens.input),
    output: plausible(tokens.output),
    reasoning: plausible(tokens.reasoning),
    cache: { read: plausible(tokens.cache.read), write: plausible(tokens.cache.write) },
  };
}

/** Treats negative and non-finite figures as 0. */
function plausible(figure: number): number {
  return Number.isFinite(figure) && figure > 0 ? figure : 0;
}

/**
 * Where the session was compacted: at the message that holds the summary or, on servers without such
 * messages, at the first one after.
 */
export function compactionMarks(
  messages: readonly Message[],
  points: readonly BreakdownPoint[],
): readonly CompactionMark[] {
  const marks: { at: number; isAuto: boolean }[] = [];
  let at = -1;
  let isAskedAuto: boolean | undefined;
  for (const message of messages) {
    if (message.role === "user") {
      const part = message.parts.find((candidate) => candidate.kind === "compaction");
      if (part?.kind === "compaction") isAskedAuto = part.isAuto;
      continue;
    }
    at += 1;
    if (!message.isSummary && isAskedAuto === undefined) continue;
    // If nobody requested it, the summary's own message says whether it was automatic.
    const own = message.parts.find((candidate) => candidate.kind === "compaction");
    marks.push({ at, isAuto: isAskedAuto ?? own?.isAuto ?? false });
    isAskedAuto = undefined;
  }
  return marks.flatMap((mark, index) => {
    const point = points[mark.at];
    if (point === undefined) return [];
    const { messageID, createdMs } = point;
    const before = points.slice(marks[index - 1]?.at ?? 0, mark.at);
    const after = points.slice(mark.at, marks[index + 1]?.at);
    return [
      {
        messageID,
        createdMs,
        isAuto: mark.isAuto,
        beforeTokens: before.findLast(hasContext)?.contextTokens,
        afterTokens: after.find(hasContext)?.contextTokens,
      },
    ];
  });
}

function hasContext(point: BreakdownPoint): boolean {
  return point.contextTokens !== undefined;
}
