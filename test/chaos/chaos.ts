import assert from "node:assert/strict";
import type { Endpoint } from "../../src/core/state/endpoint.ts";
import { getLive } from "../../src/core/state/lookup.ts";
import { reduce } from "../../src/core/state/reducer.ts";
import { ownUsage, treeUsage } from "../../src/core/state/selectors.ts";
import { sessionState } from "../../src/core/state/sessionState.ts";
import type { State } from "../../src/core/state/state.ts";
import { isRecord } from "../support/json.ts";
import { poll } from "../support/opencode/client.ts";
import type { OpenCodeServer } from "../support/opencode/opencodeServer.ts";
import { startPool, type TestPool } from "../support/opencode/pool.ts";
import { fixedSeed, pickOf, type Random, randomOf } from "../support/random.ts";

/**
 * The fault suites come in two lengths: a short one inside `npm test`, and a long one, `npm run chaos`, which
 * sets `OPENCODE_SESSIONS_CHAOS=long`.
 */
export const isLong = process.env["OPENCODE_SESSIONS_CHAOS"] === "long";

/**
 * The seed of a run: a different one each time in the long form, unless `OPENCODE_SESSIONS_SEED` repeats one.
 * Printed so that a failure can be reproduced.
 */
export const seed =
  isLong && process.env["OPENCODE_SESSIONS_SEED"] === undefined
    ? Date.now() % 1_000_000
    : fixedSeed;

/**
 * The projects that are worked in where their number doesn't matter: after each of its starts, OpenCode takes a second or
 * two of a core for every project that is asked for, so the short form has one.
 */
export function projectsOf({
  directories,
}: Pick<OpenCodeServer, "directories">): readonly string[] {
  return isLong ? directories : directories.slice(0, 1);
}

let isSeedPrinted = false;

/** Random numbers determined by this run's seed, with a separate sequence for each `purpose`. */
export function seededRandom(purpose: string): Random {
  if (!isSeedPrinted) {
    isSeedPrinted = true;
    process.stdout.write(`  seed: OPENCODE_SESSIONS_SEED=${String(seed)}\n`);
  }
  let hash = seed;
  for (const letter of purpose) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) | 0;
  return randomOf(hash);
}

/**
 * Selects the cases of a run: all in the long form, `count` chosen by the seed in the short form.
 * Prints how many are left out.
 */
export function selectCases<T>(what: string, all: readonly T[], count: number): readonly T[] {
  if (isLong || count >= all.length) return all;
  const random = seededRandom(`turns of ${what}`);
  const chosen = new Set(all);
  while (chosen.size > count) chosen.delete(pickOf([...chosen], random));
  process.stdout.write(`  short form: ${String(count)} of ${String(all.length)} ${what}\n`);
  return all.filter((each) => chosen.has(each));
}

type Declare = (title: string, run: () => Promise<void>) => void;

/** Declares tests, of which each run of the short form selects `count`: see {@link selectCases}. */
export function selectedTests(
  what: string,
  count: number,
  declareAll: (test: Declare) => void,
): void {
  const all: Parameters<Declare>[] = [];
  declareAll((...test) => all.push(test));
  for (const [title, run] of selectCases(what, all, count)) it(title, run);
}

/** What is known of one server, as plain values in a fixed order, independent of how it was learned. */
export interface ServerFacts {
  readonly version: string | undefined;
  readonly generation: string | undefined;
  readonly connection: string;
  readonly sessions: Readonly<Record<string, unknown>>;
}

/** The state without the text of running steps, whose estimate is known only to whoever saw it streamed. */
function withoutRunningText(state: State, serverID: string): State {
  const live = [...(state.servers.get(serverID)?.live ?? [])];
  // Without effect on an idle session, which must have no estimate.
  const taken = live.map(([sessionID, { streamedCharacters }]) => ({
    ...({ type: "text.streamed", serverID, sessionID } as const),
    characters: -streamedCharacters,
  }));
  return reduce(state, taken).state;
}

/** The facts of a server; undefined if it isn't in the store. */
export function factsOf(known: State, serverID: string): ServerFacts | undefined {
  const state = withoutRunningText(known, serverID);
  const server = state.servers.get(serverID);
  if (server === undefined) return undefined;
  const sessions = [...server.sessions.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    version: server.version,
    generation: server.generation,
    connection: server.connection.kind,
    sessions: Object.fromEntries(
      sessions.map((session) => {
        const ref = { serverID, sessionID: session.id };
        const own = ownUsage(state, ref);
        const tree = treeUsage(state, ref);
        const { kind } = sessionState(state, ref);
        const { requests, activity } = getLive(state, ref);
        return [
          session.id,
          {
            ...session,
            own,
            tree,
            children: server.children.get(session.id) ?? [],
            // A failed turn is only reported while it happens.
            state: kind === "error" ? "idle" : kind,
            activity: activity.kind,
            requests: requests.map(({ id }) => id).sort(),
          },
        ];
      }),
    ),
  };
}

/** The parts of a pool that are compared. */
export interface ComparedPool extends Pick<TestPool, "log"> {
  readonly store: Pick<TestPool["store"], "state">;
}

/**
 * Waits until a pool that lived through a fault knows exactly what a newly connected pool learns.
 * @throws AssertionError with the difference if that takes longer than `limitMs`.
 */
export async function assertEqualToFresh(
  test: ComparedPool,
  endpoint: Endpoint,
  fresh: { readonly pool: ComparedPool; readonly endpoint: Endpoint },
  limitMs = 20_000,
): Promise<void> {
  const facts = (): readonly [ServerFacts | undefined, ServerFacts | undefined] => [
    factsOf(test.store.state, endpoint.serverID),
    factsOf(fresh.pool.store.state, fresh.endpoint.serverID),
  ];
  await poll(
    "the same facts as from a fresh connection",
    () => {
      const [ours, truth] = facts();
      const isEqual = truth?.connection === "connected" && isSame(ours, truth);
      return Promise.resolve(isEqual || undefined);
    },
    { limitMs },
  ).catch(() => {
    const [ours, truth] = facts();
    const log = test.log.filter((line) => !line.startsWith("debug")).slice(-15);
    assert.fail([`seed ${String(seed)}`, ...differences("", ours, truth), ...log].join("\n"));
  });
}

/** The differences between two plain values, one line each. */
function differences(path: string, ours: unknown, truth: unknown): readonly string[] {
  if (isSame(ours, truth)) return [];
  if (isRecord(ours) && isRecord(truth)) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(truth)]);
    return [...keys].flatMap((key) => differences(`${path}/${key}`, ours[key], truth[key]));
  }
  const text = (value: unknown): string =>
    value === undefined ? "absent" : JSON.stringify(value).slice(0, 300);
  return [`${path}: ${text(ours)}, and freshly read ${text(truth)}`];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The passwords for a pool of one server. */
export function passwordsOf(
  { serverID }: Endpoint,
  password: string | undefined,
): ReadonlyMap<string, string> {
  return new Map(password === undefined ? [] : [[serverID, password]]);
}

/** Starts a new pool, and resolves once it is connected. */
export async function connectFresh(
  endpoint: Endpoint,
  password?: string,
): Promise<{ readonly pool: TestPool; readonly endpoint: Endpoint }> {
  const pool = startPool([endpoint], passwordsOf(endpoint, password));
  await untilConnected(pool, endpoint);
  return { pool, endpoint };
}

/** Waits until a server is connected. */
export async function untilConnected(
  test: TestPool,
  endpoint: Endpoint,
  limitMs?: number,
): Promise<void> {
  await test.until(
    (state) =>
      state.servers.get(endpoint.serverID)?.connection.kind === "connected" ? true : undefined,
    `a connection to ${endpoint.name}`,
    limitMs,
  );
}

/**
 * Stops a pool and checks that nothing stays open: taking longer than `limitMs` means it is stuck on a
 * request that nobody answers.
 */
export async function assertStops(test: TestPool, limitMs = 5_000): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(true);
    }, limitMs);
  });
  const wasLate = await Promise.race([test.stop().then(() => false), isLate]);
  clearTimeout(timer);
  assert.equal(wasLate, false, `the pool did not end within ${String(limitMs)} ms`);
}
