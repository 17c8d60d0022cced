/**
 * Installs whatever is missing for running and testing the project; silent if nothing is. Node built-ins
 * only, because it makes a fresh clone usable.
 *
 * As a program: `node test/support/setup.mjs` prepares everything.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { canInstallPackages, findChromium, installChromium, installPackages } from "./chromium.mjs";
import { npmEnvironment } from "./npmEnvironment.mjs";
import { workingOpencode } from "./opencodeBinary.mjs";
import {
  isVscodeHostReady,
  isVscodeHostSupported,
  prepareVscodeHost,
} from "./prepareVscodeHost.mjs";
import { projectRoot, scratchDir, vscodeHosts } from "./project.mjs";

/** Where the VS Code server can be installed, its Node runs everything that needs SQLite. */
const MINIMUM_NODE = isVscodeHostSupported() ? [20, 19] : [22, 13];

/** A step that takes longer is considered hung. */
const STEP_LIMIT_MS = 15 * 60_000;

/** @typedef {"opencode" | "vscodeHost" | "vscodeMinimum" | "chromium"} Need */

/**
 * Updates the project's dependencies and installs each of `needs`. Prints one line for each action. Throws
 * with manual instructions if something can't be installed.
 *
 * @param {readonly Need[]} [needs]
 */
export function setup(needs = ["opencode", "vscodeHost", "vscodeMinimum", "chromium"]) {
  checkNode();
  checkGit();
  installDependencies();
  checkEsbuild();
  if (needs.includes("opencode")) installOpencode();
  if (needs.includes("vscodeHost")) installVscodeHost("VS Code", vscodeHosts.newest);
  if (needs.includes("vscodeMinimum")) {
    installVscodeHost("the oldest VS Code supported", vscodeHosts.minimum);
  }
  if (needs.includes("chromium") && !findChromium()) {
    report("Chromium is missing: installing it");
    installChromium(report);
  }
}

function report(line) {
  console.log(`[setup] ${line}`);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [needMajor, needMinor] = MINIMUM_NODE;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  throw new Error(`Node ${MINIMUM_NODE.join(".")} or newer is needed; this is ${process.version}.`);
}

/** The tests create repositories and compare results with git's output. */
function checkGit() {
  if (spawnSync("git", ["--version"], { stdio: "ignore" }).status === 0) return;
  if (!canInstallPackages()) throw new Error("git is missing: install it.");
  report("git is missing: installing it");
  installPackages(["git"], report);
}

function installDependencies() {
  if (isInstalled()) return;
  report("dependencies are missing or out of date: npm ci");
  run("npm ci", "npm", ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"]);
}

/**
 * Whether node_modules contains what the lockfile requires. npm writes its own lockfile last, so an
 * interrupted `npm ci` is detected too. Ignores packages for other platforms.
 */
function isInstalled() {
  const installedFile = path.join(projectRoot, "node_modules/.package-lock.json");
  if (!existsSync(installedFile)) return false;
  const wanted = readPackages(path.join(projectRoot, "package-lock.json"));
  const installed = readPackages(installedFile);
  return Object.entries(wanted).every(([name, { version, integrity, optional }]) => {
    const found = installed[name];
    if (name === "" || (optional && !found)) return true;
    return found?.version === version && found?.integrity === integrity;
  });
}

function readPackages(lockfile) {
  return JSON.parse(readFileSync(lockfile, "utf8")).packages ?? {};
}

/** Install scripts aren't run, so esbuild's binary must come from its platform package: check that it runs. */
function checkEsbuild() {
  const bin = path.join(projectRoot, "node_modules/esbuild/bin/esbuild");
  if (spawnSync(process.execPath, [bin, "--version"], { stdio: "ignore" }).status === 0) return;
  // other platforms may have a native file there
  if (spawnSync(bin, ["--version"], { stdio: "ignore" }).status === 0) return;
  run("esbuild's binary", process.execPath, ["node_modules/esbuild/install.js"]);
}

function installOpencode() {
  const check = () => {
    mkdirSync(scratchDir, { recursive: true });
    const home = mkdtempSync(path.join(scratchDir, "opencode-check-"));
    try {
      return workingOpencode({ home });
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  };
  if (check()) return;
  report("the OpenCode binary of this platform is missing: fetching it");
  run("OpenCode's binary", process.execPath, ["node_modules/opencode-ai/postinstall.mjs"]);
  if (!check()) throw new Error("No build of opencode-ai runs on this machine.");
}

function installVscodeHost(name, host) {
  if (isVscodeHostReady(host)) return;
  if (!isVscodeHostSupported()) return; // suites that need it report that themselves
  const tools = { python3: "python3", make: "make", "g++": "g++" };
  const missing = Object.entries(tools)
    .filter(([command]) => spawnSync(command, ["--version"], { stdio: "ignore" }).status !== 0)
    .map(([, name]) => name);
  if (missing.length > 0) {
    if (!canInstallPackages()) {
      throw new Error(
        `Building VS Code's native modules needs ${missing.join(", ")}, and only root can install packages here: install them.`,
      );
    }
    report(`${missing.join(", ")} missing: installing`);
    installPackages(missing, report);
  }
  report(`${name} is missing or out of date: installing it`);
  prepareVscodeHost({ host, report });
}

function run(label, command, args) {
  const startedAt = Date.now();
  const result = spawnSync(command, args, {
    cwd: projectRoot,
    env: npmEnvironment(),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
    timeout: STEP_LIMIT_MS,
    shell: process.platform === "win32" && command === "npm",
  });
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  if (result.status !== 0) {
    const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`;
    throw new Error(`${label} failed (${result.signal ?? `exit ${result.status}`}):\n${output}`);
  }
  report(`${label} (${seconds} s)`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    setup();
  } catch (error) {
    console.error(`[setup] ${error.message}`);
    process.exitCode = 1;
  }
}
