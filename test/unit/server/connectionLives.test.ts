import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { sessionStatus } from "../../../src/core/agents/sessionStatus.ts";
import type { Action } from "../../../src/core/state/actions.ts";
import { getLive, getServer, getSession } from "../../../src/core/state/lookup.ts";
import { ownUsage } from "../../../src/core/state/selectors.ts";
import { sessionKey } from "../../../src/core/state/session.ts";
import { sessionState } from "../../../src/core/state/sessionState.ts";
import type { ConnectionState } from "../../../src/core/state/state.ts";
import { FaultyServer, refusing } from "../../support/opencode/faultyServer.ts";
import { HeldTimers } from "../../support/heldTimers.ts";
import { endpointOf, startPool, type TestPool } from "../../support/opencode/pool.ts";
import { patientMs } from "../../support/patience.mjs";
import { until as untilSo } from "../../support/until.ts";

const LIST = "/experimental/session";
const serverID = "the server";

/** After this time, an opened stream causes a full read. It is held back, since it would distort the counts. */
const GAP_MS = 3_000;

describe("the lives of a connection", function () {
  let server: FaultyServer;
  let others: FaultyServer[];
  let pool: TestPool;
  let actions: Action[];
  let echoes: number;
  let timers: HeldTimers;
  let isHeld: (afterMs: number) => boolean;

  beforeEach(async () => {
    server = await FaultyServer.start();
    others = [];
    actions = [];
    echoes = 0;
    isHeld = (afterMs) => afterMs === GAP_MS;
    timers = new HeldTimers((afterMs) => isHeld(afterMs));
  });
  afterEach(async () => {
    timers.restore();
    await pool.stop();
    for (const one of [server, ...others]) one.stop();
  });

  const ref = (sessionID: string) => ({ serverID, sessionID });
  const at = (url: string) => endpointOf(url, { serverID });
  const sees = (sessionID: string): boolean =>
    getSession(pool.store.state, ref(sessionID)) !== undefined;

  function until(kind: ConnectionState["kind"]): Promise<ConnectionState> {
    return pool.until((state) => {
      const connection = getServer(state, serverID)?.connection;
      return connection?.kind === kind ? connection : undefined;
    }, kind);
  }

  async function connect(): Promise<void> {
    pool = startPool([at(server.url)], undefined, undefined, (action) => actions.push(action));
    await until("connected");
    // Loaded for the server's own directory, and for that of the sessions if there are any.
    const directories = 1 + Math.min(server.rows.size, 1);
    const loaded = (type: Action["type"]) =>
      actions.filter((action) => action.type === type).length;
    await untilSo("what surrounds the sessions", () =>
      [loaded("activities.loaded"), loaded("models.loaded"), loaded("projects.loaded") * 2].every(
        (count) => count >= directories,
      ),
    );
    pool.store.flush();
  }

  /** Waits until all events so far have arrived: the last one triggers a request, even while a list is read. */
  async function heard(): Promise<void> {
    const sessionID = `ses_echo_${String(echoes++)}`;
    server.send("message.part.removed", { sessionID, messageID: "m", partID: "p" });
    await untilSo("the echo", () => server.requests.includes(`GET /session/${sessionID}`));
    pool.store.flush();
  }

  /** Lets time pass in which something must not happen. */
  async function quiet(ms = 150): Promise<void> {
    await delay(patientMs(ms));
    pool.store.flush();
  }

  const busy = (sessionID: string): void => {
    server.send("session.status", { sessionID, status: { type: "busy" } });
  };
  const idle = (sessionID: string): void => {
    server.send("session.idle", { sessionID });
  };

  async function anotherServer(): Promise<FaultyServer> {
    const other = await FaultyServer.start();
    others.push(other);
    return other;
  }

  const message = (id: string, created: number) => ({
    info: { id, role: "user", time: { created } },
    parts: [],
  });

  it("catch up on what happened between the stream's confirmation and the server's subscription", async () => {
    server.put("ses_1");
    await connect();
    // Not reported by an event, as with OpenCode 1.18 under load.
    server.put("ses_2");
    await quiet();
    assert.equal(sees("ses_2"), false);
    timers.letGo();
    await pool.until(() => sees("ses_2") || undefined, "the session that was missed");
  });

  it("keep a watched session live when its server moves to another address", async () => {
    server.put("ses_1");
    server.messages.set("ses_1", [message("msg_1", 1)]);
    await connect();
    const stop = pool.pool.watch(ref("ses_1"));
    const key = sessionKey(serverID, "ses_1");
    const ids = () => pool.store.state.messages.get(key)?.messages.map(({ id }) => id);
    await pool.until(() => ids()?.length === 1 || undefined, "the first message");

    const moved = await anotherServer();
    moved.put("ses_1");
    moved.messages.set("ses_1", [message("msg_1", 1), message("msg_2", 2)]);
    pool.pool.setEndpoints([at(moved.url)]);
    await pool.until(() => ids()?.length === 2 || undefined, "the message of the gap");
    moved.send("message.updated", { sessionID: "ses_1", info: message("msg_3", 3).info });
    await pool.until(() => ids()?.includes("msg_3") || undefined, "a live message");
    stop();
    await pool.until((state) => !state.messages.has(key) || undefined, "messages let go");
  });

  it("drop messages that were removed while the stream was lost", async () => {
    server.put("ses_1");
    server.messages.set("ses_1", [message("msg_1", 1), message("msg_2", 2)]);
    await connect();
    pool.pool.watch(ref("ses_1"));
    const known = () => pool.store.state.messages.get(sessionKey(serverID, "ses_1"))?.messages;
    await pool.until(() => known()?.length === 2 || undefined, "the messages");
    server.messages.set("ses_1", [message("msg_1", 1)]);
    server.cut();
    await pool.until(() => known()?.length === 1 || undefined, "the message that is left");
  });

  it("discard responses that arrive after a server has moved", async () => {
    server.put("ses_old");
    await connect();
    const held = server.hold(LIST);
    void pool.pool.refresh(serverID);
    await held.arrived;
    const moved = await anotherServer();
    moved.put("ses_new");
    pool.pool.setEndpoints([at(moved.url)]);
    await pool.until(() => sees("ses_new") || undefined, "the moved server's session");
    held.release();
    await quiet();
    assert.equal(sees("ses_new"), true);
    assert.equal(sees("ses_old"), false);
  });

  it("read one session list at a time, so that a deleted session does not come back", async () => {
    server.put("ses_1");
    await connect();
    const lists = () => server.requests.filter((one) => one === `GET ${LIST}`).length;
    const before = lists();
    const held = server.hold(LIST);
    const first = pool.pool.refresh(serverID);
    await held.arrived;
    const later = [1, 2].map(() => pool.pool.refresh(serverID));
    server.rows.delete("ses_1");
    server.send("session.deleted", { sessionID: "ses_1", info: { id: "ses_1" } });
    await heard();
    await quiet();
    assert.equal(lists(), before + 1, "two lists were read at once");
    held.release();
    await Promise.all([first, ...later]);
    await quiet();
    assert.equal(sees("ses_1"), false);
    assert.equal(lists(), before + 2, "three requests are one list and one that follows");
  });

  it("end at once when the connection is closed, even while a server response is pending", async () => {
    server.put("ses_1");
    // No timer runs, so no timeout can end it.
    isHeld = () => true;
    for (const path of ["/global/health", "/global/event", LIST]) {
      const held = server.hold(path);
      pool = startPool([at(server.url)]);
      await held.arrived;
      await pool.stop();
      await held.hungUp;
      held.release();
    }
    await untilSo("no stream is left", () => server.streamCount === 0);
  });

  it("turn an exception into a state with a reason, and retry on request", async () => {
    let isBroken = true;
    pool = startPool([at(server.url)], new Map(), () =>
      isBroken
        ? Promise.reject(new TypeError("the keyring says: hunter2"))
        : Promise.resolve(undefined),
    );
    const lost = await until("lost");
    assert.ok(lost.kind === "lost");
    assert.match(lost.message, /TypeError/);
    assert.ok(lost.nextRetryMs !== undefined);
    assert.equal(
      pool.log.some((line) => line.includes("hunter2")),
      false,
    );
    isBroken = false;
    pool.pool.reconnect(serverID);
    await until("connected");
  });

  it("start over when the user reconnects while an attempt hangs", async () => {
    const held = server.hold("/global/health");
    pool = startPool([at(server.url)]);
    await held.arrived;
    pool.pool.reconnect(serverID);
    await until("connected");
    await held.hungUp;
  });

  it("wait as long as a server asks before retrying, and do not treat 403 as a missing password", async () => {
    const heal = server.fault("/global/event", refusing(503, { "retry-after": "120" }));
    pool = startPool([at(server.url)]);
    const startMs = Date.now();
    const lost = await until("lost");
    assert.ok(lost.kind === "lost" && lost.nextRetryMs !== undefined);
    assert.ok(lost.nextRetryMs - startMs >= 119_000, "it does not wait");
    heal();
    server.fault("/global/event", refusing(503, { "retry-after": "86400" }));
    pool.pool.reconnect(serverID);
    const later = await pool.until((state) => {
      const connection = getServer(state, serverID)?.connection;
      const nextMs = connection?.kind === "lost" ? (connection.nextRetryMs ?? 0) : 0;
      return nextMs - startMs > 130_000 ? nextMs : undefined;
    }, "a longer wait");
    assert.ok(later <= Date.now() + 600_000, "a day is longer than anybody waits");
    server.fault("/global/event", refusing(403));
    pool.pool.reconnect(serverID);
    await pool.until((state) => {
      const connection = getServer(state, serverID)?.connection;
      return connection?.kind === "lost" && /403/.test(connection.message) ? true : undefined;
    }, "the refusal");
  });

  it("keep the permission request of a session created while the list is read", async () => {
    await connect();
    const held = server.hold(LIST);
    const read = pool.pool.refresh(serverID);
    await held.arrived;
    const row = server.put("ses_born");
    server.statuses.set("ses_born", { type: "busy" });
    server.send("session.created", { sessionID: row.id, info: row });
    busy("ses_born");
    const permission = { id: "per_1", sessionID: "ses_born", permission: "bash", patterns: [] };
    server.permissions = [permission];
    server.send("permission.asked", permission);
    await heard();
    held.release();
    await read;
    await pool.until(
      (state) => sessionState(state, ref("ses_born")).kind === "waiting_permission" || undefined,
      "the request",
    );
    await quiet();
    assert.equal(sessionState(pool.store.state, ref("ses_born")).kind, "waiting_permission");
  });

  it("forget a request that was settled in a gap, even if a turn begins during the lookup", async () => {
    server.put("ses_1");
    await connect();
    busy("ses_1");
    server.send("permission.asked", { id: "per_1", sessionID: "ses_1", permission: "bash" });
    await pool.until(
      (state) => getLive(state, ref("ses_1")).requests.length === 1 || undefined,
      "the request",
    );
    const held = server.hold("/session/status");
    void pool.pool.refresh(serverID);
    await held.arrived;
    busy("ses_1");
    await heard();
    held.release();
    await pool.until(
      (state) => getLive(state, ref("ses_1")).requests.length === 0 || undefined,
      "no request",
    );
  });

  it("report a state as unknown, never as unchanged, if it cannot be read", async () => {
    server.put("ses_1");
    await connect();
    busy("ses_1");
    await pool.until(
      (state) => sessionState(state, ref("ses_1")).kind === "working" || undefined,
      "work",
    );
    const heal = server.fault("/session/status", refusing(500));
    await pool.pool.refresh(serverID);
    await pool.until(
      (state) => sessionState(state, ref("ses_1")).kind === "unknown" || undefined,
      "the unknown state",
    );
    const status = sessionStatus(pool.store.state, ref("ses_1"), { nowMs: 1 });
    assert.equal(status?.state, null);
    heal();
    await pool.pool.refresh(serverID);
    await pool.until(
      (state) => sessionState(state, ref("ses_1")).kind === "idle" || undefined,
      "the state that could be read",
    );
  });

  it("trust an end reported by the stream over an older response, even in the server's directory", async () => {
    server.put("ses_1");
    await connect();
    busy("ses_1");
    server.statuses.set("ses_1", { type: "busy" });
    const held = [1, 2].map(() => server.hold("/session/status"));
    const read = pool.pool.refresh(serverID);
    await Promise.all(held.map((one) => one.arrived));
    idle("ses_1");
    await heard();
    for (const one of held) one.release();
    await read;
    await quiet();
    assert.equal(sessionState(pool.store.state, ref("ses_1")).kind, "idle");
  });

  it("query every directory in which a session seems to be running", async () => {
    for (let index = 0; index < 20; index++) {
      const directory = `/code/p${String(index)}`;
      server.put(`ses_${String(index)}`, {
        directory,
        time: { created: 1, updated: 1_000 - index },
      });
    }
    await connect();
    busy("ses_19");
    await pool.until(
      (state) => sessionState(state, ref("ses_19")).kind === "working" || undefined,
      "work",
    );
    server.cut();
    await pool.until(
      (state) => sessionState(state, ref("ses_19")).kind === "idle" || undefined,
      "the end that came in the gap",
    );
    await pool.until(
      (state) => sessionState(state, ref("ses_15")).kind === "unknown" || undefined,
      "what was not asked",
    );
  });

  it("lose no update if a list fails while the stream is alive, and reread the list", async () => {
    server.put("ses_1");
    await connect();
    const heal = server.fault(LIST, refusing(500));
    const held = server.hold(LIST);
    server.send("global.disposed", {});
    await held.arrived;
    const row = server.put("ses_1", { title: "renamed" });
    server.send("session.updated", { sessionID: "ses_1", info: row });
    await heard();
    held.cut();
    await pool.until(
      (state) => getSession(state, ref("ses_1"))?.title === "renamed" || undefined,
      "the update",
    );
    const lists = server.requests.length;
    await untilSo("it is tried again", () => server.requests.slice(lists).includes(`GET ${LIST}`));
    heal();
    server.put("ses_2");
    await pool.until(() => sees("ses_2") || undefined, "the list that succeeds");
  });

  it("discard a row that the stream overtook while it was being read", async () => {
    server.put("ses_1", { title: "first" });
    await connect();
    const held = server.hold("/session/ses_1");
    server.send("message.part.removed", {
      sessionID: "ses_1",
      messageID: "msg_1",
      partID: "prt_1",
    });
    await held.arrived;
    const row = server.put("ses_1", { title: "second" });
    server.send("session.updated", { sessionID: "ses_1", info: row });
    await heard();
    held.release();
    await quiet();
    assert.equal(getSession(pool.store.state, ref("ses_1"))?.title, "second");
  });

  it("keep a session that one response does not find, and drop it after a second one", async () => {
    server.put("ses_1");
    await connect();
    const stale = (): void => {
      server.send("message.part.removed", { sessionID: "ses_1", messageID: "m", partID: "p" });
    };
    const asked = () => server.requests.filter((one) => one === "GET /session/ses_1").length;
    const heal = server.fault("/session/ses_1", (response, request) => {
      heal();
      refusing(404)(response, request);
    });
    stale();
    await untilSo("it is asked for", () => asked() >= 1);
    await quiet();
    assert.equal(sees("ses_1"), true);
    await untilSo("it is asked for again", () => asked() >= 2);
    await quiet();
    assert.equal(sees("ses_1"), true);
    server.fault("/session/ses_1", refusing(404));
    stale();
    await pool.until(() => !sees("ses_1") || undefined, "the end");
  });

  it("ignore what a server reports about a session after its deletion", async () => {
    const row = server.put("ses_1");
    await connect();
    server.rows.delete("ses_1");
    server.send("session.deleted", { sessionID: "ses_1", info: row });
    server.send("session.updated", { sessionID: "ses_1", info: row });
    await heard();
    assert.equal(sees("ses_1"), false);
  });

  it("read nothing more about deleted sessions", async () => {
    for (let index = 0; index < 50; index++) server.put(`ses_${String(index)}`);
    await connect();
    const rows = [...server.rows.values()];
    server.rows.clear();
    for (const { id } of rows) {
      server.send("message.part.removed", { sessionID: id, messageID: "m", partID: "p" });
      server.send("session.deleted", { sessionID: id, info: { id } });
    }
    await heard();
    await quiet(2_500);
    const reads = server.requests.filter((one) => /^GET \/session\/ses_\d+$/.test(one));
    assert.deepEqual(reads, []);
  });

  it("read one list instead of hundreds of rows", async () => {
    for (let index = 0; index < 700; index++) server.put(`ses_${String(index)}`);
    await connect();
    const held = server.hold("/session/ses_");
    const askedBefore = server.requests.length;
    for (let index = 0; index < 700; index++) {
      const sessionID = `ses_${String(index)}`;
      server.send("message.part.removed", { sessionID, messageID: "m", partID: "p" });
    }
    await untilSo("a list", () =>
      server.requests.slice(askedBefore).some((one) => one.startsWith(`GET ${LIST}`)),
    );
    held.release();
    await quiet(2_500);
    const rows = server.requests.slice(askedBefore).filter((one) => /session\/ses_\d+$/.test(one));
    assert.ok(rows.length < 700, `${String(rows.length)} rows were read`);
  });

  it("show a turn's final figure one call after its end if no event reports it", async () => {
    server.put("ses_1");
    await connect();
    busy("ses_1");
    const tokens = { input: 10, output: 5, reasoning: 0, cache: { read: 0, write: 0 } };
    const part = { id: "prt_1", messageID: "msg_1", sessionID: "ses_1", type: "step-finish" };
    server.send("message.part.updated", {
      sessionID: "ses_1",
      part: { ...part, cost: 0.5, tokens },
    });
    // The row also includes a title call's tokens, which no step reports.
    server.put("ses_1", { cost: 0.75, tokens });
    const held = server.hold("/session/ses_1");
    const askedBefore = server.requests.length;
    idle("ses_1");
    await untilSo("the row is asked for", () =>
      server.requests.slice(askedBefore).includes("GET /session/ses_1"),
    );
    held.release();
    await pool.until(
      (state) => ownUsage(state, ref("ses_1")).usage.recordedUSD === 0.75 || undefined,
      "the figure of the row",
    );
    assert.equal(getLive(pool.store.state, ref("ses_1")).steps.size, 0);
    const asked = server.requests.slice(askedBefore);
    assert.equal(asked.filter((one) => /session\/ses_1$|experimental/.test(one)).length, 1);
  });
});
