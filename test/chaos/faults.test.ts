import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "../../src/core/state/endpoint.ts";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import { startV2Double, type V2Double } from "../support/opencode/v2Double/startV2Double.ts";
import { quiet } from "../support/patience.mjs";
import {
  assertEqualToFresh,
  assertStops,
  connectFresh,
  isLong,
  passwordsOf,
  seededRandom,
  selectCases,
  untilConnected,
} from "./chaos.ts";
import { DOUBLE_DIRECTORIES, workOnDouble } from "./doubleWork.ts";
import { faultCases, type FaultCase } from "./faultTable.ts";
import { type ServerWork, workOn } from "./serverWork.ts";
import { sharedServer } from "./sharedServer.ts";

/** At least: the work lasts until each pool has met its fault. */
const STEPS = isLong ? 120 : 12;
const PAUSE_MS = isLong ? 125 : 30;
const ROUNDS = isLong ? 5 : 1;
/** The longest pause between two attempts (30 s), plus a probe and a list. */
const RETURN_LIMIT_MS = 45_000;

const possible = faultCases.filter((fault) => isLong || fault.isLongOnly !== true);
const chosen = {
  "OpenCode 1": selectCases("faults of a connection to OpenCode 1", possible, 12),
  "OpenCode 2": selectCases("faults of a connection to OpenCode 2", possible, 12),
};
type Generation = keyof typeof chosen;
const generations = ["OpenCode 1", "OpenCode 2"] as const satisfies readonly Generation[];

/** A healthy server, on which work is done. */
interface Target {
  readonly url: string;
  readonly password?: string;
  readonly work: ServerWork;
  /** A session that stays, whose messages can be asked for at any time. */
  readonly sessionID: string;
}

/** A fault in front of a server, with the pool that lives through it. */
interface Victim {
  readonly fault: FaultCase;
  readonly target: Target;
  readonly proxy: FaultProxy;
  readonly endpoint: Endpoint;
  readonly pool: TestPool;
  /** The connection's state at the end of each round. */
  readonly states: string[];
}

function stateOf({ pool, endpoint }: Victim): string {
  return pool.store.state.servers.get(endpoint.serverID)?.connection.kind ?? "gone";
}

/** Begins the fault, and resolves when the pool has met it. */
async function harm(victim: Victim, random: () => number): Promise<void> {
  const { fault, proxy, pool } = victim;
  fault.begin(proxy, random);
  await proxy.untilSpoilt();
  const { during } = fault;
  if (during === undefined) return;
  await pool.until(() => (stateOf(victim) === during ? true : undefined), during);
}

/**
 * Runs all faults at once, each with its own proxy and pool, in front of a real OpenCode 1 and the double of
 * OpenCode 2, while work is done on both. Afterwards each pool must learn what a newly connected pool knows.
 */
describe("the pool behind a bad connection", function () {
  const random = seededRandom("faults");
  const targets = new Map<Generation, Target>();
  const freshPools = new Map<Generation, Awaited<ReturnType<typeof connectFresh>>>();
  const victims = new Map<Generation, readonly Victim[]>();
  const everyVictim = (): readonly Victim[] => [...victims.values()].flat();
  let double: V2Double;

  // The list must always contain a multi-byte character in which it can be cut.
  const title = "Größe prüfen";

  before(async () => {
    const server = await sharedServer();
    const [directory] = DOUBLE_DIRECTORIES;
    double = await startV2Double({ permission: { shell: "ask" } });
    targets.set("OpenCode 1", {
      url: server.url,
      work: workOn(server.client, server.directories, random),
      sessionID: (await server.client.createSession({ title })).id,
    });
    targets.set("OpenCode 2", {
      url: double.url,
      password: double.password,
      work: workOnDouble(double, random),
      sessionID: double.state.add({ title, directory }).info.id,
    });
    await Promise.all(
      [...targets].map(async ([generation, target]) => {
        for (let at = 0; at < 6; at++) await target.work.step();
        const connected = chosen[generation].map((fault) => victimOf(fault, target));
        victims.set(generation, await Promise.all(connected));
      }),
    );
  });

  const victimOf = async (fault: FaultCase, target: Target): Promise<Victim> => {
    const proxy = await startFaultProxy(target.url);
    // Like a server on another machine, whose database can't be watched for what the stream missed.
    const endpoint = endpointOf(proxy.url, { origin: "kubernetes" });
    const pool = startPool([endpoint], passwordsOf(endpoint, target.password));
    await untilConnected(pool, endpoint);
    for (const sessionID of [target.sessionID, ...target.work.sessionIDs.slice(0, 2)]) {
      pool.pool.watch({ serverID: endpoint.serverID, sessionID });
    }
    return { fault, target, proxy, endpoint, pool, states: [] };
  };

  after(async () => {
    await Promise.all([...freshPools.values()].map(({ pool }) => pool.stop()));
    await Promise.all(everyVictim().map(({ pool }) => assertStops(pool)));
    await Promise.all(everyVictim().map(({ proxy }) => proxy.stop()));
    await double.stop();
  });

  before("faults and work", async () => {
    const works = [...targets.values()].map(({ work }) => work);
    for (let round = 0; round < ROUNDS; round++) {
      const harmed = Promise.all(everyVictim().map((victim) => harm(victim, random)));
      await Promise.all(
        works.map(async (work) => {
          for (let step = 0; step < STEPS; step++) {
            await work.step();
            await delay(PAUSE_MS);
          }
        }),
      );
      const working = works.map((work) => work.keepOn(PAUSE_MS));
      await harmed;
      await Promise.all(working.map((each) => each.stop()));
      await Promise.all(works.map((work) => work.quiet()));
      for (const victim of everyVictim()) victim.states.push(stateOf(victim));
      // They end together, so that all have missed the same work.
      for (const { fault, proxy, pool } of everyVictim()) {
        proxy.heal();
        if (fault.endsWithStream === true) proxy.reset();
        if (fault.needsReconnect === true) pool.pool.reconnect();
      }
      if (round + 1 < ROUNDS) await quiet(2_000);
    }
    for (const [generation, { url, password }] of targets) {
      freshPools.set(generation, await connectFresh(endpointOf(url), password));
    }
  });

  for (const generation of generations) {
    for (const [index, fault] of chosen[generation].entries()) {
      it(`recovers on ${generation} from ${fault.name}`, async () => {
        const victim = victims.get(generation)![index]!;
        if (fault.during !== undefined) {
          for (const kind of victim.states) assert.equal(kind, fault.during);
        }
        await untilConnected(victim.pool, victim.endpoint, RETURN_LIMIT_MS);
        await assertEqualToFresh(victim.pool, victim.endpoint, freshPools.get(generation)!);
        await assertStops(victim.pool);
      });
    }
  }

  it("exchanges only what OpenCode 2's contract allows", () => {
    assert.deepEqual(double.violations, []);
  });
});
