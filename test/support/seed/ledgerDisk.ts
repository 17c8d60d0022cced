import { execFileSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { poll } from "../opencode/client.ts";
import { OpenCodeTables } from "../opencode/openCodeTables.ts";
import { SONNET, someTokens } from "./builders.ts";
import { LEDGER_MS, messageIDOf } from "./ledger.ts";
import {
  type LedgerReport,
  LISTED_SESSION,
  openInWindow,
  SERVER,
  openLedgerWindow,
} from "./ledgerCopies.ts";

/** What a window reported and knew while its disk was full, and afterwards. */
export interface DiskReport {
  readonly whileFull: LedgerReport;
  readonly warnings: readonly string[];
  readonly afterwards: LedgerReport;
  /** The error when opening it on a read-only disk; undefined if it opened. */
  readonly readOnly: string | undefined;
  readonly fresh: LedgerReport;
}

const TURNS = 20;

/*
 * A window on its own disk that fills up, has space again, and is read-only for a while. Prints a
 * `DiskReport`. Arguments: a folder on that (small) disk, one on another disk, and the built worker.
 */
async function main(): Promise<void> {
  const [disk = "", elsewhere = "", worker = ""] = process.argv.slice(2);
  const folder = path.join(disk, "usage");
  const database = path.join(elsewhere, "opencode.db");
  const tables = new OpenCodeTables(database);
  tables.session(LISTED_SESSION, { createdMs: LEDGER_MS });
  tables.answer({ id: messageIDOf(0), sessionID: LISTED_SESSION, createdMs: LEDGER_MS });

  const window = await openLedgerWindow(folder, database, worker);
  const ballast = path.join(disk, "ballast");
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(ballast, new Uint8Array(bavail * bsize));
  const work = async (turn: number): Promise<void> => {
    const messageID = messageIDOf(turn);
    const createdMs = LEDGER_MS + turn;
    const at = { serverID: SERVER, sessionID: LISTED_SESSION };
    tables.answer({ id: messageID, sessionID: LISTED_SESSION, createdMs });
    const [model, agent] = [SONNET, "build"];
    window.tell({ type: "step.started", ...at, messageID, createdMs, model, agent });
    const step = { messageID, costUSD: 0.01, tokens: someTokens({ input: 100, output: 10 }) };
    window.tell({ type: "step.ended", ...at, stepID: `prt_${String(turn)}`, step });
    await window.history.refill();
  };
  for (let turn = 1; turn <= TURNS; turn++) await work(turn);
  const whileFull = window.report();
  const warnings = window.log.filter((line) => line.startsWith("warn"));
  rmSync(ballast);
  await work(TURNS + 1);
  // Rejected writes are retried with the next event.
  await poll("the end of the problems", () =>
    Promise.resolve(window.report().problems.length === 0 || undefined),
  );
  const afterwards = window.report();
  await window.dispose();

  const mount = (mode: "ro" | "rw"): unknown =>
    execFileSync("mount", ["-o", `remount,${mode}`, disk], { stdio: "inherit" });
  mount("ro");
  const readOnly = await openInWindow(folder, database, worker).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  mount("rw");
  const fresh = await openInWindow(path.join(elsewhere, "fresh"), database, worker);
  const report: DiskReport = { whileFull, warnings, afterwards, readOnly, fresh };
  console.log(JSON.stringify(report));
}

void main();
