import { endpointOf, startPool } from "../support/pool.ts";
import { type Benchmark, compared, interleave, type Metric } from "./measure.ts";
import { seededServer } from "./seededServer.ts";
import { drawAllRows } from "./treeRows.ts";

const LIST = "/experimental/session?limit=100000&archived=true";
const ROUNDS = 9;

function collectGarbage(): void {
  globalThis.gc?.();
}

/** P1: from nothing to every row. P4: what a session costs in memory once it is there. */
export const connectBenchmark: Benchmark = {
  id: "P1+P4",
  async run(): Promise<readonly Metric[]> {
    const { server, summary } = await seededServer();
    const connect = async (): Promise<number> => {
      collectGarbage();
      const startMs = performance.now();
      const test = startPool([endpointOf(server.url)]);
      const rows = await test.until((state) => {
        const sessions = state.servers.get(server.url)?.sessions.size ?? 0;
        return sessions > 0 ? drawAllRows(state) : undefined;
      }, "sessions");
      const elapsedMs = performance.now() - startMs;
      if (rows !== summary.sessions) {
        throw new Error(`${String(rows)} rows of ${String(summary.sessions)}`);
      }
      await test.stop();
      return elapsedMs;
    };
    const list = async (): Promise<number> => {
      collectGarbage();
      const startMs = performance.now();
      const response = await fetch(`${server.url}${LIST}`);
      const sessions: unknown = JSON.parse(await response.text());
      const elapsedMs = performance.now() - startMs;
      if (!Array.isArray(sessions) || sessions.length !== summary.sessions) {
        throw new Error("the list is not complete");
      }
      return elapsedMs;
    };
    const sides = await interleave(ROUNDS, 3, connect, list);
    return [
      compared(
        {
          id: "P1",
          name: `connect to ${String(summary.sessions)} complete rows, against GET + JSON.parse`,
          unit: "ms",
          goal: "≤ 1.15 ×",
          note: "",
        },
        sides,
      ),
      await heapPerSession(server.url, summary.sessions),
    ];
  },
};

async function heapPerSession(url: string, sessions: number): Promise<Metric> {
  const settle = async (): Promise<number> => {
    for (let pass = 0; pass < 4; pass++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return process.memoryUsage().heapUsed;
  };
  // Each round is a function of its own, so that nothing of it is still held when the next one begins.
  const round = async (): Promise<number> => {
    const before = await settle();
    const test = startPool([endpointOf(url)]);
    await test.until(
      (state) => (state.servers.get(url)?.connection.kind === "connected" ? true : undefined),
      "a connection",
      60_000,
    );
    // Rows are made and dropped, as by a view that was scrolled through.
    drawAllRows(test.store.state);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const after = await settle();
    if (test.store.state.servers.get(url)?.sessions.size !== sessions)
      throw new Error("incomplete");
    await test.stop();
    return (after - before) / sessions;
  };
  const figures: number[] = [];
  for (let index = 0; index < 7; index++) figures.push(await round());
  const sorted = [...figures].sort((a, b) => a - b);
  return {
    id: "P4",
    name: "heap a session, store and indexes, after a garbage collection",
    unit: "bytes",
    ours: sorted[3] ?? Number.NaN,
    floor: undefined,
    ratio: undefined,
    goal: "≤ 1,200",
    spread: `${(sorted[0] ?? 0).toFixed(0)}–${(sorted.at(-1) ?? 0).toFixed(0)}`,
    note: "",
  };
}
