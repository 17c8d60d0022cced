import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { ServerError } from "../../../src/core/errors.ts";
import { backoffMs } from "../../../src/server/backoff.ts";
import { errorOfHead, reasonOfStatus, toServerError } from "../../../src/server/http.ts";
import { learnFromMessages } from "../../../src/server/lastMessages.ts";
import { Limiter } from "../../../src/core/limiter.ts";
import { SnapshotBuffer } from "../../../src/server/snapshotBuffer.ts";
import { PromptQueue } from "../../../src/server/v1/promptQueue.ts";
import { aSession, aStep, someTokens } from "../../support/seed/builders.ts";
import type { Message } from "../../../src/core/state/message.ts";

const serverID = "http://127.0.0.1:4096";

describe("backoff", () => {
  it("doubles up to half a minute, with half of it random", () => {
    assert.deepEqual(
      [0, 1, 2, 20].map((attempt) => backoffMs(attempt, () => 1)),
      [250, 500, 1000, 30_000],
    );
    assert.equal(
      backoffMs(2, () => 0),
      500,
    );
  });
});

describe("limiter", () => {
  it("runs at most its limit at once, but eventually all, even after a failure", async () => {
    const limiter = new Limiter(2);
    let running = 0;
    let most = 0;
    const results = await Promise.allSettled(
      [1, 2, 3, 4, 5].map((value) =>
        limiter.run(async () => {
          most = Math.max(most, ++running);
          await turn();
          running--;
          if (value === 2) throw new Error("no");
          return value;
        }),
      ),
    );
    assert.equal(most, 2);
    assert.equal(results.filter((result) => result.status === "fulfilled").length, 4);
  });
});

describe("snapshot buffer", () => {
  it("replays facts in order and names sessions whose figures may or may not be in the snapshot", () => {
    const buffer = new SnapshotBuffer();
    const session = aSession({ id: "a" });
    assert.equal(
      buffer.take({ type: "session.upserted", serverID, session, origin: "event" }),
      false,
    );
    buffer.begin();
    const idle = {
      type: "activity.changed",
      serverID,
      sessionID: "a",
      activity: { kind: "idle" },
    } as const;
    assert.ok(buffer.take({ type: "session.upserted", serverID, session, origin: "event" }));
    const step = { stepID: "p", step: aStep() };
    assert.ok(buffer.take({ type: "step.ended", serverID, sessionID: "b", ...step }));
    assert.ok(buffer.take(idle));
    assert.ok(buffer.take({ type: "session.removed", serverID, sessionID: "b" }));
    const { actions, stale } = buffer.release((sessionID) => sessionID !== "born");
    assert.deepEqual(actions, [
      { type: "step.ended", serverID, sessionID: "b", ...step, mayBeInTotals: true },
      idle,
      { type: "session.removed", serverID, sessionID: "b" },
    ]);
    assert.deepEqual([...stale], ["a"]);
    assert.equal(buffer.take(idle), false);
  });

  it("passes on each step for the ledger, and marks those that the totals may include", () => {
    const buffer = new SnapshotBuffer();
    buffer.begin();
    const step = { type: "step.ended", serverID, stepID: "p", step: aStep() } as const;
    buffer.take({ ...step, sessionID: "listed" });
    buffer.take({ ...step, sessionID: "born" });
    const { actions } = buffer.release((sessionID) => sessionID === "listed");
    assert.deepEqual(actions, [
      { ...step, sessionID: "listed", mayBeInTotals: true },
      { ...step, sessionID: "born" },
    ]);
  });
});

describe("prompt queue", () => {
  it("counts each prompt waiting behind a turn once", () => {
    const queue = new PromptQueue();
    queue.promptSeen("s", "m1");
    assert.equal(queue.promptAnswered("s", "m1"), 0);
    assert.equal(queue.promptSeen("s", "m3"), 1);
    assert.equal(queue.promptSeen("s", "m3"), 1);
    assert.equal(queue.promptSeen("s", "m4"), 2);
    // A message is reported again with its summary after it has been answered.
    assert.equal(queue.promptSeen("s", "m1"), 2);
    assert.equal(queue.promptAnswered("s", "m3"), 1);
    queue.forget("s");
    assert.equal(queue.promptSeen("s", "m3"), 0);
  });
});

describe("connection errors", () => {
  it("have a reason the user can act on", () => {
    const refused = new TypeError("fetch failed", {
      cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
    });
    assert.equal(toServerError(refused).reason, "unreachable");
    assert.match(toServerError(refused).message, /refused/);
    assert.equal(toServerError(new DOMException("late", "TimeoutError")).reason, "timeout");
    const aborted = AbortSignal.abort();
    assert.equal(toServerError(new Error("x"), aborted).reason, "cancelled");
    const own = new ServerError("rejected", "no");
    assert.equal(toServerError(own), own);
  });

  it("are derived from HTTP statuses", () => {
    assert.deepEqual([200, 204, 401, 404, 500, 503].map(reasonOfStatus), [
      undefined,
      undefined,
      "unauthorized",
      "notFound",
      "rejected",
      "unreachable",
    ]);
  });

  it("name the delay a server asks for, by the server's own clock", () => {
    const delayOf = (headers: Readonly<Record<string, string>>): number | undefined =>
      errorOfHead({ status: 503, header: (name) => headers[name] })?.retryAfterMs;
    const date = "Sat, 01 Jan 2000 10:00:00 GMT";
    assert.equal(delayOf({ "retry-after": "120" }), 120_000);
    assert.equal(delayOf({ "retry-after": "Sat, 01 Jan 2000 10:02:00 GMT", date }), 120_000);
    assert.equal(delayOf({ "retry-after": "Sat, 01 Jan 2000 10:02:00 GMT" }), undefined);
    assert.equal(delayOf({ "retry-after": "later", date }), undefined);
  });
});

describe("the summary of the last messages", () => {
  const message = (overrides: Partial<Message>): Message => ({
    id: "m",
    role: "assistant",
    createdMs: 1,
    completedMs: 2,
    agent: "build",
    model: { providerID: "acme", modelID: "sonnet", variant: undefined },
    costUSD: 0.1,
    tokens: someTokens({ input: 900, output: 100 }),
    isSummary: false,
    error: undefined,
    parts: [],
    diffs: [],
    ...overrides,
  });
  const contextOf = (messages: readonly Message[], isWhole = true) =>
    learnFromMessages("a", messages, isWhole).find((action) => action.type === "context.known");

  it("gives the context of the last step that answered", () => {
    const aborted = message({ id: "m2", tokens: someTokens({}) });
    const known = contextOf([message({ id: "m1" }), aborted]);
    assert.ok(known?.type === "context.known");
    assert.equal(known.context.contextTokens, 1000);
    assert.equal(known.context.messageID, "m1");
    assert.equal(contextOf([aborted]), undefined);
  });

  it("estimates the context after a compaction from the fixed prompt, the summary and what followed", () => {
    const text = (characters: number) =>
      [{ kind: "text", id: "p", text: "x".repeat(characters), isSynthetic: false }] as const;
    const known = contextOf([
      message({ id: "m0", role: "user", tokens: undefined, parts: text(400) }),
      message({ id: "m1", tokens: someTokens({ input: 5_100, output: 50 }) }),
      message({ id: "m2", role: "user", tokens: undefined }),
      message({ id: "m3", isSummary: true, tokens: someTokens({ input: 6_000, output: 300 }) }),
      message({ id: "m4", role: "user", tokens: undefined, parts: text(40) }),
    ]);
    assert.ok(known?.type === "context.known");
    // 5,100 - 100 written by the user + 300 of the summary + 10 after it.
    assert.equal(known.context.contextTokens, 5_310);
    assert.equal(known.context.isEstimate, true);
  });

  it("gives the error the session ended with, and the count if all messages are known", () => {
    const actions = learnFromMessages("a", [message({ error: "no credit" })], true);
    assert.ok(actions.some((action) => action.type === "session.failed"));
    assert.ok(actions.some((action) => action.type === "messages.counted" && action.count === 1));
    const part = learnFromMessages("a", [message({})], false);
    assert.equal(
      part.some((action) => action.type === "messages.counted"),
      false,
    );
  });
});
