import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { isRecord } from "./unknownValue.ts";

/** Whether a process with this id runs; also when it belongs to somebody else. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return isRecord(error) && error["code"] === "EPERM";
  }
  return process.platform !== "linux" || !isZombie(pid);
}

/** Whether a process has ended and nobody has asked for its exit code: in containers without an init it stays so for ever. */
function isZombie(pid: number): boolean {
  try {
    // Synchronous: the kernel answers from memory, and callers that end with their window cannot wait.
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return /^\) [ZX]/.test(text.slice(text.lastIndexOf(")")));
  } catch {
    return false;
  }
}

/**
 * Ends a process and those it started: by SIGTERM to its group (to itself where it leads none), after
 * `patienceMs` by SIGKILL. On Windows, where signals do not reach children, by `taskkill`. Resolves with
 * whether it is gone.
 */
export async function endProcess(pid: number, patienceMs = 5_000): Promise<boolean> {
  if (process.platform === "win32") {
    await new Promise<void>((resolve) => {
      execFile("taskkill", ["/PID", String(pid), "/T", "/F"], { windowsHide: true }, () => {
        resolve();
      });
    });
    return hasEnded(pid, patienceMs);
  }
  signalGroup(pid, "SIGTERM");
  if (await hasEnded(pid, patienceMs)) return true;
  signalGroup(pid, "SIGKILL");
  return hasEnded(pid, 2_000);
}

/** Whether a process ends within a time. */
export async function hasEnded(pid: number, timeoutMs: number): Promise<boolean> {
  const deadlineMs = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() >= deadlineMs) return false;
    await delay(50);
  }
  return true;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // No such group: the process itself; no such process: it is gone already.
    }
  }
}
