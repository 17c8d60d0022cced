import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseSessionKey } from "../../src/core/state/session.ts";
import { sessionRow } from "../../src/viewModels/tree/sessionRow.ts";
import { tapEvents } from "../support/opencode/eventTap.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import { type Replay, startReplay } from "../support/opencode/startReplay.ts";
import { projectRoot } from "../support/project.mjs";
import {
  type Benchmark,
  compared,
  interleave,
  type Metric,
  percentile,
  shortNumber,
} from "./measure.ts";
import { growthPlot } from "./plot.ts";
import { drawRows } from "./treeRows.ts";

/*
 * Under load. The servers replay in a separate process: real ones would need 300 MB each, and their own lists
 * would dominate the measurement. P1 measures a real server with 10,001 sessions.
 */

const LIST = "/experimental/session?limit=100000&archived=true";
const SIZES = [100, 1_000, 10_000, 50_000];
/** The number of events during which rows are watched. */
const STREAMED = 6_000;
const SERVERS = 50;
const SESSIONS = 2_000;
const IDLE_SERVERS = 5;
const IDLE_MS = 60_000;
const EVENTS_PER_SECOND = 1_500;
const EVENT_SECONDS = 20;

function connect(urls: readonly string[]): TestPool {
  return startPool(urls.map((url) => endpointOf(url)));
}

function connectedOf(test: TestPool): number {
  return [...test.store.state.servers.values()].filter(
    ({ connection }) => connection.kind === "connected",
  ).length;
}

async function untilConnected(test: TestPool, count: number): Promise<void> {
  await test.until(
    () => (connectedOf(test) >= count ? true : undefined),
    `${String(count)} connections`,
  );
}

/** From nothing to rows, ms. */
async function drawn(urls: readonly string[], sessions: number): Promise<number> {
  globalThis.gc?.();
  const startMs = performance.now();
  const test = connect(urls);
  await test.until((state) => {
    let known = 0;
    for (const server of state.servers.values()) known += server.sessions.size;
    return known === urls.length * sessions ? true : undefined;
  }, "all sessions");
  const rows = drawRows(test.store.state, "projects");
  const elapsedMs = performance.now() - startMs;
  if (rows === 0) throw new Error("no row was drawn");
  await test.stop();
  return elapsedMs;
}

/** Fetches the same lists, all at once, and parses them. */
async function rawLists(urls: readonly string[]): Promise<number> {
  globalThis.gc?.();
  const startMs = performance.now();
  await Promise.all(
    urls.map(async (url) => {
      JSON.parse(await (await fetch(`${url}${LIST}`)).text());
    }),
  );
  return performance.now() - startMs;
}

async function withReplay<T>(
  servers: number,
  sessions: number,
  measure: (replay: Replay) => Promise<T>,
): Promise<T> {
  const replay = await startReplay({ servers, sessions });
  try {
    return await measure(replay);
  } finally {
    await replay.stop();
  }
}

/** P9: how connecting and a row's latency grow with the number of sessions. Writes its plot to docs/. */
export const growthBenchmark: Benchmark = {
  id: "P9",
  async run(): Promise<readonly Metric[]> {
    const metrics: Metric[] = [];
    const drawnMs: (readonly [number, number])[] = [];
    const listMs: (readonly [number, number])[] = [];
    const rowMs: (readonly [number, number])[] = [];
    for (const sessions of SIZES) {
      const { sides, latency } = await withReplay(1, sessions, async (replay) => ({
        sides: await interleave(
          5,
          1,
          () => drawn(replay.urls, sessions),
          () => rawLists(replay.urls),
        ),
        latency: await rowLatency(replay),
      }));
      drawnMs.push([sessions, sides.ours.median]);
      listMs.push([sessions, sides.floor.median]);
      rowMs.push([sessions, latency.p99]);
      metrics.push(
        compared(
          {
            id: "P9",
            name: `connect to ${String(sessions)} replayed sessions, rows drawn`,
            unit: "ms",
            goal: "linear",
            note: `${shortNumber((sides.ours.median / sessions) * 1000)} µs a session; the floor is the raw list and JSON.parse`,
          },
          sides,
        ),
        {
          ...plain(
            {
              id: "P9row",
              name: `event to changed row among ${String(sessions)} sessions, 300 events a second, p99`,
              unit: "ms",
              goal: "flat",
              note: "",
            },
            latency.p99,
          ),
          spread: `p50 ${latency.p50.toFixed(0)}, ${String(latency.count)} changes`,
        },
      );
    }
    const docs = path.join(projectRoot, "docs");
    mkdirSync(docs, { recursive: true });
    writeFileSync(
      path.join(docs, "growth.svg"),
      growthPlot("Milliseconds, by the number of sessions", [
        { title: "connect, until the rows are drawn", points: drawnMs },
        { title: "floor: the raw list and JSON.parse", points: listMs },
        { title: "event to changed row, 99 of 100 are faster", points: rowMs },
      ]),
    );
    return metrics;
  },
};

/** Time from a raw reader's event to the row that shows it: 50th and 99th percentile, ms. */
async function rowLatency(replay: Replay): Promise<{ p50: number; p99: number; count: number }> {
  const [url = ""] = replay.urls;
  const test = connect([url]);
  await untilConnected(test, 1);
  // Everything is read once more after the stream has opened; that cost belongs to connecting.
  await delay(8_000);
  const reportedMs = new Map<string, number>();
  const shownMs = new Map<string, number>();
  const context = { nowMs: Date.now(), active: undefined };
  test.store.onDidChange((changes, state) => {
    for (const key of changes.sessions) {
      const ref = parseSessionKey(key);
      const label = ref === undefined ? undefined : sessionRow(state, ref, context)?.label;
      if (label?.startsWith("Renamed ") === true && !shownMs.has(label)) {
        shownMs.set(label, performance.now());
      }
    }
  });
  const tap = await tapEvents(new URL("/global/event", url), {});
  await replay.send({
    kind: "play",
    round: 0,
    events: STREAMED,
    sessions: 20,
    eventsPerSecond: 300,
    renamesEvery: 7,
    deletes: false,
  });
  await delay(1_000);
  tap.close();
  for (const { arrivedAtMs, type, properties } of tap.events) {
    const info = properties["info"];
    if (type !== "session.updated" || typeof info !== "object" || info === null) continue;
    const title = "title" in info ? String(info.title) : "";
    if (title.startsWith("Renamed ")) reportedMs.set(title, arrivedAtMs - performance.timeOrigin);
  }
  await test.stop();
  const waits = [...reportedMs].flatMap(([title, atMs]) => {
    const seenMs = shownMs.get(title);
    return seenMs === undefined ? [] : [Math.max(0, seenMs - atMs)];
  });
  // A title replaced by the session's next one within a batch never becomes visible.
  if (waits.length < reportedMs.size * 0.9) throw new Error("titles did not reach their rows");
  return { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99), count: waits.length };
}

function plain(
  about: Pick<Metric, "id" | "name" | "unit" | "goal" | "note">,
  ours: number,
): Metric {
  return { ...about, ours, floor: undefined, ratio: undefined, spread: "" };
}

/** The share of one core that this process uses while `work` runs, percent. */
async function shareOfCore(work: () => Promise<unknown>): Promise<number> {
  // Earlier parse results must not be collected during the measurement.
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return ((user + system) / 1000 / (performance.now() - startMs)) * 100;
}

/** P11: fifty servers in one window. */
export const manyServersBenchmark: Benchmark = {
  id: "P11",
  run: () =>
    withReplay(SERVERS, SESSIONS, async (replay) => {
      const { urls } = replay;
      const about = `${String(SERVERS)} replayed servers × ${String(SESSIONS)} sessions`;
      const all = await interleave(
        5,
        1,
        () => drawn(urls, SESSIONS),
        () => rawLists(urls),
      );
      const others = urls.slice(1);
      // The dead server refuses connections, the slow one answers after a minute.
      await replay.send({ kind: "slow", server: 0, isSlow: true });
      const othersConnected = async (more: readonly string[]): Promise<number> => {
        const startMs = performance.now();
        const test = connect([...more, ...others]);
        await untilConnected(test, others.length);
        const elapsedMs = performance.now() - startMs;
        await test.stop();
        return elapsedMs;
      };
      const delayed = await interleave(
        5,
        1,
        () => othersConnected([urls[0] ?? "", "http://127.0.0.1:9"]),
        () => othersConnected([]),
      );
      await replay.send({ kind: "slow", server: 0, isSlow: false });
      globalThis.gc?.();
      const before = process.memoryUsage().heapUsed;
      const test = connect(urls);
      await untilConnected(test, SERVERS);
      drawRows(test.store.state, "projects");
      await delay(2_000);
      globalThis.gc?.();
      const heap = (process.memoryUsage().heapUsed - before) / (SERVERS * SESSIONS);
      const events = (EVENTS_PER_SECOND * EVENT_SECONDS) / SERVERS;
      const share = await shareOfCore(() =>
        replay.send({
          kind: "play",
          round: 0,
          events,
          sessions: 2,
          eventsPerSecond: EVENTS_PER_SECOND / SERVERS,
          deletes: false,
        }),
      );
      await test.stop();
      return [
        compared(
          { id: "P11", name: `${about}: rows drawn`, unit: "ms", goal: "≤ 1.3 ×", note: "" },
          all,
        ),
        compared(
          {
            id: "P11slow",
            name: "the same, 49 connected beside a slow and a dead one, against without them",
            unit: "ms",
            goal: "1.0 ×",
            note: "",
          },
          delayed,
        ),
        plain(
          { id: "P11heap", name: "heap a session then", unit: "bytes", goal: "≤ 1,200", note: "" },
          heap,
        ),
        plain(
          {
            id: "P11cpu",
            name: `${String(EVENTS_PER_SECOND)} events a second over all of them`,
            unit: "% of a core",
            goal: "≤ 15",
            note: `${String(EVENT_SECONDS)} s, all threads of this process`,
          },
          share,
        ),
      ];
    }),
};

/** P14: the cost of an idle window. */
export const idleBenchmark: Benchmark = {
  id: "P14",
  run: () =>
    withReplay(IDLE_SERVERS, SESSIONS, async ({ urls }) => {
      const test = connect(urls);
      await untilConnected(test, IDLE_SERVERS);
      await delay(5_000);
      const idle = await shareOfCore(() => delay(IDLE_MS));
      await test.stop();
      await delay(1_000);
      const nothing = await shareOfCore(() => delay(IDLE_MS / 2));
      return [
        {
          id: "P14",
          name: `idle for ${String(IDLE_MS / 1000)} s, ${String(IDLE_SERVERS)} servers connected`,
          unit: "% of a core",
          ours: idle,
          floor: nothing,
          ratio: undefined,
          goal: "≤ 0.2",
          spread: "",
          note: "store and pool in plain Node, without VS Code; the floor is the same process without a pool",
        },
      ];
    }),
};
