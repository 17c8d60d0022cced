/** Starts the demo (see demo.ts) for programs that show it. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { endGroup, endWithProgram, killGroup } from "./cleanup.mjs";
import { projectRoot } from "./project.mjs";

/**
 * @typedef {object} Demo
 * @property {{ url: string, name: string }[]} servers
 * @property {string} workspace the folder to open
 * @property {Record<string, unknown>} settings additional user settings for the demo
 */

/**
 * Starts the demo in a separate process and resolves when its servers answer. It ends with this program; its
 * stderr is passed through.
 *
 * @param {readonly string[]} [flags] e.g. `--v2`
 * @returns {Promise<Demo>}
 */
export async function startDemo(flags = []) {
  const args = ["--import", "tsx", "test/support/seed/demo.ts", "--json", ...flags];
  const child = spawn(process.execPath, args, {
    cwd: projectRoot,
    detached: true,
    stdio: ["pipe", "pipe", "inherit"], // closing its stdin with this program ends it
  });
  const forget = endWithProgram({
    stop: () => (child.pid === undefined ? undefined : endGroup(child.pid, { graceMs: 10_000 })),
    kill: () => {
      if (child.pid !== undefined) killGroup(child.pid);
    },
  });
  child.stdin.on("error", () => undefined);
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("error", reject);
    child.once("exit", (code) => {
      forget();
      reject(new Error(`The demo ended with exit code ${code}.`));
    });
  });
  const { servers, workspace, settings = {} } = JSON.parse(line);
  return { servers, workspace, settings };
}
