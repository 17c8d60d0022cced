import assert from "node:assert/strict";
import { getServer, getSession } from "../../src/core/state/lookup.ts";
import { ownUsage } from "../../src/core/state/selectors.ts";
import { sessionKey } from "../../src/core/state/session.ts";
import { sessionState } from "../../src/core/state/sessionState.ts";
import { alsoOn, shownRoots } from "../../src/core/state/shown.ts";
import type { State } from "../../src/core/state/state.ts";
import { totalUSD } from "../../src/core/usage/usage.ts";
import { usageOfTrees } from "../support/usageOfTrees.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import { startV2Double, type V2Double } from "../support/opencode/v2Double/startV2Double.ts";

describe("one store with a real OpenCode 1 server and the double of OpenCode 2", function () {
  let old: OpenCodeServer;
  let double: V2Double;
  let pool: TestPool;
  const inOld = (sessionID: string) => ({ serverID: old.url, sessionID });
  const inNew = (sessionID: string) => ({ serverID: double.url, sessionID });

  before(async () => {
    old = await startOpenCode();
    double = await startV2Double();
    pool = startPool(
      [endpointOf(old.url), endpointOf(double.url)],
      new Map([[double.url, double.password]]),
    );
    await pool.until(
      (state) =>
        [...state.servers.values()].filter(({ connection }) => connection.kind === "connected")
          .length === 2 || undefined,
      "two connections",
    );
  });

  after(async () => {
    await pool.stop();
    await double.stop();
    await old.stop();
    assert.deepEqual(double.violations, []);
  });

  /** The servers on which a session is shown. */
  const shownOn = (state: State, sessionID: string): readonly string[] =>
    shownRoots(state).flatMap((root) => (root.sessionID === sessionID ? [root.serverID] : []));

  /** What is known of the old server's sessions, by ID: reading them again after a connect may reorder them. */
  const knownOf = (state: State): unknown =>
    Object.fromEntries(
      [...(getServer(state, old.url)?.sessions.values() ?? [])].map(({ id, title }) => [
        id,
        // Whether a step is in the totals already or still on top of them, it is the same figure.
        { title, usage: ownUsage(state, inOld(id)).usage },
      ]),
    );

  it("distinguishes them only by label and abilities", () => {
    const labels = [...pool.store.state.servers.values()].map(({ generation }) => generation);
    assert.deepEqual(labels, ["OpenCode 1", "OpenCode 2"]);
    const can = (url: string) => getServer(pool.store.state, url)?.capabilities;
    assert.ok(can(old.url)?.has("archive") === true && !can(old.url)?.has("unread"));
    assert.ok(can(double.url)?.has("unread") === true && !can(double.url)?.has("archive"));
  });

  it("follows turns on both at the same time, each with its server's own figures", async () => {
    const session = await old.client.createSession({ title: "first generation" });
    const record = double.state.add({ title: "second generation", directory: "/home/dev/app" });
    const renamed = await pool.pool
      .gateway(double.url)
      ?.rename(await known(record.info.id), "renamed");
    assert.ok(renamed?.ok);
    await Promise.all([
      old.client.prompt(session.id, "Go\nDO slow 10 ;; say 40"),
      double.turns.ask(record, "Go\nDO slow 10 ;; say 40"),
    ]);
    const truth = await old.client.session(session.id);
    await pool.until(
      (state) =>
        (ownUsage(state, inOld(session.id)).usage.recordedUSD === truth.cost &&
          ownUsage(state, inNew(record.info.id)).usage.recordedUSD === record.info.cost &&
          sessionState(state, inOld(session.id)).kind === "idle" &&
          sessionState(state, inNew(record.info.id)).kind === "idle") ||
        undefined,
      "both totals",
    );
    assert.ok((truth.cost ?? 0) > 0 && record.info.cost > 0);
  });

  it("shows a shared session once, then twice when it diverges, and counts the shared part once", async () => {
    const session = await old.client.createSession({ title: "shared" });
    await old.client.prompt(session.id, "Go\nDO say 20");
    const before = await old.client.session(session.id);
    await pool.until(
      (state) => ownUsage(state, inOld(session.id)).usage.recordedUSD === before.cost || undefined,
      "the first total",
    );
    // The second generation imported it, including its id and figures.
    const record = double.state.add({
      id: session.id,
      title: "shared",
      directory: "/home/dev/app",
    });
    record.info.cost = before.cost ?? 0;
    assert.ok(before.tokens !== undefined);
    record.info.tokens = before.tokens;
    await pool.pool.refresh(double.url);
    await pool.until((state) => getSession(state, inNew(session.id)), "the import");
    const { state } = pool.store;
    assert.deepEqual(shownOn(state, session.id), [double.url]);
    assert.deepEqual(alsoOn(state, inNew(session.id)), [{ serverID: old.url, hasDiverged: false }]);
    assert.equal(totalUSD(usageOfTrees(state, [inOld(session.id)])), before.cost);

    await double.turns.ask(record, "On\nDO say 30");
    await old.client.prompt(session.id, "On\nDO say 60");
    const now = await old.client.session(session.id);
    await pool.until(
      (seen) =>
        (ownUsage(seen, inOld(session.id)).usage.recordedUSD === now.cost &&
          ownUsage(seen, inNew(session.id)).usage.recordedUSD === record.info.cost) ||
        undefined,
      "both went on",
    );
    const apart = pool.store.state;
    assert.deepEqual([...shownOn(apart, session.id)].sort(), [old.url, double.url].sort());
    assert.deepEqual(alsoOn(apart, inOld(session.id)), [
      { serverID: double.url, hasDiverged: true },
    ]);
    const sum = totalUSD(usageOfTrees(apart, [inOld(session.id), inNew(session.id)]));
    const spent = (now.cost ?? 0) + record.info.cost - (before.cost ?? 0);
    assert.ok(sum <= spent && sum >= Math.max(now.cost ?? 0, record.info.cost));
  });

  it("leaves one alone when the other is lost", async () => {
    const before = knownOf(pool.store.state);
    await double.down();
    await pool.until(
      (state) => getServer(state, double.url)?.connection.kind === "lost" || undefined,
      "a loss",
    );
    assert.equal(getServer(pool.store.state, old.url)?.connection.kind, "connected");
    assert.deepEqual(knownOf(pool.store.state), before);
    await double.up();
    await pool.until(
      (state) => getServer(state, double.url)?.connection.kind === "connected" || undefined,
      "its return",
    );
    const keys = shownRoots(pool.store.state).map(({ serverID, sessionID }) =>
      sessionKey(serverID, sessionID),
    );
    assert.equal(new Set(keys).size, keys.length);
  });

  async function known(sessionID: string) {
    await pool.pool.refresh(double.url);
    return pool.until((state) => getSession(state, inNew(sessionID)), "the session");
  }
});
