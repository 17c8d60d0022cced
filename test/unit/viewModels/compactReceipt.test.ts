import assert from "node:assert/strict";

import type { ServerAction } from "../../../src/core/state/actions.ts";
import type { ContextFill } from "../../../src/core/state/selectors.ts";
import { NO_USAGE, type Usage } from "../../../src/core/usage/usage.ts";
import {
  compactPlan,
  type CompactPlan,
  compactReceipt,
} from "../../../src/viewModels/documents/compactReceipt.ts";
import {
  after,
  aPermission,
  aServer,
  aSession,
  contextKnown,
  minutesAgo,
  someTokens,
  SONNET,
  stateWith,
} from "../../support/seed/builders.ts";

const LOCAL = "http://127.0.0.1:4096";
const REF = { serverID: LOCAL, sessionID: "a" };
const ready = stateWith(
  aServer({
    sessions: [aSession({ id: "a", title: "Login", tokens: 10 })],
    live: (serverID) => [contextKnown(serverID, "a", 126_000)],
  }),
);

function planAfter(...actions: readonly ServerAction[]): CompactPlan {
  return compactPlan(after(ready, ...actions), REF);
}

function refusalAfter(...actions: readonly ServerAction[]): string {
  const plan = planAfter(...actions);
  assert.equal(plan.kind, "refused");
  return plan.message;
}

function fill(contextTokens: number, isEstimate = false): ContextFill {
  return { contextTokens, contextLimit: 200_000, percent: contextTokens / 2000, isEstimate };
}

function spent(recordedUSD: number, input: number): Usage {
  return { ...NO_USAGE, recordedUSD, tokens: someTokens({ input }) };
}

describe("the compaction plan", () => {
  it("says what will happen, with the current tokens and context", () => {
    const plan = planAfter();
    assert.equal(plan.kind, "ready");
    assert.equal(plan.question, "Compact “Login”?");
    assert.match(plan.detail, /Context now: 126k tokens, 63% of 200k\./);
    assert.deepEqual(plan.model, SONNET);
  });

  it("says if the context is unknown, and asks for a model if there is none", () => {
    const state = stateWith(aServer({ sessions: [aSession({ id: "a", model: undefined })] }));
    const plan = compactPlan(state, REF);
    assert.equal(plan.kind, "ready");
    assert.match(plan.detail, /is unknown/);
    assert.equal(plan.model, undefined);
  });

  it("refuses with the reason", () => {
    const base = { serverID: LOCAL, sessionID: "a" } as const;
    const working = { kind: "working", sinceMs: 1 } as const;
    assert.match(
      refusalAfter({ ...base, type: "activity.changed", activity: working }),
      /is running/,
    );
    assert.match(
      refusalAfter({ ...base, type: "prompts.queued", count: 1 }),
      /1 queued prompt, .*discard/,
    );
    assert.match(refusalAfter({ ...base, type: "messages.counted", count: 0 }), /has no messages/);
    assert.match(
      refusalAfter({ ...base, type: "compaction.started", isAuto: true, atMs: 1 }),
      /already being compacted/,
    );
    assert.match(
      refusalAfter({ type: "request.opened", serverID: LOCAL, request: aPermission("a") }),
      /waiting for your answer/,
    );
    assert.match(refusalAfter({ ...base, type: "session.removed" }), /no longer exists/);
    assert.match(
      refusalAfter({
        type: "connection.changed",
        serverID: LOCAL,
        connection: {
          kind: "lost",
          sinceMs: minutesAgo(1),
          reason: "timeout",
          message: "",
          nextRetryMs: undefined,
        },
      }),
      /not connected/,
    );
  });

  it("does not refuse a session whose last turn failed", () => {
    const plan = planAfter({ type: "session.failed", ...REF, message: "no credit", atMs: 1 });
    assert.equal(plan.kind, "ready");
  });
});

describe("the compaction receipt", () => {
  const base = { title: "Login", usageBefore: spent(1, 1000), durationMs: 4200 };

  it("shows context before and after, cost and duration", () => {
    const receipt = compactReceipt({
      ...base,
      before: fill(126_000),
      after: fill(12_000, true),
      usageAfter: spent(1.05, 131_000),
    });
    assert.equal(
      receipt.message,
      "Compacted “Login”: context 126k → ~12k tokens (63% → 6%), cost $0.05 (130k tokens) in 4.2 s.",
    );
    assert.equal(receipt.hasRisen, false);
  });

  it("says so if the tokens increased", () => {
    const receipt = compactReceipt({
      ...base,
      before: fill(1000),
      after: fill(2164),
      usageAfter: spent(1.01, 2000),
    });
    assert.equal(receipt.hasRisen, true);
    assert.match(receipt.message, /but its context rose: context 1k → 2\.2k tokens/);
    const same = compactReceipt({
      ...base,
      before: fill(1000),
      after: fill(1000),
      usageAfter: spent(1.01, 2000),
    });
    assert.match(same.message, /but its context did not change/);
  });

  it("invents no figures", () => {
    const receipt = compactReceipt({
      ...base,
      before: undefined,
      after: undefined,
      usageAfter: base.usageBefore,
    });
    assert.equal(
      receipt.message,
      "Compacted “Login”: context not known yet, done in 4.2 s, cost not known yet.",
    );
  });
});
