import { setTimeout as delay } from "node:timers/promises";
import { parseSessionKey } from "../../src/core/state/session.ts";
import { ownUsage } from "../../src/core/state/selectors.ts";
import { sessionRow } from "../../src/viewModels/tree/sessionRow.ts";
import { endpointOf, startPool } from "../support/opencode/pool.ts";
import { type Benchmark, type Metric, percentile } from "./measure.ts";
import { seededServer } from "./seededServer.ts";

const SESSIONS = 20;
const SCRIPT =
  "Stream\nDO slow 25 ;; repeat 12 { think 10 ;; say 15 ;; todo 1/3 a, b, c } ;; say 10";

/** A step the server has reported: the session's row must reach a cost of `costUSD`. */
interface ReportedStep {
  readonly costUSD: number;
  readonly atMs: number;
}

/** Waits for work however long it takes, as long as `progress` changes at least once a minute. */
async function whileItMoves(progress: () => number, work: Promise<unknown>): Promise<void> {
  let last = progress();
  let timer: ReturnType<typeof setInterval> | undefined;
  const stuck = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      if (progress() === last)
        reject(new Error(`nothing moved for a minute after ${String(last)}`));
      last = progress();
    }, 60_000);
  });
  try {
    await Promise.race([work, stuck]);
  } finally {
    clearInterval(timer);
  }
}

/**
 * P3: from a finished step's arrival at a raw reader of the same stream to the row that shows its cost, while
 * 20 sessions stream on a server of 10,001. The raw reader is the floor: it shows nothing.
 */
export const latencyBenchmark: Benchmark = {
  id: "P3",
  async run(): Promise<readonly Metric[]> {
    const { server } = await seededServer();
    const test = startPool([endpointOf(server.url)]);
    await test.until(
      (state) =>
        state.servers.get(server.url)?.connection.kind === "connected" ? true : undefined,
      "a connection",
    );
    const ids = await Promise.all(
      Array.from({ length: SESSIONS }, async (_, index) => {
        const session = await server.client.createSession({ title: `stream ${String(index)}` });
        return session.id;
      }),
    );
    await delay(3_000);

    const waiting = new Map<string, ReportedStep[]>(ids.map((id) => [id, []]));
    const sums = new Map<string, number>();
    const latenciesMs: number[] = [];
    const context = { nowMs: Date.now(), active: undefined };
    test.store.onDidChange((changes, state) => {
      for (const key of changes.sessions) {
        const ref = parseSessionKey(key);
        const pendingSteps = ref === undefined ? undefined : waiting.get(ref.sessionID);
        if (ref === undefined || pendingSteps === undefined) continue;
        if (sessionRow(state, ref, context) === undefined) continue;
        const shownUSD = ownUsage(state, ref).usage.recordedUSD;
        const atMs = performance.now();
        while (pendingSteps[0] !== undefined && pendingSteps[0].costUSD <= shownUSD + 1e-12) {
          latenciesMs.push(Math.max(0, atMs - pendingSteps[0].atMs));
          pendingSteps.shift();
        }
      }
    });

    const tap = await server.client.events();
    let read = 0;
    let steps = 0;
    const look = setInterval(() => {
      for (; read < tap.events.length; read++) {
        const event = tap.events[read];
        const part = event?.type === "message.part.updated" ? event.properties["part"] : undefined;
        if (typeof part !== "object" || part === null || !("type" in part)) continue;
        if (part.type !== "step-finish" || !("cost" in part) || !("sessionID" in part)) continue;
        const sessionID = String(part.sessionID);
        const pendingSteps = waiting.get(sessionID);
        if (pendingSteps === undefined || typeof part.cost !== "number" || event === undefined)
          continue;
        const costUSD = (sums.get(sessionID) ?? 0) + part.cost;
        sums.set(sessionID, costUSD);
        steps++;
        // The tap records arrival by the wall clock, rows by the monotonic one.
        const atMs = event.arrivedAtMs - performance.timeOrigin;
        const ref = { serverID: server.url, sessionID };
        const shownUSD = ownUsage(test.store.state, ref).usage.recordedUSD;
        if (shownUSD + 1e-12 >= costUSD) latenciesMs.push(Math.max(0, performance.now() - atMs));
        else pendingSteps.push({ costUSD, atMs });
      }
    }, 1);

    await Promise.all(ids.map((id) => server.client.promptAsync(id, SCRIPT)));
    await whileItMoves(
      // Not events: a server that hangs still sends heartbeats.
      () => steps,
      Promise.all(ids.map((id) => server.client.waitUntilIdle(id))),
    );
    await delay(1_500);
    clearInterval(look);
    tap.close();
    const lost = [...waiting.values()].reduce((sum, pendingSteps) => sum + pendingSteps.length, 0);
    await test.stop();
    return [
      {
        id: "P3",
        name: `finished step to changed row, ${String(SESSIONS)} sessions streaming, p99`,
        unit: "ms",
        ours: percentile(latenciesMs, 0.99),
        floor: undefined,
        ratio: undefined,
        goal: "≤ 60",
        spread: `p50 ${percentile(latenciesMs, 0.5).toFixed(0)}, most ${Math.max(...latenciesMs).toFixed(0)}`,
        note: `${String(steps)} steps, ${String(tap.events.length)} events, ${String(lost)} lost`,
      },
    ];
  },
};
