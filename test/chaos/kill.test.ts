import { setTimeout as delay } from "node:timers/promises";
import type { OpenCodeServer } from "../support/opencode/opencodeServer.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import {
  assertEqualToFresh,
  assertStops,
  connectFresh,
  isLong,
  seededRandom,
  untilConnected,
} from "./chaos.ts";
import { type ServerWork, workOn } from "./serverWork.ts";
import { sharedServer } from "./sharedServer.ts";

const KILLS = isLong ? 100 : 1;
/** Every comparison reads the list, so sessions above this number are deleted after each kill. */
const MOST_SESSIONS = 40;

describe("the pool on a server that is killed while working", function () {
  let server: OpenCodeServer;
  let work: ServerWork;
  /** One as on this machine, where the database is watched too, and one as on another. */
  let pools: readonly {
    readonly pool: TestPool;
    readonly endpoint: ReturnType<typeof endpointOf>;
  }[];
  const random = seededRandom("kills");

  before(async () => {
    server = await sharedServer();
    work = workOn(server.client, server.directories, random);
    pools = [endpointOf(server.url), endpointOf(server.url, { origin: "kubernetes" })].map(
      (endpoint) => ({ endpoint, pool: startPool([endpoint]) }),
    );
    await Promise.all(pools.map(({ pool, endpoint }) => untilConnected(pool, endpoint)));
  });

  after(async () => {
    await Promise.all(pools.map(({ pool }) => assertStops(pool)));
  });

  for (let kill = 1; kill <= KILLS; kill++) {
    it(`recovers from SIGKILL ${String(kill)} of ${String(KILLS)}`, async () => {
      const working = work.keepOn();
      await delay(200 + random() * 1_800);
      await server.kill("SIGKILL");
      await delay(random() * 800);
      await server.restart();
      await delay(random() * 500);
      await working.stop();
      await work.quiet();
      await work.removeDownTo(MOST_SESSIONS);
      for (const { pool, endpoint } of pools) await untilConnected(pool, endpoint);
      const fresh = await connectFresh(endpointOf(server.url));
      try {
        for (const { pool, endpoint } of pools) await assertEqualToFresh(pool, endpoint, fresh);
      } finally {
        await fresh.pool.stop();
      }
    });
  }
});
