import assert from "node:assert/strict";
import type { Endpoint } from "../../src/core/state/endpoint.ts";
import { ownUsage } from "../../src/core/state/selectors.ts";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy.ts";
import { shiftClock } from "../support/shiftClock.ts";
import type { OpenCodeServer } from "../support/opencode/opencodeServer.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import {
  assertEqualToFresh,
  assertStops,
  connectFresh,
  isLong,
  projectsOf,
  seededRandom,
  selectedTests,
  untilConnected,
} from "./chaos.ts";
import { type ServerWork, workOn } from "./serverWork.ts";
import { sharedServer } from "./sharedServer.ts";

const HOUR_MS = 3_600_000;
const STEPS = isLong ? 40 : 3;

/** Our clock jumps; the server's doesn't. */
describe("the pool on a machine whose clock jumps", function () {
  let server: OpenCodeServer;
  let proxy: FaultProxy;
  let work: ServerWork;
  let endpoint: Endpoint;
  let pool: TestPool;

  before(async () => {
    server = await sharedServer();
    work = workOn(server.client, projectsOf(server), seededRandom("clocks"));
    proxy = await startFaultProxy(server.url);
    endpoint = endpointOf(proxy.url);
    pool = startPool([endpoint]);
    await untilConnected(pool, endpoint);
  });

  afterEach(() => {
    shiftClock(0);
  });

  after(async () => {
    await assertStops(pool);
    await proxy.stop();
  });

  const jumps = [
    ["an hour ahead", HOUR_MS],
    ["an hour back", -HOUR_MS],
    ["a day ahead", 24 * HOUR_MS],
    ["a day back", -24 * HOUR_MS],
  ] as const;
  selectedTests("jumps of the clock", 1, (test) => {
    for (const [name, offsetMs] of jumps) {
      test(`shows streaming text and correct figures after a jump of ${name}`, async () => {
        const session = await server.client.createSession({ title: name });
        const first = `first${String(offsetMs)}`;
        const second = `second${String(offsetMs)}`;
        const script = `slow 25 ;; say 20 ;; hold ${first} ;; say 20 ;; hold ${second} ;; say 20`;
        await server.client.promptAsync(session.id, `Go\nDO ${script}`);
        const ref = { serverID: endpoint.serverID, sessionID: session.id };
        const estimate = (): number =>
          ownUsage(pool.store.state, ref).isEstimate
            ? ownUsage(pool.store.state, ref).usage.tokens.output
            : 0;
        await pool.until(() => (estimate() > 0 ? true : undefined), "streamed text");
        shiftClock(offsetMs);
        const before = estimate();
        server.release(first);
        await pool.until(
          () => (estimate() > before ? true : undefined),
          "more streamed text after the jump",
        );
        for (let at = 0; at < STEPS; at++) await work.step();
        // A new life under the shifted clock, and another under the original one.
        proxy.reset();
        for (let at = 0; at < STEPS; at++) await work.step();
        server.release(second);
        await work.quiet();
        await untilConnected(pool, endpoint);
        await assertUpToDate();
        shiftClock(0);
        for (let at = 0; at < STEPS; at++) await work.step();
        await work.quiet();
        await assertUpToDate();
      });
    }
  });

  const assertUpToDate = async (): Promise<void> => {
    const fresh = await connectFresh(endpointOf(server.url));
    try {
      await assertEqualToFresh(pool, endpoint, fresh);
      assert.equal(pool.store.state.servers.size, 1);
    } finally {
      await fresh.pool.stop();
    }
  };
});
