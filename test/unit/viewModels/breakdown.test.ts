import assert from "node:assert/strict";
import { describe, it } from "mocha";

import { costState, totalTokens, totalUSD } from "../../../src/core/usage/usage.ts";
import {
  type BreakdownModel,
  breakdownModel,
} from "../../../src/viewModels/breakdown/breakdown.ts";
import { sessionHead } from "../../../src/viewModels/breakdown/breakdownPage.ts";
import { formatCost } from "../../../src/viewModels/text/money.ts";
import {
  assistant,
  conversation,
  conversationState,
  makeState,
  MODEL,
  NOW_MS,
  REF,
  SCENARIOS,
  session,
  SERVER_ID,
  type StateInput,
  tokens,
  totalsOf,
  user,
} from "../../support/seed/breakdownScenarios.ts";

function modelOfState(input: StateInput): BreakdownModel {
  const model = breakdownModel(makeState(input), REF, NOW_MS);
  assert.ok(model);
  return model;
}

const { sessionID } = REF;
const MAIN = session(sessionID);

describe("breakdownModel", () => {
  it("is undefined for an unknown session or server", () => {
    const state = makeState({ sessions: [MAIN] });
    assert.equal(breakdownModel(state, { ...REF, sessionID: "ses_other" }, NOW_MS), undefined);
    assert.equal(breakdownModel(state, { ...REF, serverID: "other" }, NOW_MS), undefined);
    assert.equal(breakdownModel(state, REF, NOW_MS)?.points.length, 0);
  });

  it("survives a round trip through JSON", () => {
    for (const [name, make] of Object.entries(SCENARIOS)) {
      const model = breakdownModel(make(), REF, NOW_MS);
      const copy: unknown = JSON.parse(JSON.stringify(model));
      const known = JSON.stringify(copy);
      assert.equal(known, JSON.stringify(model), name);
      assert.ok(!known.includes("null"), name);
    }
  });

  it("creates one point per assistant message and sums them exactly", () => {
    const messages = conversation(40);
    const model = breakdownModel(conversationState(40), REF, NOW_MS)!;
    assert.equal(model.points.length, 40);
    assert.equal(model.userMessages, messages.length - 40);
    const totals = totalsOf(messages)!;
    assert.deepEqual(model.sum.tokens, totals.tokens);
    assert.ok(Math.abs(totalUSD(model.sum) - totals.costUSD) < 1e-9);
    assert.equal(model.differenceTokens, 0);
  });

  it("keeps own and tree figures separate", () => {
    const model = breakdownModel(conversationState(40), REF, NOW_MS)!;
    assert.equal(model.tree.descendants, 5);
    const children = model.children.filter((child) => child.depth === 1);
    const sum = children.reduce(
      (total, child) => total + totalTokens(child.tree.tokens),
      totalTokens(model.own.usage.tokens),
    );
    assert.equal(totalTokens(model.tree.usage.tokens), sum);
    assert.deepEqual(
      model.children.map((child) => `${"-".repeat(child.depth)}${child.sessionID}`),
      ["-ses_a", "--ses_a1", "--ses_a2", "-ses_b", "-ses_c"],
    );
    assert.deepEqual(model.parent, { sessionID: "ses_parent", title: "Release 2.4" });
  });

  it("prices each message separately", () => {
    const unpricedModel = { ...MODEL, modelID: "local", price: undefined };
    const model = modelOfState({
      sessions: [MAIN],
      models: [MODEL, unpricedModel],
      messages: [
        assistant("m1", { tokens: tokens(1000, 10), costUSD: 0.5 }),
        assistant("m2", { tokens: tokens(1_000_000, 0), costUSD: 0 }),
        assistant("m3", {
          tokens: tokens(100, 10),
          costUSD: 0,
          model: { providerID: "anthropic", modelID: "local", variant: undefined },
        }),
        assistant("m4", { tokens: tokens(0, 0), costUSD: 0, error: "aborted" }),
      ],
    });
    assert.deepEqual(
      model.points.map((point) => [point.costState, point.costUSD]),
      [
        ["recorded", 0.5],
        ["estimated", 3],
        ["unpriced", 0],
        ["recorded", 0],
      ],
    );
    assert.equal(costState(model.sum), "partial");
    assert.equal(model.sum.unpricedTokens, 110);
  });

  it("shows the same cost at the top as for the messages when priced and unpriced models are mixed", () => {
    const free = { providerID: "anthropic", modelID: "local", variant: undefined };
    const paid = assistant("m1", { tokens: tokens(1000, 10), costUSD: 0.5 });
    const unpriced = assistant("m2", { tokens: tokens(100, 10), costUSD: 0, model: free });
    const listed = assistant("m3", { tokens: tokens(1_000_000, 0), costUSD: 0 });
    const models = [MODEL, { ...MODEL, modelID: "local", price: undefined }];
    const costs = (...messages: Parameters<typeof totalsOf>[0]): readonly string[] => {
      const { own, tree, sum } = modelOfState({
        sessions: [
          session(sessionID, { totals: totalsOf(messages) }),
          session("ses_child", { parentID: sessionID, totals: totalsOf([paid]) }),
        ],
        models,
        messages,
      });
      return [own.usage, sum, tree.usage].map(formatCost);
    };
    assert.deepEqual(costs(paid), ["$0.50", "$0.50", "$1.00"]);
    assert.deepEqual(costs(paid, unpriced), ["≥ $0.50", "≥ $0.50", "≥ $1.00"]);
    assert.deepEqual(costs(paid, listed), ["~$3.50", "~$3.50", "~$4.00"]);
    assert.deepEqual(costs(listed, unpriced), ["≥ $3.00", "≥ $3.00", "≥ $3.50"]);
    assert.deepEqual(costs(unpriced), ["–", "–", "≥ $0.50"]);
  });

  it("counts implausible figures as zero", () => {
    const model = modelOfState({
      sessions: [MAIN],
      messages: [assistant("m1", { tokens: tokens(Number.NaN, -5, 7), costUSD: Number.NaN })],
    });
    assert.deepEqual(model.points[0]?.tokens, tokens(0, 0, 7));
    assert.ok(Number.isFinite(totalUSD(model.sum)));
  });

  it("shows the message being written with an estimate, without a cost", () => {
    const model = breakdownModel(SCENARIOS.live(), REF, NOW_MS)!;
    const last = model.points.at(-1)!;
    assert.equal(last.messageID, "msg_live");
    assert.equal(last.isLive, true);
    assert.equal(last.tokens.output, 1300);
    assert.equal(last.costUSD, 0);
    assert.equal(model.own.isEstimate, true);
    assert.equal(model.differenceTokens, undefined);
    assert.equal(totalTokens(model.own.usage.tokens), totalTokens(model.sum.tokens));
  });

  it("uses an ended step's own tokens before the message has them", () => {
    const step = { messageID: "m1", costUSD: 0.25, tokens: tokens(500, 50) };
    const model = modelOfState({
      sessions: [MAIN],
      messages: [assistant("m1", { completedMs: undefined })],
      later: [
        { type: "activity.changed", sessionID, activity: { kind: "working", sinceMs: NOW_MS } },
        { type: "text.streamed", sessionID, characters: 400 },
        { type: "step.ended", sessionID, stepID: "prt_1", step },
      ],
    });
    assert.deepEqual(model.points[0]?.tokens, step.tokens);
    assert.equal(model.points[0].isLive, false);
    assert.equal(totalUSD(model.sum), 0.25);
  });

  it("does not treat an unfinished message of an idle session as live", () => {
    const model = modelOfState({
      sessions: [MAIN],
      messages: [assistant("m1", { completedMs: undefined })],
    });
    assert.equal(model.points[0]!.isLive, false);
    assert.equal(model.points[0]?.durationMs, undefined);
  });

  it("marks compactions with the context before and after", () => {
    const at = (minutes: number) => ({ createdMs: NOW_MS + minutes * 60_000 });
    const compaction = {
      kind: "compaction",
      id: "p",
      isAuto: true,
      tailStartID: undefined,
    } as const;
    const model = modelOfState({
      sessions: [MAIN],
      messages: [
        assistant("m0", { ...at(0), tokens: tokens(50_000, 500) }),
        assistant("m1", { ...at(1), tokens: tokens(100_000, 500) }),
        assistant("m2", { ...at(2), tokens: tokens(0, 0), error: "aborted" }),
        user("m3", { ...at(3), parts: [compaction] }),
        assistant("m4", { ...at(4), tokens: tokens(100_600, 900), isSummary: true }),
        assistant("m5", { ...at(5), tokens: tokens(8000, 40) }),
        // A server without summary messages: the first message after the compaction is marked.
        user("m6", { ...at(6), parts: [{ ...compaction, isAuto: false }] }),
        assistant("m7", { ...at(7), tokens: tokens(2000, 10) }),
        // A server whose summary carries the mark itself.
        assistant("m8", {
          ...at(8),
          tokens: tokens(2100, 50),
          isSummary: true,
          parts: [compaction],
        }),
        assistant("m9", { ...at(9), tokens: tokens(500, 5) }),
      ],
    });
    assert.deepEqual(
      model.compactions.map((mark) => [
        mark.messageID,
        mark.isAuto,
        mark.beforeTokens,
        mark.afterTokens,
      ]),
      [
        ["m4", true, 100_500, 8040],
        ["m7", false, 8040, 2010],
        ["m8", true, 2010, 505],
      ],
    );
    assert.equal(model.points[3]?.contextTokens, undefined, "a summary's own figure is no context");
    assert.equal(model.points[2]?.contextTokens, undefined, "a failed step tells no context");
  });

  it("shows what the server counts beyond its messages, once all are loaded and the session is idle", () => {
    const input = {
      sessions: [session(sessionID, { totals: { costUSD: 1, tokens: tokens(1000, 0) } })],
      messages: [assistant("m1", { tokens: tokens(400, 0), costUSD: 0.4 })],
    };
    assert.equal(modelOfState(input).differenceTokens, 600);
    assert.equal(modelOfState({ ...input, isComplete: false }).differenceTokens, undefined);
    const busy = { type: "activity.changed", sessionID, activity: { kind: "working", sinceMs: 1 } };
    assert.equal(modelOfState({ ...input, later: [busy as never] }).differenceTokens, undefined);
  });

  it("says how fresh the figures are", () => {
    assert.deepEqual(breakdownModel(SCENARIOS.lost(), REF, NOW_MS)?.freshness, {
      kind: "stale",
      sinceMs: NOW_MS - 300_000,
      message: "Connection refused",
    });
    const connecting = modelOfState({
      sessions: [MAIN],
      later: [
        { serverID: SERVER_ID, type: "connection.changed", connection: { kind: "connecting" } },
      ],
    });
    assert.deepEqual(connecting.freshness, { kind: "connecting" });
    assert.deepEqual(breakdownModel(SCENARIOS.normal(), REF, NOW_MS)?.freshness, { kind: "live" });
  });

  it("says why the session cannot be compacted, in the same words as the command", () => {
    const refusal = (later: StateInput["later"]) =>
      modelOfState({ sessions: [MAIN], messages: [assistant("m1")], later: later ?? [] })
        .compactRefusal;
    assert.equal(refusal([]), undefined);
    assert.match(
      refusal([
        { type: "activity.changed", sessionID, activity: { kind: "working", sinceMs: NOW_MS } },
      ])!,
      /is running/,
    );
    assert.match(refusal([{ type: "prompts.queued", sessionID, count: 1 }])!, /queued/);
    assert.match(refusal([{ type: "messages.counted", sessionID, count: 0 }])!, /nothing/);
    assert.match(breakdownModel(SCENARIOS.lost(), REF, NOW_MS)!.compactRefusal!, /not connected/);
  });

  it("counts the sub-sessions it cannot list", () => {
    const crowd = Array.from({ length: 1203 }, (_, index) =>
      session(`ses_${String(index)}`, { parentID: sessionID, createdMs: index }),
    );
    const model = modelOfState({ sessions: [MAIN, ...crowd] });
    assert.equal(model.children.length, 1000);
    assert.equal(model.hiddenChildren, 203);
  });

  it("shows the directory below `~`, and the whole path when hovered", () => {
    const { facts } = sessionHead(modelOfState({ sessions: [MAIN] }), NOW_MS);
    assert.deepEqual(
      facts.filter(({ hint }) => hint?.startsWith("Directory")),
      [{ text: "~/shop", hint: "Directory: /home/dev/shop" }],
    );
  });

  it("cleans up titles and errors for display", () => {
    const model = breakdownModel(SCENARIOS.odd(), REF, NOW_MS)!;
    assert.ok(!/[\n\u202e]/.test(model.title));
    assert.ok(model.title.length <= 220);
    assert.equal(model.children[0]?.title, "Untitled");
    assert.equal(model.children[1]?.title, "abc");
  });
});
