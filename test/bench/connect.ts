import { endpointOf, startPool } from "../support/opencode/pool.ts";
import { type Benchmark, compared, interleave, type Metric } from "./measure.ts";
import { seededServer } from "./seededServer.ts";
import { drawRows } from "./treeRows.ts";

const LIST = "/experimental/session?limit=100000&archived=true";
const ROUNDS = 9;

function collectGarbage(): void {
  globalThis.gc?.();
}

/** P1: from nothing to every row. P4: the memory a session takes once it is loaded. */
export const connectBenchmark: Benchmark = {
  id: "P1+P4",
  async run(): Promise<readonly Metric[]> {
    const { server, summary } = await seededServer();
    const roots = summary.levels[0] ?? 0;
    const connect = async (opened: "projects" | "everything"): Promise<number> => {
      collectGarbage();
      const startMs = performance.now();
      const test = startPool([endpointOf(server.url)]);
      const rows = await test.until((state) => {
        const sessions = state.servers.get(server.url)?.sessions.size ?? 0;
        return sessions > 0 ? drawRows(state, opened) : undefined;
      }, "sessions");
      const elapsedMs = performance.now() - startMs;
      const known = test.store.state.servers.get(server.url)?.sessions.size;
      if (known !== summary.sessions || rows !== (opened === "projects" ? roots : known)) {
        throw new Error(`${String(rows)} rows, ${String(known)} of ${String(summary.sessions)}`);
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
    const drawn = await interleave(ROUNDS, 3, () => connect("projects"), list);
    const all = await interleave(ROUNDS, 1, () => connect("everything"), list);
    const sessions = String(summary.sessions);
    return [
      compared(
        {
          id: "P1",
          name: `connect to ${sessions} sessions, all sums, the ${String(roots)} rows drawn then`,
          unit: "ms",
          goal: "≤ 1.15 ×",
          note: "the floor is GET of the same list and JSON.parse",
        },
        drawn,
      ),
      compared(
        {
          id: "P1all",
          name: `the same with every level opened: ${sessions} rows`,
          unit: "ms",
          goal: "",
          note: "",
        },
        all,
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
  // Each round is a separate function, so that nothing of it is retained when the next one begins.
  const round = async (): Promise<number> => {
    const before = await settle();
    const test = startPool([endpointOf(url)]);
    await test.until(
      (state) => (state.servers.get(url)?.connection.kind === "connected" ? true : undefined),
      "a connection",
    );
    // Makes rows and drops them, as a view does when scrolled through.
    drawRows(test.store.state, "everything");
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
