import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { State } from "../../src/core/state/state.ts";
import { startReplay } from "../support/opencode/startReplay.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import { projectRoot } from "../support/project.mjs";
import { type Benchmark, median, type Metric } from "./measure.ts";
import { linePlot } from "./plot.ts";

const MB = 1_000_000;
/** An hour at 300 events a second. */
const EVENTS = 1_080_000;
const ROUNDS = 30;
const CYCLES = 2_000;
const WATCHES = 500;

/** The heap after collecting until nothing more is freed, MB. */
async function settledHeap(): Promise<number> {
  const gc = globalThis.gc;
  if (gc === undefined) throw new Error("start Node with --expose-gc");
  let before = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 8; attempt++) {
    await delay(30);
    await gc({ type: "major", execution: "async" });
    const now = process.memoryUsage().heapUsed;
    if (before - now < 20_000) break;
    before = now;
  }
  return process.memoryUsage().heapUsed / MB;
}

interface Curve {
  readonly title: string;
  readonly unit: string;
  /** Work done so far, and the heap at that time, MB. */
  readonly points: readonly (readonly [number, number])[];
}

function sessionsOf(test: TestPool, url: string): number {
  return test.store.state.servers.get(url)?.sessions.size ?? 0;
}

function isConnected(state: State, url: string): true | undefined {
  return state.servers.get(url)?.connection.kind === "connected" ? true : undefined;
}

/** One hour of events: in each round, forty sessions run at once and are then deleted. */
async function hourOfEvents(): Promise<Curve> {
  const replay = await startReplay({ sessions: 200 });
  const [url = ""] = replay.urls;
  const test = startPool([endpointOf(url, { origin: "kubernetes" })]);
  await test.until((state) => isConnected(state, url), "a connection");
  const points: (readonly [number, number])[] = [];
  let events = 0;
  for (let round = 0; round < ROUNDS; round++) {
    events += await replay.send({
      kind: "play",
      round,
      events: EVENTS / ROUNDS,
      sessions: 40,
      deletes: true,
    });
    await test.until(
      () => (sessionsOf(test, url) === 200 ? true : undefined),
      "the sessions of the round to be gone",
    );
    // Lets the remaining rereads and their timers finish.
    await delay(4_000);
    points.push([events, await settledHeap()]);
  }
  await test.stop();
  await replay.stop();
  return { title: "an hour at 300 events a second", unit: "events", points };
}

async function connectCycles(): Promise<Curve> {
  const replay = await startReplay({ sessions: 500 });
  const [url = ""] = replay.urls;
  const points: (readonly [number, number])[] = [];
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    const test = startPool([endpointOf(url, { origin: "kubernetes" })]);
    // Every third pool is stopped while it connects.
    if (cycle % 3 === 0) await delay(cycle % 17);
    else await test.until((state) => isConnected(state, url), "a connection");
    await test.stop();
    if (cycle % 50 === 0) points.push([cycle, await settledHeap()]);
  }
  await replay.stop();
  return { title: "connecting and disconnecting", unit: "cycles", points };
}

async function openedBreakdowns(): Promise<Curve> {
  const replay = await startReplay({ sessions: 200, messages: 400 });
  const [url = ""] = replay.urls;
  const test = startPool([endpointOf(url, { origin: "kubernetes" })]);
  await test.until((state) => isConnected(state, url), "a connection");
  const ids = [...(test.store.state.servers.get(url)?.sessions.keys() ?? [])];
  const points: (readonly [number, number])[] = [];
  for (let opened = 1; opened <= WATCHES; opened++) {
    const sessionID = ids[opened % ids.length] ?? "";
    const close = test.pool.watch({ serverID: url, sessionID });
    await test.until(
      (state) => state.messages.get(`${sessionID}@${url}`)?.isComplete || undefined,
      "all messages",
    );
    close();
    await test.until(
      (state) => (state.messages.size === 0 ? true : undefined),
      "messages to be let go",
    );
    if (opened % 10 === 0) points.push([opened, await settledHeap()]);
  }
  await test.stop();
  await replay.stop();
  return { title: "breakdowns opened and closed", unit: "breakdowns", points };
}

/** Ten points of the curve, including the last one, as text. */
function tenPoints({ points }: Curve): string {
  return Array.from(
    { length: 10 },
    (_, index) => points[Math.ceil(((index + 1) * points.length) / 10) - 1],
  )
    .flatMap((point) =>
      point === undefined ? [] : [`${String(point[0])}: ${point[1].toFixed(2)}`],
    )
    .join(", ");
}

/** The heap in the second and in the last third. The first third is warm-up. */
function growth({ points }: Curve): readonly [number, number] {
  const third = Math.floor(points.length / 3);
  const heap = (from: number, to: number): number =>
    median(points.slice(from, to).map(([, heapMB]) => heapMB));
  return [heap(third, 2 * third), heap(2 * third, points.length)];
}

/** Memory over a long run: the heap after collections has to stay flat. Writes the curves to docs/. */
export const memoryBenchmark: Benchmark = {
  id: "MEM",
  async run(): Promise<readonly Metric[]> {
    const curves: Curve[] = [];
    for (const measure of [hourOfEvents, connectCycles, openedBreakdowns]) {
      curves.push(await measure());
    }
    const docs = path.join(projectRoot, "docs");
    mkdirSync(docs, { recursive: true });
    writeFileSync(
      path.join(docs, "memory.svg"),
      linePlot(
        "Heap after collection (MB)",
        curves.map(({ title, points, unit }) => ({
          title: `${title}: ${String(points.at(-1)?.[0] ?? 0)} ${unit}`,
          points,
        })),
      ),
    );
    return curves.map((curve) => {
      const [middle, end] = growth(curve);
      const heaps = curve.points.map(([, heapMB]) => heapMB);
      return {
        id: "MEM",
        name: `${curve.title}: heap in the last third against the second`,
        unit: "MB",
        ours: end,
        floor: middle,
        ratio: end / middle,
        goal: "≤ 1.03 ×",
        spread: `${Math.min(...heaps).toFixed(1)}–${Math.max(...heaps).toFixed(1)}`,
        note: `MB after so many ${curve.unit}: ${tenPoints(curve)}`,
      };
    });
  },
};
