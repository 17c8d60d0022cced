/**
 * The guardian of a managed server: a small separate program, since a window can be killed without a chance to
 * stop anything. It starts the server, writes the lease, and watches: when no window has used the server for the
 * grace period, when the lease is removed, or when the system asks it to end, it stops the server and ends.
 * A second guardian stands by, so that the server is still guarded if the first one dies.
 *
 * `spawnGuardian.ts` starts it with an order and reads one answer; until then, the end of its standard input
 * means that nobody needs the server any more.
 */
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { ok } from "../core/result.ts";
import { withLimits } from "../core/timeLimit.ts";
import type { GuardedServer } from "./guardedServer.ts";
import { adoptServer, startServer } from "./guardedServer.ts";
import type { GuardianAnswer, GuardianOrder } from "./guardianProtocol.ts";
import { GUARDIAN_ORDER } from "./guardianProtocol.ts";
import { Pace, WindowWatch } from "./guardianWatch.ts";
import { withLockFile } from "./lockFile.ts";
import type { Lease, ManagedFiles } from "./managedLease.ts";
import { managedFiles, readLease, removeLease, writeLease } from "./managedLease.ts";
import { parseJSONAs, PID } from "./parseJSON.ts";
import { endProcess } from "./processEnd.ts";
import type { ProcessIdentity } from "./processIdentity.ts";
import { identify, identifySelf, PROCESS_IDENTITY } from "./processIdentity.ts";
import { StandbyGuardian } from "./standbyGuardian.ts";

/** Aborted when the system asks the guardian to end. */
const askedToEnd = new AbortController();

async function main(): Promise<void> {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      askedToEnd.abort();
    });
  }
  // The window may be gone by the time we answer.
  process.stdout.on("error", () => undefined);
  const { closed, server } = readInput();
  const order = parseJSONAs(GUARDIAN_ORDER, process.argv[2] ?? "");
  const guardian = await identifySelf();
  if (order === undefined || guardian === undefined) return;
  const files = managedFiles(order.storageDir);
  if (order.kind === "standBy") {
    await Promise.race([whenAborted(closed), whenAborted(askedToEnd.signal)]);
    if (!askedToEnd.signal.aborted) await takeOver(order, files, guardian, await server());
    return;
  }
  const standby = new StandbyGuardian({ ...pick(order), kind: "standBy", guardian });
  try {
    const server = await withLimits({ signals: [closed, askedToEnd.signal] }, (signal) =>
      openServer(order, files, signal, standby),
    );
    if (typeof server === "string") answer({ kind: "failed", message: server });
    else {
      standby.noteServer(server.server);
      await guard(server, guardian, order, files);
    }
  } finally {
    standby.end();
  }
}

async function openServer(
  order: Exclude<GuardianOrder, { readonly kind: "standBy" }>,
  files: ManagedFiles,
  signal: AbortSignal,
  standby: StandbyGuardian,
): Promise<GuardedServer | string> {
  if (order.kind === "start") {
    // Announced early, so that the server does not survive if this process is killed before the lease is written.
    return startServer(order, process.env, signal, (pid) => {
      standby.noteServer(pid);
    });
  }
  const state = await readLease(files);
  return state?.kind === "running" ? adoptServer(state.lease) : "There is no server to adopt.";
}

/** Keeps the server running as long as it is used; then stops it. */
async function guard(
  server: GuardedServer,
  guardian: ProcessIdentity,
  order: GuardianOrder,
  files: ManagedFiles,
): Promise<void> {
  const { url, password } = server;
  try {
    await writeLease(files, { url, password, server: server.server, guardian });
    answer({ kind: "guarding" });
    process.stdin.destroy();
    await watchOver(server, guardian, order, files);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    answer({ kind: "failed", message: `The private server could not be kept: ${reason}.` });
  } finally {
    await server.stop();
  }
}

/**
 * Called when the guardian that gave this order has ended. Guards its server in its place; if that guardian
 * never got as far as writing a lease, stops its server.
 */
async function takeOver(
  order: Extract<GuardianOrder, { readonly kind: "standBy" }>,
  files: ManagedFiles,
  guardian: ProcessIdentity,
  server: ProcessIdentity | undefined,
): Promise<void> {
  // Only a window holds the lock for longer, and it looks after the server itself.
  const adopted = await withLockFile(files.lock, 60_000, async () => {
    const state = await readLease(files);
    const lease = state?.kind === "running" ? state.lease : undefined;
    if (lease === undefined || !isDeepStrictEqual(lease.guardian, order.guardian)) return lease;
    const taken: Lease = { ...lease, guardian };
    await writeLease(files, taken);
    return taken;
  }).catch(() => ok(undefined)); // The folder is gone, and the lease with it.
  if (!adopted.ok) return;
  const lease = adopted.value;
  if (lease?.guardian.pid === guardian.pid) {
    const standby = new StandbyGuardian({ ...order, guardian });
    standby.noteServer(lease.server);
    try {
      await guard(adoptServer(lease), guardian, order, files);
    } finally {
      standby.end();
    }
    return;
  }
  if (server !== undefined && !isDeepStrictEqual(server, lease?.server)) await endProcess(server);
}

/** Resolves when the server should be stopped or has ended; the lease then no longer belongs to this guardian. */
async function watchOver(
  server: GuardedServer,
  guardian: ProcessIdentity,
  order: GuardianOrder,
  files: ManagedFiles,
): Promise<void> {
  const windows = new WindowWatch(files);
  const pace = new Pace(files.dir, order.checkMs);
  const wake = () => {
    pace.wake();
  };
  server.onEnd(wake);
  askedToEnd.signal.addEventListener("abort", wake);
  try {
    for (let elapsedMs = 0, lonelyMs = 0; ; elapsedMs = await pace.next()) {
      const state = await readLease(files);
      if (state?.kind !== "running" || !isDeepStrictEqual(state.lease.guardian, guardian)) return;
      const ended = server.ended();
      if (ended !== undefined) {
        await writeLease(files, { message: ended, endedMs: Date.now() });
        return;
      }
      if (askedToEnd.signal.aborted) {
        await removeLease(files);
        return;
      }
      lonelyMs = (await windows.areThereAny(elapsedMs)) ? 0 : lonelyMs + elapsedMs;
      if (lonelyMs < order.graceMs) continue;
      // Under the lock, so that no window joins while the lease is being removed.
      const hasLeft = await withLockFile(files.lock, 10_000, async () => {
        if (await windows.areThereAny(0)) return false;
        await removeLease(files);
        return true;
      });
      if (hasLeft.ok && hasLeft.value) return;
    }
  } finally {
    pace.end();
  }
}

/**
 * Reads standard input, whose end aborts `closed`. A standby guardian receives the server's process on it: as
 * a bare id right after the start, to be identified while the first guardian still runs.
 */
function readInput(): {
  readonly closed: AbortSignal;
  readonly server: () => Promise<ProcessIdentity | undefined>;
} {
  const closing = new AbortController();
  let server: Promise<ProcessIdentity | undefined> = Promise.resolve(undefined);
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const received = parseJSONAs(z.union([PID, PROCESS_IDENTITY]), line);
      if (received !== undefined)
        server = typeof received === "number" ? identify(received) : Promise.resolve(received);
    })
    .once("close", () => {
      closing.abort();
    });
  return { closed: closing.signal, server: () => server };
}

function pick({ storageDir, graceMs, checkMs }: GuardianOrder) {
  return { storageDir, graceMs, checkMs };
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener("abort", () => {
        resolve();
      });
  });
}

function answer(answer: GuardianAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

void main();
