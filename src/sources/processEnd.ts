import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf } from "./parseJSON.ts";
import type { ProcessIdentity } from "./processIdentity.ts";
import { identify } from "./processIdentity.ts";

/** Whether a process with this id runs, even another user's. Synchronous, for callers that cannot wait. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
  return process.platform !== "linux" || !isZombie(pid);
}

/** Whether a process has ended but was never reaped: in containers without an init it stays that way forever. */
function isZombie(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return /^\) [ZX]/.test(text.slice(text.lastIndexOf(")")));
  } catch {
    return false;
  }
}

/**
 * Ends a process and its children: SIGTERM to the group it leads (to the process itself if it leads none),
 * then SIGKILL after `patienceMs`. On Windows, where signals do not reach children, uses `taskkill`. A
 * process that has since reused the id is left alone. Resolves with whether the target is gone.
 */
export async function endProcess(target: ProcessIdentity, patienceMs = 5_000): Promise<boolean> {
  if (process.platform === "win32") {
    if ((await stateOf(target)) !== "running") return true;
    await new Promise<void>((resolve) => {
      execFile("taskkill", ["/PID", String(target.pid), "/T", "/F"], { windowsHide: true }, () => {
        resolve();
      });
    });
    return hasEnded(target.pid, patienceMs);
  }
  for (const [signal, waitMs] of [
    ["SIGTERM", patienceMs],
    ["SIGKILL", 2_000],
  ] as const) {
    const state = await stateOf(target);
    if (state === "replaced") return true;
    signalGroup(target.pid, state, signal);
    if (await hasEnded(target.pid, waitMs)) return true;
  }
  return false;
}

/** Whether the process with this id ends in time. */
export async function hasEnded(pid: number, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (isAlive(pid)) {
    if (performance.now() >= deadlineMs) return false;
    await delay(50);
  }
  return true;
}

/** The current state of a process: `replaced` when another one has its id. */
async function stateOf({
  pid,
  startedAt,
}: ProcessIdentity): Promise<"running" | "ended" | "replaced"> {
  if (!isAlive(pid)) return "ended";
  return (await identify(pid))?.startedAt === startedAt ? "running" : "replaced";
}

function signalGroup(pid: number, state: "running" | "ended", signal: NodeJS.Signals): void {
  // The group may have outlived its leader, whose id isn't reused until the group has ended too.
  for (const target of state === "running" ? [-pid, pid] : [-pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // No such group: signal the process itself; no such process: it is already gone.
    }
  }
}
