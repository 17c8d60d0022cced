import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { LedgerPlace } from "../../src/core/ledger/table.ts";
import type { FillOutcome } from "../../src/history/fill.ts";
import { temporaryFolder } from "./ledger.ts";
import { runProgram } from "./opencodeTools.ts";
import { node24, projectRoot } from "./project.mjs";

let built: Promise<string> | undefined;

/** The ledger's worker, built as for the extension from what is there now; its path. */
export function builtLedgerWorker(): Promise<string> {
  built ??= (async () => {
    const outdir = temporaryFolder();
    await build({
      absWorkingDir: projectRoot,
      entryPoints: [{ in: "src/history/ledgerWorker.ts", out: "ledgerWorker" }],
      outdir,
      outExtension: { ".js": ".cjs" },
      platform: "node",
      target: "node20",
      format: "cjs",
      bundle: true,
      minify: true,
      logLevel: "warning",
    });
    return path.join(outdir, "ledgerWorker.cjs");
  })();
  return built;
}

/**
 * Fills a ledger's folder from a database, in the built worker, under Node 24 for its SQLite.
 * @throws Error when Node 24 is missing or the program fails.
 */
export async function fillInNode24(
  folder: string,
  database: string,
  place: LedgerPlace,
): Promise<FillOutcome> {
  if (!existsSync(node24)) throw new Error("Node 24 is missing: run `node test/support/setup.mjs`");
  const driver = fileURLToPath(new URL("ledgerFill.ts", import.meta.url));
  const argument = JSON.stringify({ worker: await builtLedgerWorker(), folder, database, place });
  const { stdout, stderr, exitCode } = await runProgram(
    node24,
    ["--no-warnings", driver, argument],
    { cwd: projectRoot, env: {}, timeoutMs: 120_000 },
  );
  if (exitCode !== 0) throw new Error(`filling failed: ${stderr}`);
  // Our own program's answer.
  return JSON.parse(stdout) as FillOutcome;
}
