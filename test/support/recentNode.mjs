/**
 * The Node that tests and benchmarks run on. They read SQLite, which Node has from 22.13 on; where this Node is
 * older, the one that the VS Code server runs on stands in.
 */
import { spawn } from "node:child_process";
import { endAll, endWithParent, endWithProgram } from "./cleanup.mjs";
import { node24 } from "./project.mjs";
import { setup } from "./setup.mjs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isRecent = major > 22 || (major === 22 && minor >= 13);

/** Path of a Node with SQLite; it may have to be installed first, by `setup(["vscodeHost"])`. */
export const recentNode = isRecent ? process.execPath : node24;

/** Runs this program again under a Node with SQLite, and ends with its exit code, where this one has none. */
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
