/**
 * Ends what a program has started: on a signal, when the program that started it is gone, and at exit.
 * Everything under test/ that spawns a process or makes a temporary folder registers it here.
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
 * Registers something to be ended. `stop` is the orderly way and may take its time; `kill` is the
 * last resort while the process exits and must be synchronous. Neither may throw. Returns a function
 * that forgets the registration, for when the thing has been ended in the normal course.
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
 * Ends everything that is registered, the newest first. Who calls while that is under way waits for the same end.
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
 * Makes the program end when the one that started it is gone, killed without a word to its child. Does not keep
 * the program alive by itself.
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

/** Between npm and a script's program there is a shell, which outlives npm. */
function npmAbove(shell) {
  if (!process.env["npm_lifecycle_event"] || process.platform === "win32") return undefined;
  const statusFile = `/proc/${shell}/status`;
  const parent = existsSync(statusFile)
    ? /^PPid:\s*(\d+)/m.exec(readFileSync(statusFile, "utf8"))?.[1]
    : spawnSync("ps", ["-o", "ppid=", "-p", String(shell)], { encoding: "utf8" }).stdout;
  const pid = Number(parent);
  return pid > 1 ? pid : undefined;
}

/** For a program that runs until it is stopped: being stopped is then its good end, with exit code 0. */
export function expectToBeStopped() {
  isSignalTheWayOut = true;
  endWithParent();
}

/** Kills a process group by its leader's id; a group that is gone already is fine. */
export function killGroup(pid, signal = "SIGKILL") {
  try {
    process.kill(-pid, signal);
  } catch {
    // gone
  }
}

/**
 * Ends a process group by its leader's id: asks it to end, and kills after `graceMs` what is left of it.
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

/** Whether there is a process with this id, or with a negative id something in that group. */
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
    // a second signal does not cut the end short: it would leave things behind
    process.on(signal, () => {
      void endAll().finally(() => process.exit(isSignalTheWayOut ? 0 : 128 + number));
    });
  }
  process.once("exit", () => {
    for (const registered of [...running].reverse()) registered.kill();
  });
}
