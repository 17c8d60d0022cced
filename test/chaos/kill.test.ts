import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "../../src/core/state/endpoint.ts";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import { startV2Double, type V2Double } from "../support/opencode/v2Double/startV2Double.ts";
import {
  assertEqualToFresh,
  assertStops,
  connectFresh,
  isLong,
  projectsOf,
  seededRandom,
  untilConnected,
} from "./chaos.ts";
import { workOnDouble } from "./doubleWork.ts";
import { type ServerWork, workOn } from "./serverWork.ts";
import { sharedServer } from "./sharedServer.ts";

const KILLS = isLong ? 100 : 1;
/** Every comparison reads the list, so sessions above this number are deleted after each kill. */
const MOST_SESSIONS = 40;

/** A server that can be killed. */
interface Mortal {
  readonly url: string;
  readonly work: ServerWork;
  readonly password: () => string | undefined;
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
}

interface Watcher {
  readonly pool: TestPool;
  readonly endpoint: Endpoint;
}

async function assertUpToDate(
  { url, password }: Mortal,
  watchers: readonly Watcher[],
): Promise<void> {
  for (const { pool, endpoint } of watchers) await untilConnected(pool, endpoint);
  const fresh = await connectFresh(endpointOf(url), password());
  try {
    for (const { pool, endpoint } of watchers) await assertEqualToFresh(pool, endpoint, fresh);
  } finally {
    await fresh.pool.stop();
  }
}

const random = seededRandom("kills");

async function realServer(): Promise<Mortal> {
  const server = await sharedServer();
  return {
    url: server.url,
    work: workOn(server.client, projectsOf(server), random),
    password: () => undefined,
    kill: () => server.kill("SIGKILL"),
    restart: () => server.restart(),
  };
}

function mortalDouble(double: V2Double): Mortal {
  return {
    url: double.url,
    work: workOnDouble(double, random),
    password: () => double.password,
    kill: async () => {
      await double.down();
      // Nobody hears of the ends of its turns.
      await double.turns.stop();
    },
    restart: () => double.up({ pid: double.pid + 1 }),
  };
}

for (const generation of ["OpenCode 1", "OpenCode 2"] as const) {
  describe(`the pool on an ${generation} server that is killed, moved or updated while working`, function () {
    let server: Mortal;
    let double: V2Double | undefined;
    /** One as on this machine, where a database is watched too, and one as on another. */
    let watchers: readonly Watcher[];
    let stopped: FaultProxy[];

    const watch = (endpoint: Endpoint): Watcher => {
      const passwordNow = (): Promise<string | undefined> => Promise.resolve(server.password());
      return { endpoint, pool: startPool([endpoint], new Map(), passwordNow) };
    };

    before(async () => {
      stopped = [];
      if (generation === "OpenCode 2")
        double = await startV2Double({ permission: { shell: "ask" } });
      server = double === undefined ? await realServer() : mortalDouble(double);
      watchers = [endpointOf(server.url), endpointOf(server.url, { origin: "kubernetes" })].map(
        watch,
      );
      await Promise.all(watchers.map(({ pool, endpoint }) => untilConnected(pool, endpoint)));
    });

    after(async () => {
      await Promise.all(watchers.map(({ pool }) => assertStops(pool)));
      await Promise.all(stopped.map((proxy) => proxy.stop()));
      await double?.stop();
    });

    for (let kill = 1; kill <= KILLS; kill++) {
      it(`recovers from SIGKILL ${String(kill)} of ${String(KILLS)}`, async () => {
        const { work } = server;
        const working = work.keepOn();
        await delay(200 + random() * 1_800);
        await server.kill();
        await delay(random() * 800);
        await server.restart();
        await delay(random() * 500);
        await working.stop();
        await work.quiet();
        await work.removeDownTo(MOST_SESSIONS);
        await assertUpToDate(server, watchers);
      });
    }

    it("follows it to another address under the same ID", async () => {
      const [from, to] = await Promise.all([
        startFaultProxy(server.url),
        startFaultProxy(server.url),
      ]);
      stopped.push(from, to);
      const endpoint = endpointOf(from.url);
      const watcher = watch(endpoint);
      try {
        await untilConnected(watcher.pool, endpoint);
        for (const sessionID of server.work.sessionIDs.slice(0, 2)) {
          watcher.pool.pool.watch({ serverID: endpoint.serverID, sessionID });
        }
        const { work } = server;
        for (let step = 0; step < 3; step++) await work.step();
        watcher.pool.pool.setEndpoints([{ ...endpoint, url: to.url }]);
        // Its old address hangs, like one of another network.
        from.freeze();
        from.inject(() => ({ kind: "hold" }));
        for (let step = 0; step < 6; step++) await work.step();
        await work.quiet();
        await assertUpToDate(server, [watcher]);
      } finally {
        await assertStops(watcher.pool);
      }
    });

    if (generation === "OpenCode 1") return;

    it("follows it through its own update, which changes process, version and password", async () => {
      const { work } = server;
      const working = work.keepOn();
      const updated = double!;
      let known = updated.password;
      const endpoint = endpointOf(updated.url, { pid: updated.pid });
      const pool = startPool([endpoint], new Map(), () => Promise.resolve(known));
      try {
        await untilConnected(pool, endpoint);
        await server.kill();
        await updated.up({ pid: updated.pid + 1, version: "2.2.0", password: "changed" });
        // The registration is read a while after the server has come back.
        await pool.until(
          (state) =>
            state.servers.get(endpoint.serverID)?.connection.kind === "unauthorized"
              ? true
              : undefined,
          "a refused password",
        );
        known = updated.password;
        pool.pool.setEndpoints([{ ...endpoint, pid: updated.pid }]);
        await untilConnected(pool, endpoint);
        await working.stop();
        await work.quiet();
        await assertUpToDate(server, [{ pool, endpoint }, ...watchers]);
      } finally {
        await working.stop();
        await assertStops(pool);
      }
    });

    it("exchanges only what OpenCode 2's contract allows", () => {
      assert.deepEqual(double!.violations, []);
    });
  });
}
