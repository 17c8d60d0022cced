/**
 * The Node that tests and benchmarks run on. They read SQLite, which Node supports from 22.13 on; if this
 * Node is older, the VS Code server's is used instead.
 */
import { spawn } from "node:child_process";
import { endAll, endWithParent, endWithProgram } from "./cleanup.mjs";
import { node24 } from "./project.mjs";
import { setup } from "./setup.mjs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isRecent = major > 22 || (major === 22 && minor >= 13);

/** Path of a Node with SQLite; may have to be installed first, by `setup(["vscodeHost"])`. */
export const recentNode = isRecent ? process.execPath : node24;

/** Reruns this program under a Node with SQLite if the current one lacks it, and exits with its exit code. */
export async function moveToRecentNode() {
  if (isRecent) return;
  setup(["vscodeHost"]);
  endWithParent();
  const child = spawn(recentNode, process.argv.slice(1), { stdio: "inherit" });
  const ended = new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  endWithProgram({
    stop: async () => {
      child.kill();
      await ended;
    },
    kill: () => child.kill("SIGKILL"),
  });
  const code = await ended;
  await endAll();
  process.exit(code);
}
