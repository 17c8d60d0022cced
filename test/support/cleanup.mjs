/**
 * Ends what a program has started: on a signal, when the program that started it is gone, and at exit.
 * Everything under test/ that spawns a process or makes a temporary folder registers it here.
 */

/** @type {Set<{ stop: () => void | Promise<void>, kill: () => void }>} */
const running = new Set();
let areSignalsHandled = false;

/**
 * Registers something to be ended. `stop` is the orderly way and may take its time; `kill` is the
 * last resort while the process exits and must be synchronous. Neither may throw. Returns a function
 * that forgets the registration, for when the thing has been ended in the normal course.
 *
 * @param {{ stop: () => void | Promise<void>, kill: () => void }} ending
 * @returns {() => void}
 */
export function endWithProgram(ending) {
  handleSignals();
  running.add(ending);
  return () => running.delete(ending);
}

/** Ends everything that is registered, the newest first. */
export async function endAll() {
  for (const ending of [...running].reverse()) {
    running.delete(ending);
    await ending.stop();
  }
}

/**
 * Makes the program end when its parent is gone, as npm may be killed without a word to its child.
 * Does not keep the program alive by itself.
 */
export function endWithParent() {
  handleSignals();
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
  }, 1000).unref();
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
  while (isGroupAlive(pid) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  killGroup(pid);
}

function isGroupAlive(pid) {
  try {
    process.kill(-pid, 0);
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
    process.once(signal, () => {
      void endAll().finally(() => process.exit(128 + number));
    });
  }
  process.once("exit", () => {
    for (const ending of [...running].reverse()) ending.kill();
  });
}
