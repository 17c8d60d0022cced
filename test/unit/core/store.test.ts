import assert from "node:assert/strict";
import { mock } from "node:test";
import { Store } from "../../../src/core/state/store.ts";
import { aServer, aSession } from "../../support/seed/builders.ts";
import { aTask } from "../../support/kubernetes/clusterBuilders.ts";
import { HeldTimers } from "../../support/heldTimers.ts";
import { quiet } from "../../support/patience.mjs";
import { until } from "../../support/until.ts";

describe("the store", () => {
  const serverID = "http://127.0.0.1:4096";

  it("notifies listeners once for many actions, with the state already updated", async () => {
    const store = new Store(20);
    const sizes: number[] = [];
    store.onDidChange((_changes, state) => {
      sizes.push(state.servers.get(serverID)?.sessions.size ?? 0);
    });
    for (const action of aServer({ sessions: [] }).actions) store.dispatch(action);
    for (let index = 0; index < 50; index++) {
      const session = aSession({ id: String(index) });
      store.dispatch({ type: "session.upserted", serverID, session, origin: "event" });
    }
    assert.deepEqual(sizes, []);
    await until("they are told", () => sizes.length > 0);
    await quiet(60);
    assert.deepEqual(sizes, [50]);
    store.dispose();
  });

  it("notifies all listeners even if one throws, and reports the error", () => {
    const thrown: unknown[] = [];
    const store = new Store(0, (error) => thrown.push(error));
    let notifications = 0;
    store.onDidChange(() => {
      throw new Error("broken");
    });
    store.onDidChange(() => notifications++);
    for (const action of aServer({ sessions: [] }).actions) store.dispatch(action);
    store.flush();
    assert.equal(notifications, 1);
    assert.equal(thrown.length, 1);
    store.dispose();
  });

  it("waits at least its interval between batches", () => {
    let nowMs = 0;
    const clock = mock.method(performance, "now", () => nowMs);
    const timers = new HeldTimers();
    const pass = (timeMs: number): void => {
      for (const endMs = nowMs + timeMs; nowMs < endMs;) {
        nowMs++;
        timers.pass(1);
      }
    };
    const store = new Store(50);
    for (const action of aServer({ sessions: [] }).actions) store.dispatch(action);
    store.flush();
    const times: number[] = [nowMs];
    store.onDidChange(() => times.push(nowMs));
    for (let index = 0; index < 4; index++) {
      const session = aSession({ id: String(index) });
      store.dispatch({ type: "session.upserted", serverID, session, origin: "event" });
      pass(30);
    }
    pass(50);
    store.dispose();
    timers.restore();
    clock.mock.restore();
    assert.equal(store.state.servers.get(serverID)?.sessions.size, 4);
    assert.ok(times.length > 2);
    for (let index = 1; index < times.length; index++) {
      assert.ok((times[index] ?? 0) - (times[index - 1] ?? 0) >= 50, times.join(" "));
    }
  });

  it("does not hold back a list that the user is waiting for", async () => {
    const store = new Store(60_000);
    const namespace = { clusterID: "c", namespace: "n" };
    const tasks = (): number | undefined => store.state.clusters.get("c/n")?.tasks.size;
    store.dispatch({ type: "namespace.found", ...namespace });
    store.flush();
    let notifications = 0;
    store.onDidChange(() => notifications++);
    const objects = [aTask("t")];
    store.dispatch({ type: "clusterObject.removed", ...namespace, kind: "tasks", name: "s" });
    await quiet(10);
    assert.deepEqual([notifications, tasks()], [0, 0]);
    store.dispatch({ type: "clusterObjects.listed", ...namespace, kind: "tasks", objects });
    await until("it is told", () => notifications > 0);
    assert.deepEqual([notifications, tasks()], [1, 1]);
    store.dispose();
  });

  it("does not notify if nothing changed or after unsubscribing", async () => {
    const store = new Store(1);
    let calls = 0;
    const stop = store.onDidChange(() => calls++);
    store.dispatch({ type: "server.removed", serverID: "nobody" });
    await quiet(10);
    assert.equal(calls, 0);
    stop();
    store.dispatch({ type: "server.found", endpoint: aServer({}).endpoint });
    await until("it is known", () => store.state.servers.size === 1);
    assert.equal(calls, 0);
    store.dispose();
  });
});
