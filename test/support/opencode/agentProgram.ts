import path from "node:path";
import { temporaryFolder } from "../seed/ledger.ts";
import { runProgram } from "./opencodeTools.ts";
import { projectRoot } from "../project.mjs";

let built: Promise<string> | undefined;

/** Builds the `opencode-sessions` program as shipped, from the current sources; returns its path. */
export function agentProgram(): Promise<string> {
  built ??= (async () => {
    const outdir = temporaryFolder();
    const args = ["esbuild.mjs", "--production", "--only", "program", "--outdir", outdir];
    const { stdout, stderr, exitCode } = await runProgram(process.execPath, args, {
      cwd: projectRoot,
      env: {},
    });
    if (exitCode !== 0) throw new Error(`the program could not be built: ${stdout}${stderr}`);
    return path.join(outdir, "opencode-sessions.cjs");
  })();
  return built;
}
