import assert from "node:assert/strict";

import { deletePlan } from "../../../src/viewModels/documents/deletePreview.ts";
import { topmost, whyNotAtRest } from "../../../src/viewModels/documents/readiness.ts";
import {
  aPermission,
  aServer,
  aSession,
  minutesAgo,
  stateWith,
} from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const ref = (sessionID: string) => ({ serverID, sessionID });

const family = [
  aSession({ id: "root", title: "Fix login", costUSD: 0.2, tokens: 40_000 }),
  aSession({ id: "child", parentID: "root", costUSD: 0.02, tokens: 4000 }),
  aSession({ id: "grandchild", parentID: "child", costUSD: 0.01, tokens: 1200 }),
  aSession({ id: "other", title: "Other", costUSD: 1, tokens: 1000 }),
];

describe("the preview of a deletion", () => {
  it("names the session, its children and their total cost", () => {
    const plan = deletePlan(stateWith(aServer({ sessions: family })), [ref("root")]);
    assert.ok(plan.kind === "ready");
    assert.equal(plan.question, "Delete “Fix login”?");
    assert.match(plan.detail, /^2 sub-sessions · 45\.2k tokens · \$0\.23$/m);
    assert.match(plan.detail, /cannot be recovered/);
    assert.doesNotMatch(plan.detail, /In all|stopped/);
  });

  it("counts a session once if its ancestor is deleted, too", () => {
    const state = stateWith(aServer({ sessions: family }));
    const plan = deletePlan(state, [ref("grandchild"), ref("root"), ref("root"), ref("other")]);
    assert.ok(plan.kind === "ready");
    assert.deepEqual(plan.refs, [ref("root"), ref("other")]);
    assert.equal(plan.question, "Delete 2 sessions?");
    assert.match(plan.detail, /In total: 2 sessions, 2 sub-sessions, 46\.2k tokens, \$1\.23\./);
  });

  it("says what will be stopped first", () => {
    const working = { kind: "working", sinceMs: minutesAgo(1) } as const;
    const state = stateWith(
      aServer({ sessions: family, activities: { root: working, child: working, other: working } }),
    );
    const one = deletePlan(state, [ref("other")]);
    assert.ok(one.kind === "ready");
    assert.match(one.detail, /It is running and will be stopped first\./);
    const two = deletePlan(state, [ref("root")]);
    assert.ok(two.kind === "ready");
    assert.match(two.detail, /2 sessions still running will be stopped first\./);
  });

  it("leaves out unreachable sessions, and refuses if nothing is left", () => {
    const lost = aServer({
      id: "http://127.0.0.1:5000",
      name: "build box",
      sessions: [aSession({ id: "far", title: "Far" })],
      connection: {
        kind: "lost",
        sinceMs: minutesAgo(1),
        reason: "unreachable",
        message: "",
        nextRetryMs: undefined,
      },
    });
    const state = stateWith(aServer({ sessions: family }), lost);
    const far = { serverID: "http://127.0.0.1:5000", sessionID: "far" };
    const both = deletePlan(state, [far, ref("other")]);
    assert.ok(both.kind === "ready");
    assert.deepEqual(both.refs, [ref("other")]);
    assert.match(both.detail, /1 session cannot be reached and will not be deleted/);
    assert.deepEqual(deletePlan(state, [far]), {
      kind: "refused",
      message: "“Far” cannot be reached: its server “build box” is not connected.",
    });
    assert.equal(deletePlan(state, [ref("nope")]).kind, "refused");
    assert.equal(deletePlan(state, []).kind, "refused");
  });

  it("names ten and counts the rest", () => {
    const sessions = Array.from({ length: 13 }, (_, at) => aSession({ id: `s${at}` }));
    const plan = deletePlan(
      stateWith(aServer({ sessions })),
      sessions.map(({ id }) => ref(id)),
    );
    assert.ok(plan.kind === "ready");
    assert.match(plan.detail, /^“s9”\nand 3 more$/m);
  });
});

describe("the topmost among several sessions", () => {
  it("are found even if parents form a cycle", () => {
    const sessions = [aSession({ id: "a", parentID: "b" }), aSession({ id: "b", parentID: "a" })];
    const state = stateWith(aServer({ sessions }));
    assert.deepEqual(topmost(state, [ref("a")]), [ref("a")]);
  });
});

describe("the reason not to touch a session", () => {
  it("is one sentence for each state, and undefined for an idle session", () => {
    const state = stateWith(
      aServer({
        sessions: [aSession({ id: "rests" }), aSession({ id: "works" }), aSession({ id: "asks" })],
        activities: { works: { kind: "working", sinceMs: minutesAgo(1) } },
        requests: [aPermission("asks")],
      }),
    );
    assert.equal(whyNotAtRest(state, ref("rests")), undefined);
    assert.match(whyNotAtRest(state, ref("works")) ?? "", /“works” is running\. Stop it/);
    assert.match(whyNotAtRest(state, ref("asks")) ?? "", /“asks” is waiting for your answer/);
    assert.match(whyNotAtRest(state, ref("gone")) ?? "", /no longer exists/);
  });
});
