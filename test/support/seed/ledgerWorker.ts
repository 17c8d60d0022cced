import { existsSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import type { LedgerPlace } from "../../../src/core/ledger/table.ts";
import type { FillOutcome } from "../../../src/history/fill.ts";
import { temporaryFolder } from "./ledger.ts";
import type { LedgerOpening } from "./ledgerOpen.ts";
import { runProgram } from "../opencode/opencodeTools.ts";
import { node24, projectRoot } from "../project.mjs";

/** Programs for the ledger, built like the extension from the current sources. */
export interface LedgerPrograms {
  /** The extension's own worker. */
  readonly worker: string;
  /** `ledgerFill.ts`: fills a ledger through the worker. */
  readonly fill: string;
  /** `ledgerOpen.ts`: opens one and prints how long that took. */
  readonly open: string;
  /** `ledgerWriter.ts`: a working window, to be killed. */
  readonly writer: string;
  /** `ledgerDisk.ts`: a window on a disk that fills up. */
  readonly disk: string;
}

let built: Promise<LedgerPrograms> | undefined;

/** Builds the programs, only once. */
export function ledgerPrograms(): Promise<LedgerPrograms> {
  built ??= (async () => {
    const outdir = temporaryFolder();
    await build({
      absWorkingDir: projectRoot,
      entryPoints: [
        { in: "src/history/ledgerWorker.ts", out: "worker" },
        { in: "test/support/seed/ledgerFill.ts", out: "fill" },
        { in: "test/support/seed/ledgerOpen.ts", out: "open" },
        { in: "test/support/seed/ledgerWriter.ts", out: "writer" },
        { in: "test/support/seed/ledgerDisk.ts", out: "disk" },
      ],
      outdir,
      outExtension: { ".js": ".cjs" },
      platform: "node",
      target: "node22",
      format: "cjs",
      bundle: true,
      minify: true,
      logLevel: "warning",
    });
    const program = (name: string): string => path.join(outdir, `${name}.cjs`);
    return {
      worker: program("worker"),
      fill: program("fill"),
      open: program("open"),
      writer: program("writer"),
      disk: program("disk"),
    };
  })();
  return built;
}

/**
 * Fills a ledger's folder from a database, in the built worker, under Node 24 for its SQLite.
 * @throws Error if Node 24 is missing or the program fails.
 */
export async function fillInNode24(
  folder: string,
  database: string,
  place: LedgerPlace,
): Promise<FillOutcome> {
  if (!existsSync(node24)) throw new Error("Node 24 is missing: run `node test/support/setup.mjs`");
  const { worker, fill } = await ledgerPrograms();
  const argument = JSON.stringify({ worker, folder, database, place });
  const { stdout, stderr, exitCode } = await runProgram(node24, [fill, argument], {
    cwd: projectRoot,
    env: {},
    timeoutMs: 120_000,
  });
  if (exitCode !== 0) throw new Error(`filling failed: ${stderr}`);
  // Trusted: this is our own program's answer.
  return JSON.parse(stdout) as FillOutcome;
}

/** Opens a ledger in a new process, like a window that has just started. */
export async function openInNewProgram(folder: string): Promise<LedgerOpening> {
  const { open } = await ledgerPrograms();
  const { stdout, stderr, exitCode } = await runProgram(node24, [open, folder], {
    cwd: projectRoot,
    env: {},
    timeoutMs: 60_000,
  });
  if (exitCode !== 0) throw new Error(`opening failed: ${stderr}`);
  return JSON.parse(stdout) as LedgerOpening;
}
