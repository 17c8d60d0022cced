import assert from "node:assert/strict";
import { type Budget, budgetUse } from "../../../src/core/usage/budget.ts";
import { sessionTurns } from "../../../src/core/ledger/sessionTurns.ts";
import type { Message } from "../../../src/core/state/message.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import type { SessionStatus } from "../../../src/core/agents/publicAPI.ts";
import { sessionStatus } from "../../../src/core/agents/sessionStatus.ts";
import schemas from "../../../src/agents/answerSchemas.json" with { type: "json" };
import { INITIAL_STATE, type State } from "../../../src/core/state/state.ts";
import {
  aModel,
  aServer,
  aSession,
  minutesAgo,
  NOW_MS,
  SONNET,
  someTokens,
} from "../../support/seed/builders.ts";
import { schemaDefects } from "../../support/jsonSchema.ts";
import { aCountedAnswer, aLedgerSession, aRow, aTable } from "../../support/seed/ledger.ts";

const SERVER = "http://127.0.0.1:4096";
const REF = { serverID: SERVER, sessionID: "root" };

function stateOf(options: Parameters<typeof aServer>[0] = {}): State {
  const tokens = someTokens({
    input: 10,
    output: 20,
    reasoning: 30,
    cacheRead: 40,
    cacheWrite: 50,
  });
  const sessions = [
    aSession({ id: "root", title: "Fix login", costUSD: 0.25, tokens }),
    aSession({ id: "child", parentID: "root", costUSD: 0.5, tokens: 100 }),
    aSession({ id: "grandchild", parentID: "child", costUSD: 1, tokens: 1000 }),
  ];
  const { actions } = aServer({ id: SERVER, name: "local", sessions, ...options });
  return reduce(INITIAL_STATE, actions).state;
}

/** The status after a round trip through JSON, validated against its schema. */
function statusOf(
  state: State,
  extras: Partial<Parameters<typeof sessionStatus>[2]> = {},
  ref = REF,
): SessionStatus {
  const status = sessionStatus(state, ref, { nowMs: NOW_MS, ...extras });
  assert.ok(status !== undefined);
  const sent: unknown = JSON.parse(JSON.stringify(status));
  assert.deepEqual(schemaDefects(schemas.SessionStatus, sent), []);
  assert.deepEqual(sent, status, "JSON changes nothing");
  return status;
}

describe("session_status", () => {
  it("reports own and tree figures, and null if unknown", () => {
    assert.deepEqual(statusOf(stateOf()), {
      schemaVersion: 1,
      sessionID: "root",
      title: "Fix login",
      server: "local",
      parentID: null,
      rootID: "root",
      state: "idle",
      model: "acme/sonnet",
      usage: {
        session: {
          turns: null,
          input: 10,
          output: 20,
          reasoning: 30,
          cache: { read: 40, write: 50 },
          totalTokens: 150,
          cost: 0.25,
          costState: "recorded",
          isEstimate: false,
        },
        tree: {
          sessions: 3,
          input: 1110,
          output: 20,
          reasoning: 30,
          cache: { read: 40, write: 50 },
          totalTokens: 1250,
          cost: 1.75,
          costState: "recorded",
          isEstimate: false,
        },
        lastTurn: null,
        budgets: { hourly: null, daily: null, weekly: null, monthly: null, session: null },
      },
      context: null,
      forecast: {
        usdPerHour: null,
        usdPerHourState: null,
        tokensPerMinute: null,
        turnsUntilContextFull: null,
        budgetReachedMs: null,
      },
    });
    const child = statusOf(stateOf(), {}, { ...REF, sessionID: "grandchild" });
    assert.equal(child.parentID, "child");
    assert.equal(child.rootID, "root");
    assert.equal(sessionStatus(stateOf(), { ...REF, sessionID: "x" }, { nowMs: 0 }), undefined);
    assert.equal(sessionStatus(stateOf(), { ...REF, serverID: "x" }, { nowMs: 0 }), undefined);
  });

  it("marks estimated and unknown costs", () => {
    const sessions = [aSession({ id: "root", costUSD: 0, tokens: 1_000_000 })];
    const estimated = statusOf(stateOf({ sessions })).usage.session;
    assert.deepEqual([estimated.cost, estimated.costState], [3, "estimated"]);
    const unpriced = statusOf(stateOf({ sessions, models: [aModel({ price: undefined })] }));
    assert.deepEqual(
      [unpriced.usage.session.cost, unpriced.usage.session.costState],
      [null, "unpriced"],
    );
  });

  it("reports what the session is doing and how full its context is", () => {
    const state = stateOf({
      live: (serverID) => [
        {
          type: "activity.changed",
          serverID,
          sessionID: "root",
          activity: { kind: "working", sinceMs: minutesAgo(1) },
        },
        {
          type: "context.known",
          serverID,
          sessionID: "root",
          context: {
            contextTokens: 50_000,
            modelKey: "acme/sonnet",
            messageID: "m",
            isEstimate: false,
          },
        },
        { type: "text.streamed", serverID, sessionID: "root", characters: 400 },
      ],
    });
    const status = statusOf(state);
    assert.equal(status.state, "working");
    assert.deepEqual(status.context, {
      used: 50_000,
      limit: 200_000,
      percent: 25,
      isEstimate: false,
    });
    assert.equal(status.usage.session.isEstimate, true);
    assert.equal(status.usage.tree.isEstimate, true);
    const unlimited = stateOf({
      models: [aModel({ contextLimit: undefined })],
      live: (serverID) => [
        {
          type: "context.known",
          serverID,
          sessionID: "root",
          context: { contextTokens: 5, modelKey: "acme/sonnet", messageID: "m", isEstimate: true },
        },
      ],
    });
    assert.deepEqual(statusOf(unlimited).context, {
      used: 5,
      limit: null,
      percent: null,
      isEstimate: true,
    });
    const lost = stateOf({
      connection: {
        kind: "lost",
        sinceMs: minutesAgo(2),
        reason: "unreachable",
        message: "gone",
        nextRetryMs: undefined,
      },
    });
    assert.equal(statusOf(lost).state, "unavailable");
  });

  it("reports the turns in the ledger, and what follows from them", () => {
    const table = aTable({
      sessions: [aLedgerSession({ id: "root", createdMs: minutesAgo(60) })],
      rows: [1, 2, 3, 4].flatMap((turn) => [
        aRow({
          messageID: `a${turn}`,
          sessionID: "root",
          createdMs: minutesAgo(50 - turn * 10),
          costUSD: 0.01,
          tokens: someTokens({ input: turn * 1000, output: 10 }),
        }),
        aRow({
          messageID: `b${turn}`,
          sessionID: "root",
          createdMs: minutesAgo(49 - turn * 10),
          costUSD: 0.02,
          tokens: someTokens({ input: turn * 10_000, output: 20 }),
          endsTurn: true,
        }),
      ]),
    });
    const state = stateOf({
      live: (serverID) => [
        {
          type: "context.known",
          serverID,
          sessionID: "root",
          context: {
            contextTokens: 40_020,
            modelKey: "acme/sonnet",
            messageID: "b4",
            isEstimate: false,
          },
        },
      ],
    });
    const rate = {
      usdPerHour: 1.5,
      costState: "recorded" as const,
      recordedUSDPerHour: 1.5,
      tokensPerMinute: 250,
      answers: 4,
    };
    const status = statusOf(state, { turns: sessionTurns(table, "root"), rate });
    assert.equal(status.usage.session.turns, 4);
    assert.deepEqual(status.usage.lastTurn, {
      input: 44_000,
      output: 30,
      totalTokens: 44_030,
      cost: 0.03,
      costState: "recorded",
    });
    assert.deepEqual(status.forecast, {
      usdPerHour: 1.5,
      usdPerHourState: "recorded",
      tokensPerMinute: 250,
      turnsUntilContextFull: 15,
      budgetReachedMs: null,
    });
  });

  it("reports a turn's cost as a lower bound if some steps are unpriced, and unknown if all are", () => {
    const lastTurn = (...costs: readonly number[]): unknown => {
      const table = aTable({
        sessions: [aLedgerSession({ id: "root" })],
        rows: costs.map((costUSD, at) =>
          aRow({ messageID: `a${at}`, sessionID: "root", createdMs: minutesAgo(50 - at), costUSD }),
        ),
      });
      // The session's total cost is only partly known, too.
      const state = stateOf({
        models: [aModel({ price: undefined })],
        sessions: [aSession({ id: "root", costUSD: 0, tokens: 10 })],
      });
      const turn = statusOf(state, { turns: sessionTurns(table, "root") }).usage.lastTurn;
      return [turn?.cost, turn?.costState];
    };
    assert.deepEqual(lastTurn(0.5, 0.25), [0.75, "recorded"]);
    assert.deepEqual(lastTurn(0.5, 0), [0.5, "partial"]);
    assert.deepEqual(lastTurn(0, 0), [null, "unpriced"]);
  });

  it("counts the turns of a watched session from its messages", () => {
    const at = (id: string, minutes: number, overrides: Partial<Message>): Message =>
      aCountedAnswer(id, {
        createdMs: minutesAgo(minutes),
        completedMs: minutesAgo(minutes) + 1,
        ...overrides,
      });
    const user = { role: "user" as const, costUSD: undefined, tokens: undefined };
    const synthetic = { kind: "text" as const, id: "p", text: "Go on", isSynthetic: true };
    const messages = [
      at("m1", 20, user),
      at("m2", 19, {}),
      at("m3", 18, {}),
      at("m4", 17, { ...user, parts: [synthetic] }),
      at("m5", 16, {}),
      at("m6", 10, user),
      at("m7", 9, { costUSD: 0.5 }),
    ];
    const loaded = (isComplete: boolean): State =>
      stateOf({
        live: (serverID) => [
          {
            type: "messages.loaded",
            serverID,
            sessionID: "root",
            messages,
            isComplete,
            error: undefined,
          },
        ],
      });
    const status = statusOf(loaded(true));
    assert.equal(status.usage.session.turns, 2);
    assert.equal(status.usage.lastTurn?.cost, 0.5);
    assert.equal(statusOf(loaded(false)).usage.session.turns, null);
  });

  it("treats a turn as ended when the session is idle, not between two of its steps", () => {
    const turn = (number: number): readonly Message[] => {
      const prompt: Message = {
        id: `m${number}a`,
        role: "user",
        createdMs: minutesAgo(50 - number),
        completedMs: undefined,
        agent: "build",
        model: SONNET,
        costUSD: undefined,
        tokens: undefined,
        isSummary: false,
        error: undefined,
        parts: [],
        diffs: [],
      };
      const answer: Message = {
        ...prompt,
        id: `m${number}b`,
        role: "assistant",
        completedMs: minutesAgo(50 - number) + 1,
        tokens: someTokens({ input: number * 10_000, output: 1 }),
      };
      return [prompt, answer];
    };
    const stateAt = (kind: "idle" | "working"): State =>
      stateOf({
        live: (serverID) => [
          {
            type: "messages.loaded",
            serverID,
            sessionID: "root",
            messages: [1, 2, 3, 4].flatMap(turn),
            isComplete: true,
            error: undefined,
          },
          {
            type: "context.known",
            serverID,
            sessionID: "root",
            context: {
              contextTokens: 40_001,
              modelKey: "acme/sonnet",
              messageID: "m4b",
              isEstimate: false,
            },
          },
          {
            type: "activity.changed",
            serverID,
            sessionID: "root",
            activity: kind === "idle" ? { kind } : { kind, sinceMs: minutesAgo(1) },
          },
        ],
      });
    assert.equal(statusOf(stateAt("idle")).forecast.turnsUntilContextFull, 15);
    // Three ended turns give two increases: too few for a forecast.
    assert.equal(statusOf(stateAt("working")).forecast.turnsUntilContextFull, null);
  });

  it("reports the most used-up budget of each period, among those that cover the session", () => {
    const table = aTable({
      sessions: [aLedgerSession({ id: "root", createdMs: minutesAgo(60) })],
      rows: [aRow({ messageID: "m", sessionID: "root", createdMs: minutesAgo(5), costUSD: 4 })],
    });
    const context = {
      table,
      prices: new Map<string, never>(),
      calendar: { timeZone: "UTC" },
      nowMs: NOW_MS,
    };
    const use = (id: string, overrides: Partial<Budget>, treeID?: string) =>
      budgetUse(
        context,
        { id, period: "daily", limit: 10, unit: "USD", counts: "recorded", ...overrides },
        treeID,
      );
    const budgets = [
      use("wide", { limit: 100 }),
      use("narrow", { limit: 5 }),
      use("other project", { limit: 1, projectKey: "project-lib" }),
      use("other place", { limit: 1, placeID: "far" }),
      use("this session", { period: "session", limit: 8 }, "root"),
      use("other session", { period: "session", limit: 1 }, "elsewhere"),
      use("month", { period: "monthly", unit: "tokens", limit: 1000 }),
    ];
    const rate = {
      usdPerHour: 1,
      costState: "recorded" as const,
      recordedUSDPerHour: 1,
      tokensPerMinute: 1,
      answers: 3,
    };
    const overallRate = { ...rate, costState: "recorded" as const, recordedUSDPerHour: 2 };
    const status = statusOf(stateOf(), { budgets, placeID: "db", rate, overallRate });
    assert.deepEqual(status.usage.budgets, {
      hourly: null,
      daily: { used: 4, limit: 5, percent: 80, unit: "USD", isLowerBound: false },
      weekly: null,
      monthly: { used: 110, limit: 1000, percent: 11, unit: "tokens", isLowerBound: false },
      session: { used: 4, limit: 8, percent: 50, unit: "USD", isLowerBound: false },
    });
    // The remaining dollar of the tightest daily budget lasts half an hour.
    assert.equal(status.forecast.budgetReachedMs, NOW_MS + 30 * 60_000);
    // The session's remaining four dollars last four hours, regardless of other use.
    const ofTree = statusOf(stateOf(), { budgets, placeID: "db", rate });
    assert.equal(ofTree.forecast.budgetReachedMs, NOW_MS + 4 * 3_600_000);
    // A child shares its root's session budget.
    const child = statusOf(stateOf(), { budgets }, { ...REF, sessionID: "child" });
    assert.equal(child.usage.budgets.session?.percent, 50);
  });

  it("has a schema that rejects anything it does not describe", () => {
    const status = statusOf(stateOf());
    const broken: [string, unknown][] = [
      ["missing", { ...status, title: undefined }],
      ["additional", { ...status, secret: 1 }],
      ["type", { ...status, context: 7 }],
      ["word", { ...status, state: "sleeping" }],
      ["version", { ...status, schemaVersion: 2 }],
      [
        "negative",
        { ...status, context: { used: -1, limit: null, percent: null, isEstimate: true } },
      ],
    ];
    for (const [what, value] of broken) {
      const sent: unknown = JSON.parse(JSON.stringify(value));
      assert.equal(schemaDefects(schemas.SessionStatus, sent).length, 1, what);
    }
  });
});
