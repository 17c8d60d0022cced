import assert from "node:assert/strict";

import { getSession } from "../../src/core/state/lookup.ts";
import { contextUse, ownUsage } from "../../src/core/state/selectors.ts";
import type { Session } from "../../src/core/state/session.ts";
import type { State } from "../../src/core/state/state.ts";
import { findDatabase } from "../../src/server/databaseFile.ts";
import { failed } from "../../src/core/result.ts";
import { ServerError } from "../../src/core/errors.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { runOpenCode } from "../support/opencode/opencodeTools.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import { patientMs, quiet } from "../support/patience.mjs";

describe("sessions that other processes are working on in a server's database", function () {
  let server: OpenCodeServer;
  let pool: TestPool;

  before(async () => {
    server = await startOpenCode();
    pool = startPool([endpointOf(server.url)]);
    await pool.until(
      (state) => state.servers.get(server.url)?.connection.kind === "connected" || undefined,
      "a connection",
    );
    while (!pool.log.some((line) => line.includes("watching"))) await quiet(20);
  });

  after(async () => {
    await pool.stop();
    await server.stop();
  });

  const sessions = (state: State): readonly Session[] => [
    ...(state.servers.get(server.url)?.sessions.values() ?? []),
  ];

  it("are found through the database the server's process has open, or the folders it reports", async () => {
    const nothing = () => Promise.resolve(failed(new ServerError("unsupported", "not told")));
    if (process.platform === "linux") {
      assert.equal(await findDatabase(server.pid(), nothing), server.databasePath);
    }
    const reportedPaths = () =>
      Promise.resolve({
        ok: true as const,
        value: {
          home: server.env["HOME"] ?? "",
          state: `${server.env["XDG_STATE_HOME"] ?? ""}/opencode`,
        },
      });
    assert.equal(await findDatabase(undefined, reportedPaths), server.databasePath);
    assert.equal(await findDatabase(undefined, nothing), undefined);
  });

  it("appear within two seconds, with their totals and context", async () => {
    const known = new Set(sessions(pool.store.state).map(({ id }) => id));
    const running = runOpenCode(server, [
      "run",
      "Foreign work\nDO say 60 ;; read README.md ;; say 40 ;; read README.md ;; hold seen ;; say 60",
    ]);
    const seen = pool.until(
      (state) => sessions(state).find(({ id }) => !known.has(id)),
      "the other process's session",
    );
    // The time to compare with: when the server's own list first includes the session.
    const inList = (async () => {
      for (;;) {
        const found = (await server.client.sessions()).find(({ id }) => !known.has(id));
        if (found !== undefined) return performance.now();
        await quiet(50);
      }
    })();
    const [session, listedMs] = await Promise.all([
      seen.then((one) => ({ one, ms: performance.now() })),
      inList,
    ]);
    const lateMs = session.ms - listedMs;
    assert.ok(lateMs < patientMs(2_000), `${String(lateMs)} ms late`);

    const ref = { serverID: server.url, sessionID: session.one.id };
    const early = await pool.until((state) => {
      const { recordedUSD } = ownUsage(state, ref).usage;
      return recordedUSD > 0 ? recordedUSD : undefined;
    }, "a cost while it works");
    server.release("seen");
    const result = await running;
    assert.equal(result.exitCode, 0, result.stderr);
    const truth = await server.client.session(session.one.id);
    await pool.until(
      (state) => ownUsage(state, ref).usage.recordedUSD === truth.cost || undefined,
      "its total",
    );
    assert.ok(
      (truth.cost ?? 0) > early,
      "the first cost was the last one: nothing was seen while it worked",
    );
    await pool.until((state) => contextUse(state, ref)?.percent, "its context");
  });

  it("don't affect sessions running in the server itself", async () => {
    const own = await server.client.createSession({ title: "own" });
    const ref = { serverID: server.url, sessionID: own.id };
    const costs: number[] = [];
    const stop = pool.store.onDidChange((_changes, state) => {
      costs.push(ownUsage(state, ref).usage.recordedUSD);
    });
    const running = runOpenCode(server, ["run", "Beside it\nDO slow 25 ;; say 60"]);
    await server.client.prompt(
      own.id,
      "Go\nDO slow 10 ;; say 60 ;; read README.md ;; say 60 ;; read README.md ;; say 40",
    );
    await server.client.waitUntilIdle(own.id);
    await running;
    const truth = await server.client.session(own.id);
    await pool.until(
      (state) => ownUsage(state, ref).usage.recordedUSD === truth.cost || undefined,
      "the total",
    );
    stop();
    assert.ok(
      costs.every((cost, index) => index === 0 || cost >= (costs[index - 1] ?? 0)),
      `the cost went back: ${costs.join(" ")}`,
    );
    assert.equal(getSession(pool.store.state, ref)?.title, truth.title);
  });
});
