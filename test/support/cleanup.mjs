/**
 * Stops whatever a program has started: on a signal, when its parent process is gone, and at exit.
 * Everything under test/ that spawns a process or creates a temporary folder registers it here.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** @type {Set<{ stop: () => void | Promise<void>, kill: () => void }>} */
const running = new Set();
let areSignalsHandled = false;
let isSignalTheWayOut = false;
/** @type {Promise<void> | undefined} */
let ending;

/**
 * Registers something to stop. `stop` is the graceful way and may take time; `kill` is the last resort
 * during process exit and must be synchronous. Neither may throw. Returns a function that removes the
 * registration, for when the resource has already been stopped normally.
 *
 * @param {{ stop: () => void | Promise<void>, kill: () => void }} registered
 * @returns {() => void}
 */
export function endWithProgram(registered) {
  handleSignals();
  running.add(registered);
  return () => running.delete(registered);
}

/**
 * Stops everything that is registered, newest first. Concurrent callers wait for the same shutdown.
 *
 * @returns {Promise<void>}
 */
export function endAll() {
  ending ??= endEach().finally(() => {
    ending = undefined;
  });
  return ending;
}

async function endEach() {
  for (const registered of [...running].reverse()) {
    await registered.stop();
    running.delete(registered);
  }
}

/**
 * Ends the program when its parent is gone, even if the parent was killed and couldn't notify it. Doesn't
 * keep the program alive.
 */
export function endWithParent() {
  handleSignals();
  const parent = process.ppid;
  const npm = npmAbove(parent);
  const watch = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || isAlive(npm))) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, 1000);
  watch.unref();
}

/** npm runs a script's program through a shell, which outlives npm. */
function npmAbove(shell) {
  if (!process.env["npm_lifecycle_event"] || process.platform === "win32") return undefined;
  const statusFile = `/proc/${shell}/status`;
  const parent = existsSync(statusFile)
    ? /^PPid:\s*(\d+)/m.exec(readFileSync(statusFile, "utf8"))?.[1]
    : spawnSync("ps", ["-o", "ppid=", "-p", String(shell)], { encoding: "utf8" }).stdout;
  const pid = Number(parent);
  return pid > 1 ? pid : undefined;
}

/** For a program that runs until stopped: being stopped is its normal exit, with code 0. */
export function expectToBeStopped() {
  isSignalTheWayOut = true;
  endWithParent();
}

/** Kills a process group by its leader's ID. Does nothing if the group is already gone. */
export function killGroup(pid, signal = "SIGKILL") {
  try {
    process.kill(-pid, signal);
  } catch {
    // already gone
  }
}

/**
 * Ends a process group by its leader's ID: sends SIGTERM, then SIGKILL to whatever is left after `graceMs`.
 *
 * @param {number} pid
 * @param {{ graceMs?: number }} [options]
 */
export async function endGroup(pid, { graceMs = 5000 } = {}) {
  const deadline = Date.now() + graceMs;
  killGroup(pid, "SIGTERM");
  while (isAlive(-pid) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  killGroup(pid);
}

/** Whether a process with this ID exists or, for a negative ID, any process in that group. */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function handleSignals() {
  if (areSignalsHandled) return;
  areSignalsHandled = true;
  const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  for (const [signal, number] of Object.entries(signalNumbers)) {
    // a second signal doesn't interrupt the shutdown, which would leave things behind
    process.on(signal, () => {
      void endAll().finally(() => process.exit(isSignalTheWayOut ? 0 : 128 + number));
    });
  }
  process.once("exit", () => {
    for (const registered of [...running].reverse()) registered.kill();
  });
}
