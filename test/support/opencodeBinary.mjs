/**
 * Finds the program of the pinned `opencode-ai` that runs on this machine. Its install script isn't run
 * here, so the program is taken from the platform packages. Node built-ins only.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { projectRoot } from "./project.mjs";

/** Passes the working build on to child processes: asking a build for its version takes a second. */
const VARIABLE = "OPENCODE_SESSIONS_TEST_OPENCODE";

/** @type {string | undefined} */
let known;

/**
 * The path of the OpenCode program. Throws if none runs here.
 *
 * @returns {string}
 */
export function opencodeBinary() {
  const found = known ?? workingOpencode();
  if (!found)
    throw new Error("No working OpenCode binary found: run `node test/support/setup.mjs`.");
  return found;
}

/**
 * The first installed build that answers `--version`. Even that creates OpenCode's folders, so `home`
 * specifies where.
 *
 * @param {{ home?: string }} [options]
 * @returns {string | undefined}
 */
export function workingOpencode({ home } = {}) {
  const files = candidates();
  known = files.find((file) => file === process.env[VARIABLE] && existsSync(file));
  if (known) return known;
  const env = home ? { ...withoutXdg(process.env), HOME: home, USERPROFILE: home } : process.env;
  known = files.find((file) => {
    if (!existsSync(file)) return false;
    return spawnSync(file, ["--version"], { env, stdio: "ignore", timeout: 30_000 }).status === 0;
  });
  if (known) process.env[VARIABLE] = known;
  return known;
}

/** Builds that may fit this machine, best first; those for older processors and for musl come last. */
function candidates() {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const base = `opencode-${system}-${process.arch}`;
  const variants = ["", "-baseline", "-musl", "-baseline-musl"];
  const file = system === "windows" ? "opencode.exe" : "opencode";
  const modules = path.join(projectRoot, "node_modules");
  const names = variants.map((variant) => `${base}${variant}`);
  if (process.arch === "x64" && !hasAvx2()) names.unshift(`${base}-baseline`);
  return [
    ...names.map((name) => path.join(modules, name, "bin", file)),
    path.join(modules, "opencode-ai/bin/opencode.exe"), // where its install script puts it, on every platform
  ];
}

function hasAvx2() {
  if (process.platform !== "linux") return true;
  try {
    return /\bavx2\b/.test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return true;
  }
}

function withoutXdg(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("XDG_")));
}
