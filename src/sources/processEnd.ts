import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf } from "./parseJSON.ts";
import type { ProcessIdentity } from "./processIdentity.ts";
import { identify } from "./processIdentity.ts";

/** Whether a process with this id runs; also when it belongs to somebody else. At once, for callers that cannot wait. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
  return process.platform !== "linux" || !isZombie(pid);
}

/** Whether a process has ended and nobody has asked for its exit code: in containers without an init it stays so for ever. */
function isZombie(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return /^\) [ZX]/.test(text.slice(text.lastIndexOf(")")));
  } catch {
    return false;
  }
}

/**
 * Ends a process and those it started: by SIGTERM to the group it leads (to itself where it leads none), after
 * `patienceMs` by SIGKILL. On Windows, where signals do not reach children, by `taskkill`. Another process that
 * got its id since is left alone. Resolves with whether it is gone.
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

/** Whether the process with an id ends within a time. */
export async function hasEnded(pid: number, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (isAlive(pid)) {
    if (performance.now() >= deadlineMs) return false;
    await delay(50);
  }
  return true;
}

/** What has become of a process: `replaced` when another one has its id. */
async function stateOf({
  pid,
  startedAt,
}: ProcessIdentity): Promise<"running" | "ended" | "replaced"> {
  if (!isAlive(pid)) return "ended";
  return (await identify(pid))?.startedAt === startedAt ? "running" : "replaced";
}

function signalGroup(pid: number, state: "running" | "ended", signal: NodeJS.Signals): void {
  // The group may have outlived its leader, whose id is not given away until the group has ended too.
  for (const target of state === "running" ? [-pid, pid] : [-pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // No such group: the process itself; no such process: it is gone already.
    }
  }
}
