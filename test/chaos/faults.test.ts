import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "../../src/core/state/endpoint.ts";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy.ts";
import type { OpenCodeServer } from "../support/opencode/opencodeServer.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import {
  assertEqualToFresh,
  assertStops,
  connectFresh,
  isLong,
  seededRandom,
  selectCases,
  untilConnected,
} from "./chaos.ts";
import { faultCases, type FaultCase } from "./faultTable.ts";
import { type ServerWork, workOn } from "./serverWork.ts";
import { sharedServer } from "./sharedServer.ts";
import { quiet } from "../support/patience.mjs";

const STEPS = isLong ? 120 : 25;
const ROUNDS = isLong ? 5 : 1;
/** The longest pause between two attempts (30 s), plus a probe and a list. */
const RETURN_LIMIT_MS = 45_000;

/** How long a fault lasts, ms; by default long enough for a few attempts. */
function lengthOf(fault: FaultCase): number {
  return fault.lastsMs ?? (isLong ? 15_000 : 4_000);
}

/** A fault with the pool that lives through it. */
interface Victim {
  readonly fault: FaultCase;
  readonly proxy: FaultProxy;
  readonly endpoint: Endpoint;
  readonly pool: TestPool;
}

/**
 * Runs all faults at once against one server, each with its own proxy and pool, while the same work is done.
 * Afterwards each pool must learn what a newly connected pool knows.
 */
describe("the pool behind a bad connection", function () {
  let server: OpenCodeServer;
  let work: ServerWork;
  let fresh: Awaited<ReturnType<typeof connectFresh>>;
  const victims = new Map<FaultCase, Victim>();
  const random = seededRandom("faults");
  const cases = selectCases(
    "faults of a connection",
    faultCases.filter((fault) => isLong || fault.isLongOnly !== true),
    12,
  );

  before(async () => {
    server = await sharedServer();
    // The list must always contain a multi-byte character in which it can be cut.
    await server.client.createSession({ title: "Größe prüfen" });
    work = workOn(server.client, server.directories, random);
    for (let at = 0; at < 6; at++) await work.step();
    await Promise.all(
      cases.map(async (fault) => {
        const proxy = await startFaultProxy(server.url);
        // Like a server on another machine, whose database can't be watched for what the stream missed.
        const endpoint = endpointOf(proxy.url, { origin: "kubernetes" });
        const pool = startPool([endpoint]);
        await untilConnected(pool, endpoint);
        for (const sessionID of work.sessionIDs.slice(0, 2)) {
          pool.pool.watch({ serverID: endpoint.serverID, sessionID });
        }
        victims.set(fault, { fault, proxy, endpoint, pool });
      }),
    );
  });

  after(async () => {
    await fresh.pool.stop();
    await Promise.all([...victims.values()].map(({ pool }) => assertStops(pool)));
    await Promise.all([...victims.values()].map(({ proxy }) => proxy.stop()));
  });

  const stateDuring = new Map<FaultCase, readonly string[]>();

  before("faults and work", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const longestMs = Math.max(...cases.map(lengthOf));
      const endMs = performance.now() + longestMs;
      const working = work.keepOn(longestMs / STEPS);
      // They end together, so that all have missed the same work.
      await Promise.all(
        [...victims.values()].map(async ({ fault, proxy }) => {
          await delay(Math.max(0, longestMs - lengthOf(fault)));
          fault.begin(proxy, random);
        }),
      );
      await delay(Math.max(0, endMs - performance.now()));
      await working.stop();
      await work.quiet();
      for (const { fault, pool, endpoint } of victims.values()) {
        const kind = pool.store.state.servers.get(endpoint.serverID)?.connection.kind ?? "gone";
        stateDuring.set(fault, [...(stateDuring.get(fault) ?? []), kind]);
      }
      for (const { fault, proxy, pool } of victims.values()) {
        proxy.heal();
        if (fault.needsReconnect === true) pool.pool.reconnect();
      }
      if (round + 1 < ROUNDS) await quiet(2_000);
    }
    fresh = await connectFresh(endpointOf(server.url));
  });

  for (const fault of cases) {
    it(`recovers from ${fault.name}`, async () => {
      const victim = victims.get(fault);
      assert.ok(victim !== undefined);
      if (fault.during !== undefined) {
        for (const kind of stateDuring.get(fault) ?? []) assert.equal(kind, fault.during);
      }
      await untilConnected(victim.pool, victim.endpoint, RETURN_LIMIT_MS);
      await assertEqualToFresh(victim.pool, victim.endpoint, fresh);
      await assertStops(victim.pool);
    });
  }
});
