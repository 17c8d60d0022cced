/**
 * The demo's servers for the debugger (see .vscode/tasks.json): installs what is missing, starts them, and
 * writes .scratch/demo.code-workspace for the window to open. The extension discovers the servers, like any
 * others on this machine. Runs until stopped.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expectToBeStopped } from "../support/cleanup.mjs";
import { scratchDir } from "../support/project.mjs";
import { setup } from "../support/setup.mjs";
import { startDemo } from "../support/startDemo.mjs";

expectToBeStopped();
console.log("[demo] starting");
setup(["opencode"]);
const { servers, workspace } = await startDemo(process.argv.slice(2));
mkdirSync(scratchDir, { recursive: true });
writeFileSync(
  path.join(scratchDir, "demo.code-workspace"),
  JSON.stringify({ folders: [{ path: workspace }] }, null, 2),
);
for (const { name, url } of servers) console.log(`[demo] ${name}: ${url}`);
// The problem matcher of .vscode/tasks.json waits for this text.
console.log("[demo] ready");
