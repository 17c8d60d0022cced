/**
 * Session states for the token breakdown: for its unit tests and for viewing it in a browser. Figures come
 * from a small seeded generator, so every run shows the same.
 */
import type { Action, SessionAction } from "../../../src/core/state/actions.ts";
import type { Message } from "../../../src/core/state/message.ts";
import type { Model } from "../../../src/core/state/model.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import type { Session, SessionRef } from "../../../src/core/state/session.ts";
import { INITIAL_STATE, type State } from "../../../src/core/state/state.ts";
import {
  addTokens,
  listPriceUSD,
  NO_TOKENS,
  type ModelPrice,
  type Tokens,
} from "../../../src/core/usage/usage.ts";

export const NOW_MS = Date.UTC(2026, 10, 21, 14, 30, 0);
export const SERVER_ID = "http://127.0.0.1:4096";
export const REF: SessionRef = { serverID: SERVER_ID, sessionID: "ses_main" };

const MODEL_REF = { providerID: "anthropic", modelID: "claude-sonnet-4-5", variant: undefined };
const PRICE: ModelPrice = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
export const MODEL: Model = {
  providerID: "anthropic",
  modelID: "claude-sonnet-4-5",
  name: "Claude Sonnet 4.5",
  contextLimit: 200_000,
  price: PRICE,
};

/** A session with nothing known about it. */
export function session(id: string, fields: Partial<Session> = {}): Session {
  return {
    id,
    parentID: undefined,
    projectID: "project",
    directory: "/home/dev/shop",
    title: id,
    agent: "build",
    model: MODEL_REF,
    totals: { costUSD: 0, tokens: NO_TOKENS },
    createdMs: NOW_MS - 3_600_000,
    updatedMs: NOW_MS - 120_000,
    archivedMs: undefined,
    changes: { files: 7, additions: 320, deletions: 41 },
    shareURL: undefined,
    revertMessageID: undefined,
    forkOfID: undefined,
    isUnread: false,
    ...fields,
  };
}

/** A finished assistant message without figures. */
export function assistant(id: string, fields: Partial<Message> = {}): Message {
  return {
    id,
    role: "assistant",
    createdMs: NOW_MS - 600_000,
    completedMs: NOW_MS - 590_000,
    agent: "build",
    model: MODEL_REF,
    costUSD: 0,
    tokens: NO_TOKENS,
    isSummary: false,
    error: undefined,
    parts: [],
    diffs: [],
    ...fields,
  };
}

/** A user message; includes a compaction part if it requests one. */
export function user(id: string, fields: Partial<Message> = {}): Message {
  return assistant(id, {
    role: "user",
    completedMs: undefined,
    costUSD: undefined,
    tokens: undefined,
    ...fields,
  });
}

export function tokens(input: number, output: number, reasoning = 0, read = 0, write = 0): Tokens {
  return { input, output, reasoning, cache: { read, write } };
}

/** The inputs of a state: one connected server, its sessions, the main session's messages, and later actions. */
export interface StateInput {
  readonly sessions: readonly Session[];
  readonly messages?: readonly Message[];
  readonly models?: readonly Model[];
  readonly isComplete?: boolean;
  readonly error?: string;
  readonly later?: readonly (SessionAction | Extract<Action, { type: "connection.changed" }>)[];
}

export function makeState(input: StateInput): State {
  const server = { serverID: SERVER_ID };
  const actions: Action[] = [
    {
      type: "server.found",
      endpoint: {
        serverID: SERVER_ID,
        url: SERVER_ID,
        name: "127.0.0.1:4096",
        origin: "local",
        username: "opencode",
        directory: undefined,
        pid: undefined,
      },
    },
    { ...server, type: "connection.changed", connection: { kind: "connected", sinceMs: NOW_MS } },
    { ...server, type: "models.loaded", models: input.models ?? [MODEL] },
    {
      ...server,
      type: "snapshot.loaded",
      sessions: input.sessions,
      atMs: NOW_MS,
    },
    {
      ...server,
      type: "messages.loaded",
      sessionID: REF.sessionID,
      messages: input.messages ?? [],
      isComplete: input.isComplete ?? true,
      error: input.error,
    },
    ...(input.later ?? []).map((action): Action => ({ ...server, ...action })),
  ];
  return reduce(INITIAL_STATE, actions).state;
}

/** A generator of numbers from 0 to 1 that are the same in every run. */
function seeded(seed: number): () => number {
  let at = seed;
  return () => {
    at = (at * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return at / 4_294_967_296;
  };
}

/** A conversation of `count` assistant messages of an agent with a prompt cache; includes auto-compactions. */
export function conversation(
  count: number,
  options: { readonly isPriced?: boolean; readonly seed?: number } = {},
): Message[] {
  const random = seeded(options.seed ?? 7);
  const messages: Message[] = [];
  let context = 14_000;
  let atMs = NOW_MS - count * 42_000;
  for (let index = 0; index < count; index++) {
    const suffix = String(index).padStart(5, "0");
    atMs += 30_000 + random() * 20_000;
    const isSummary = context > 165_000;
    if (index % 6 === 0 || isSummary) {
      const compaction = {
        kind: "compaction",
        id: `prt_${suffix}`,
        isAuto: true,
        tailStartID: undefined,
      };
      messages.push(
        user(`msg_${suffix}a`, {
          createdMs: atMs - 2000,
          parts: isSummary ? [{ ...compaction, kind: "compaction" }] : [],
        }),
      );
    }
    const isFailed = !isSummary && index % 37 === 23;
    const fresh = 300 + random() * 2500;
    const written = random() < 0.4 ? random() * 9000 : 0;
    const spent = isFailed
      ? NO_TOKENS
      : tokens(
          Math.round(fresh),
          Math.round(isSummary ? 4200 : 150 + random() * random() * 6000),
          Math.round(random() < 0.5 ? random() * 2400 : 0),
          Math.round(context),
          Math.round(written),
        );
    messages.push(
      assistant(`msg_${suffix}b`, {
        createdMs: atMs,
        completedMs: atMs + 2000 + random() * 24_000,
        agent: isSummary ? "compaction" : index % 9 < 2 ? "plan" : "build",
        tokens: spent,
        costUSD: options.isPriced === false ? 0 : listPriceUSD(spent, PRICE),
        isSummary,
        error: isFailed ? "MessageAbortedError: the turn was interrupted" : undefined,
      }),
    );
    context = isSummary ? 16_000 : context + fresh + written + spent.output;
  }
  return messages;
}

/** The totals a server would report for a session with these messages. */
export function totalsOf(messages: readonly Message[]): Session["totals"] {
  let sum = NO_TOKENS;
  let costUSD = 0;
  for (const message of messages) {
    if (message.tokens !== undefined) sum = addTokens(sum, message.tokens);
    costUSD += message.costUSD ?? 0;
  }
  return { costUSD, tokens: sum };
}

function family(messages: readonly Message[], title: string): Session[] {
  const child = (
    id: string,
    parentID: string,
    name: string,
    agent: string,
    seed: number,
  ): Session =>
    session(id, {
      parentID,
      title: name,
      agent,
      totals: totalsOf(conversation(4 + (seed % 5) * 3, { seed })),
      updatedMs: NOW_MS - seed * 60_000,
      createdMs: NOW_MS - 3_000_000 + seed,
    });
  return [
    session("ses_parent", {
      title: "Release 2.4",
      totals: totalsOf(conversation(12, { seed: 5 })),
    }),
    session(REF.sessionID, { parentID: "ses_parent", title, totals: totalsOf(messages) }),
    child(
      "ses_a",
      REF.sessionID,
      "Find every caller of the price service (@explore subagent)",
      "explore",
      1,
    ),
    child("ses_a1", "ses_a", "Read the checkout module", "explore", 2),
    child("ses_a2", "ses_a", "Read the invoicing module", "explore", 3),
    child("ses_b", REF.sessionID, "Write the migration (@general subagent)", "general", 4),
    child("ses_c", REF.sessionID, "Review the diff (@general subagent)", "general", 9),
  ];
}

const TITLE = "Move the shop's prices to the new service";

function lost(): NonNullable<StateInput["later"]> {
  return [
    {
      serverID: SERVER_ID,
      type: "connection.changed",
      connection: {
        kind: "lost",
        sinceMs: NOW_MS - 300_000,
        reason: "unreachable",
        message: "Connection refused",
        nextRetryMs: NOW_MS + 8000,
      },
    },
  ];
}

function atWork(): readonly SessionAction[] {
  const { sessionID } = REF;
  return [
    { type: "activity.changed", sessionID, activity: { kind: "working", sinceMs: NOW_MS - 9000 } },
    {
      type: "step.started",
      sessionID,
      messageID: "msg_live",
      createdMs: 0,
      model: MODEL_REF,
      agent: "build",
    },
    {
      type: "message.upserted",
      sessionID,
      message: assistant("msg_live", { createdMs: NOW_MS - 8000, completedMs: undefined }),
      hasParts: true,
    },
    { type: "text.streamed", sessionID, characters: 5200 },
    {
      type: "activity.changed",
      sessionID: "ses_c",
      activity: { kind: "working", sinceMs: NOW_MS - 60_000 },
    },
  ];
}

function contextAfter(messages: readonly Message[]): readonly SessionAction[] {
  const last = messages.findLast((message) => (message.tokens?.output ?? 0) > 0);
  if (last?.tokens === undefined) return [];
  const { input, output, reasoning, cache } = last.tokens;
  return [
    {
      type: "context.known",
      sessionID: REF.sessionID,
      context: {
        contextTokens: input + output + reasoning + cache.read + cache.write,
        modelKey: "anthropic/claude-sonnet-4-5",
        messageID: last.id,
        isEstimate: false,
      },
    },
  ];
}

/** A state of `count` messages, idle, with three sub-sessions on two levels. */
export function conversationState(
  count: number,
  later: NonNullable<StateInput["later"]> = [],
  title = TITLE,
): State {
  const messages = conversation(count);
  return makeState({
    sessions: family(messages, title),
    messages,
    later: [...contextAfter(messages), ...later],
  });
}

const ODD_TITLE = `<img src=x onerror=alert(1)> **Fix** \u202egnp.exe\u202c\n\nla façade d’été 日本語 👩‍👩‍👧 ${"and one more thing ".repeat(600)}`;

function oddState(): State {
  const messages = conversation(9);
  const children = [
    "",
    "\u202eabc",
    "=cmd|' /C calc'!A0",
    ODD_TITLE,
    "日本語のタイトル".repeat(30),
  ];
  return makeState({
    sessions: [
      session(REF.sessionID, {
        title: ODD_TITLE,
        totals: totalsOf(messages),
        directory: `/srv/${"deep/".repeat(40)}`,
      }),
      ...children.map((title, index) =>
        session(`ses_odd${index}`, {
          parentID: index === 4 ? "ses_odd3" : REF.sessionID,
          title,
          createdMs: NOW_MS - 1000 + index,
          totals: totalsOf(conversation(2 + index)),
        }),
      ),
    ],
    messages,
    later: contextAfter(messages),
  });
}

function unpricedState(): State {
  const messages = conversation(24, { isPriced: false });
  return makeState({
    sessions: [session(REF.sessionID, { title: "A local model", totals: totalsOf(messages) })],
    messages,
    models: [{ ...MODEL, contextLimit: undefined, price: undefined }],
    later: contextAfter(messages),
  });
}

function estimatedState(): State {
  const messages = conversation(24, { isPriced: false });
  return makeState({
    sessions: [session(REF.sessionID, { title: "On a subscription", totals: totalsOf(messages) })],
    messages,
    later: contextAfter(messages),
  });
}

/** The states worth viewing, by name. */
export const SCENARIOS = {
  normal: () => conversationState(40),
  live: () => conversationState(40, atWork()),
  large: () => conversationState(2000),
  unpriced: unpricedState,
  estimated: estimatedState,
  empty: () => makeState({ sessions: [session(REF.sessionID, { title: "New session" })] }),
  lost: () => conversationState(40, lost()),
  odd: oddState,
  loading: () =>
    makeState({
      sessions: [session(REF.sessionID, { title: TITLE, totals: totalsOf(conversation(400)) })],
      messages: conversation(100),
      isComplete: false,
    }),
} as const satisfies Record<string, () => State>;

export type ScenarioName = keyof typeof SCENARIOS;
