/**
 * The guardian of a managed server: a small program of its own, since a window can be killed without a chance
 * to stop anything. It starts the server, writes the lease, and watches: when no window has used the server
 * for the grace period, when the lease is taken away, or when it is told to end, it stops the server and ends.
 * `spawnGuardian.ts` starts it, gives it one order and gets one answer; until then the end of its standard
 * input means that nobody wants the server any more.
 */
import { createInterface } from "node:readline";
import type { GuardedServer } from "./guardedServer.ts";
import { adoptServer, startServer } from "./guardedServer.ts";
import type { GuardianAnswer, GuardianOrder } from "./guardianProtocol.ts";
import { parseGuardianOrder } from "./guardianProtocol.ts";
import { Pace, WindowWatch } from "./guardianWatch.ts";
import { withLockFile } from "./lockFile.ts";
import type { ManagedFiles } from "./managedLease.ts";
import { managedFiles, readLease, removeLease, writeLease } from "./managedLease.ts";

/** Aborted when the guardian is told to end by the system. */
const toldToEnd = new AbortController();

async function main(): Promise<void> {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      toldToEnd.abort();
    });
  }
  // The window may be gone when we answer.
  process.stdout.on("error", () => undefined);
  const { order, closed } = await readOrder();
  if (order === undefined) return;
  const files = managedFiles(order.storageDir);
  const server = await openServer(order, files, AbortSignal.any([closed, toldToEnd.signal]));
  if (typeof server === "string") {
    answer({ kind: "failed", message: server });
    return;
  }
  const { url, pid, password } = server;
  try {
    await writeLease(files, { url, pid, password, guardianPid: process.pid });
    answer({ kind: "guarding" });
    process.stdin.destroy();
    await watchOver(server, order, files);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    answer({ kind: "failed", message: `The managed server could not be kept: ${reason}.` });
  } finally {
    await server.stop();
  }
}

async function openServer(
  order: GuardianOrder,
  files: ManagedFiles,
  signal: AbortSignal,
): Promise<GuardedServer | string> {
  if (order.kind === "start") return startServer(order, process.env, signal);
  const state = await readLease(files);
  return state?.kind === "running" ? adoptServer(state.lease) : "There is no server to adopt.";
}

/** Resolves when the server is to be stopped or has ended; the lease is then no longer this guardian's. */
async function watchOver(
  server: GuardedServer,
  order: GuardianOrder,
  files: ManagedFiles,
): Promise<void> {
  const windows = new WindowWatch(files);
  const pace = new Pace(files.dir, order.checkMs);
  const wake = () => {
    pace.wake();
  };
  server.onEnd(wake);
  toldToEnd.signal.addEventListener("abort", wake);
  try {
    for (let elapsedMs = 0, lonelyMs = 0; ; elapsedMs = await pace.next()) {
      const state = await readLease(files);
      if (state?.kind !== "running" || state.lease.guardianPid !== process.pid) return;
      const ended = server.ended();
      if (ended !== undefined) {
        await writeLease(files, { message: ended, endedMs: Date.now() });
        return;
      }
      if (toldToEnd.signal.aborted) {
        await removeLease(files);
        return;
      }
      lonelyMs = (await windows.areThereAny(elapsedMs)) ? 0 : lonelyMs + elapsedMs;
      if (lonelyMs < order.graceMs) continue;
      // Under the lock, so that no window joins while the lease goes.
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

/** The first line of the standard input, and a signal for when its end comes. */
async function readOrder(): Promise<{ order: GuardianOrder | undefined; closed: AbortSignal }> {
  const closing = new AbortController();
  const lines = createInterface({ input: process.stdin });
  const line = await new Promise<string>((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => {
      closing.abort();
      resolve("");
    });
  });
  return { order: parseGuardianOrder(line), closed: closing.signal };
}

function answer(answer: GuardianAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

void main();
