import assert from "node:assert/strict";
import { getLive, getSession } from "../../src/core/state/lookup.ts";
import { contextUse, ownUsage, treeUsage } from "../../src/core/state/selectors.ts";
import { sessionState } from "../../src/core/state/sessionState.ts";
import { shownRoots } from "../../src/core/state/shown.ts";
import { totalTokens, totalUSD } from "../../src/core/usage/usage.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import { quiet } from "../support/patience.mjs";

describe("the pool on a real OpenCode 1 server", function () {
  let server: OpenCodeServer;
  let pool: TestPool;
  const serverID = (): string => server.url;
  const ref = (sessionID: string) => ({ serverID: serverID(), sessionID });

  before(async () => {
    server = await startOpenCode({
      projects: ["app", "lib"],
      permission: { bash: "ask" },
    });
    pool = startPool([endpointOf(server.url)]);
    await pool.until(
      (state) => state.servers.get(serverID())?.connection.kind === "connected" || undefined,
      "a connection",
    );
  });

  after(async () => {
    await pool.stop();
    await server.stop();
  });

  it("shows a session's totals as the server has them, after a turn", async () => {
    const session = await server.client.createSession({ title: "totals" });
    await server.client.prompt(session.id, "Count\nDO think 20 ;; say 40 ;; todo 1/3 a, b, c");
    await server.client.waitUntilIdle(session.id);
    const truth = await server.client.session(session.id);
    await pool.until(
      (state) =>
        (ownUsage(state, ref(session.id)).usage.recordedUSD === truth.cost &&
          sessionState(state, ref(session.id)).kind === "idle") ||
        undefined,
      "the server's total",
    );
    const own = ownUsage(pool.store.state, ref(session.id));
    assert.equal(own.isEstimate, false);
    assert.ok((truth.cost ?? 0) > 0);
    assert.deepEqual(own.usage.tokens, truth.tokens);
    assert.deepEqual(getLive(pool.store.state, ref(session.id)).todo, { done: 1, total: 3 });
    const fill = contextUse(pool.store.state, ref(session.id));
    assert.ok(fill?.percent !== undefined && fill.percent > 0);
  });

  it("adds children of children to the tree's total", async () => {
    const session = await server.client.createSession({ title: "family" });
    await server.client.prompt(
      session.id,
      "Go\nDO task general Outer { task general Inner { say 30 } ;; say 20 } ;; say 10",
    );
    await server.client.waitUntilIdle(session.id);
    const all = await server.client.sessions();
    const family = all.filter((other) => {
      for (let at = other; ;) {
        if (at.id === session.id) return true;
        const parent = all.find((candidate) => candidate.id === at.parentID);
        if (parent === undefined) return false;
        at = parent;
      }
    });
    assert.equal(family.length, 3);
    const expectedUSD = family.reduce((sum, member) => sum + (member.cost ?? 0), 0);
    await pool.until((state) => {
      const tree = treeUsage(state, ref(session.id));
      return (
        (tree.descendants === 2 && Math.abs(totalUSD(tree.usage) - expectedUSD) < 1e-12) ||
        undefined
      );
    }, "the tree's total");
  });

  it("reports a permission request, and that it was answered", async () => {
    const session = await server.client.createSession({ title: "asks" });
    await server.client.promptAsync(session.id, "Go\nDO bash echo hi ;; say 5");
    const request = await pool.until(
      (state) => getLive(state, ref(session.id)).requests[0],
      "a permission request",
    );
    assert.equal(sessionState(pool.store.state, ref(session.id)).kind, "waiting_permission");
    assert.ok(request.kind === "permission" && request.command === "echo hi");
    const gateway = pool.pool.gateway(serverID());
    assert.ok((await gateway?.replyPermission(request, "once", undefined))?.ok);
    await pool.until(
      (state) => sessionState(state, ref(session.id)).kind === "idle" || undefined,
      "an idle session",
    );
  });

  it("compacts, and knows that the context shrank", async () => {
    const session = await server.client.createSession({ title: "compacts" });
    await server.client.prompt(session.id, "Fill\nDO context 20000 ;; say 10");
    await server.client.prompt(session.id, "More\nDO say 10");
    await server.client.waitUntilIdle(session.id);
    const before = await pool.until((state) => contextUse(state, ref(session.id)), "a context");
    const row = getSession(pool.store.state, ref(session.id));
    const gateway = pool.pool.gateway(serverID());
    assert.ok(row?.model !== undefined && gateway !== undefined);
    const compacting = gateway.compact(row, row.model);
    await pool.until(
      (state) => sessionState(state, ref(session.id)).kind === "compacting" || undefined,
      "a compaction",
    );
    assert.ok((await compacting).ok);
    const after = await pool.until((state) => {
      const fill = contextUse(state, ref(session.id));
      return fill?.isEstimate === true ? fill : undefined;
    }, "an estimate after the compaction");
    assert.ok(after.contextTokens < before.contextTokens);
    assert.equal(sessionState(pool.store.state, ref(session.id)).kind, "idle");
  });

  it("follows renames, forks and deletions", async () => {
    const session = await server.client.createSession({ title: "first name" });
    await server.client.prompt(session.id, "Go\nDO say 20");
    await server.client.rename(session.id, "second name");
    await pool.until(
      (state) => getSession(state, ref(session.id))?.title === "second name" || undefined,
      "the new name",
    );
    const gateway = pool.pool.gateway(serverID());
    const row = getSession(pool.store.state, ref(session.id));
    assert.ok(gateway !== undefined && row !== undefined);
    const fork = await gateway.fork(row, undefined);
    assert.ok(fork.ok);
    const truth = await server.client.session(fork.value.id);
    assert.ok((truth.cost ?? 0) > 0);
    await pool.until(
      (state) => ownUsage(state, ref(fork.value.id)).usage.recordedUSD === truth.cost || undefined,
      "the fork's copied total",
    );
    await server.client.remove(session.id);
    await pool.until(
      (state) => getSession(state, ref(session.id)) === undefined || undefined,
      "the deletion",
    );
  });

  it("streams an estimate while text arrives, then replaces it with the real figures", async () => {
    const session = await server.client.createSession({ title: "streams" });
    await server.client.promptAsync(session.id, "Go\nDO slow 15 ;; say 80");
    await pool.until(
      (state) => ownUsage(state, ref(session.id)).isEstimate || undefined,
      "an estimate",
    );
    await server.client.waitUntilIdle(session.id);
    const truth = await server.client.session(session.id);
    await pool.until((state) => {
      const own = ownUsage(state, ref(session.id));
      return (!own.isEstimate && own.usage.recordedUSD === truth.cost) || undefined;
    }, "the truth");
  });

  it("loads a watched session's messages and keeps them live", async () => {
    const session = await server.client.createSession({ title: "watched" });
    await server.client.prompt(session.id, "Go\nDO say 20");
    const stop = pool.pool.watch(ref(session.id));
    const key = `${session.id}@${serverID()}` as const;
    await pool.until((state) => state.messages.get(key)?.isComplete || undefined, "messages");
    await server.client.prompt(session.id, "Again\nDO say 30");
    await server.client.waitUntilIdle(session.id);
    const truth = await server.client.messages(session.id);
    await pool.until((state) => {
      const known = state.messages.get(key)?.messages;
      return (
        (known?.length === truth.length &&
          known.every((message) => message.role === "user" || message.completedMs !== undefined)) ||
        undefined
      );
    }, "all messages");
    const known = pool.store.state.messages.get(key)?.messages ?? [];
    const total = known.reduce(
      (sum, message) => sum + (message.tokens === undefined ? 0 : totalTokens(message.tokens)),
      0,
    );
    const own = ownUsage(pool.store.state, ref(session.id));
    assert.equal(total, totalTokens(own.usage.tokens));
    const text = known.at(-1)?.parts.find((part) => part.kind === "text");
    const wire = truth.at(-1)?.parts.find((part) => part.type === "text");
    assert.ok(text?.kind === "text" && wire?.type === "text");
    assert.equal(text.text, wire.text);
    stop();
    await pool.until((state) => !state.messages.has(key) || undefined, "messages let go");
  });

  it("keeps a lost server's figures and reconnects automatically, equal to a fresh snapshot", async () => {
    const before = shownRoots(pool.store.state).length;
    await server.kill("SIGKILL");
    await pool.until(
      (state) => state.servers.get(serverID())?.connection.kind === "lost" || undefined,
      "the loss",
    );
    assert.equal(shownRoots(pool.store.state).length, before);
    await server.restart();
    await pool.until(
      (state) => state.servers.get(serverID())?.connection.kind === "connected" || undefined,
      "the return",
    );
    const fresh = startPool([endpointOf(server.url)]);
    try {
      await fresh.until(
        (state) => state.servers.get(serverID())?.connection.kind === "connected" || undefined,
        "a second connection",
      );
      await quiet(300);
      const rows = (state: typeof fresh.store.state) =>
        [...(state.servers.get(serverID())?.sessions.values() ?? [])].sort((a, b) =>
          a.id < b.id ? -1 : 1,
        );
      assert.deepEqual(rows(pool.store.state), rows(fresh.store.state));
    } finally {
      await fresh.stop();
    }
  });

  it("shows the sessions of a database only once if two servers serve it", async () => {
    const second = await startOpenCode({
      projects: ["other"],
      sandbox: server.sandbox,
    });
    const both = startPool([endpointOf(server.url), endpointOf(second.url)]);
    try {
      await both.until(
        (state) =>
          [...state.servers.values()].filter((one) => one.connection.kind === "connected")
            .length === 2 || undefined,
        "two connections",
      );
      const ids = shownRoots(both.store.state).map((root) => root.sessionID);
      assert.equal(new Set(ids).size, ids.length);
      assert.equal(ids.length, shownRoots(pool.store.state).length);
    } finally {
      await both.stop();
      await second.stop();
    }
  });
});
