import { usageOf } from "../../../src/core/ledger/usageBy.ts";
import { SILENT_LOG } from "../../../src/core/log.ts";
import { UsageLedger } from "../../../src/history/usageLedger.ts";

/** How long a ledger took to open, and then to sum for the first time. */
export interface LedgerOpening {
  readonly openMs: number;
  readonly firstSumMs: number;
  readonly rows: number;
  readonly recordedUSD: number;
}

/* Opens the ledger in the folder given as the first argument and sums it; prints the times as JSON. */
async function open(folder: string): Promise<LedgerOpening> {
  const startMs = performance.now();
  const ledger = await UsageLedger.open({ folder, log: SILENT_LOG, now: Date.now });
  const openedMs = performance.now();
  const { spent } = usageOf(ledger.table, {}, new Map());
  const summedMs = performance.now();
  return {
    openMs: openedMs - startMs,
    firstSumMs: summedMs - openedMs,
    rows: ledger.table.length,
    recordedUSD: spent.recordedUSD,
  };
}

void open(process.argv[2] ?? "").then((opening) => {
  process.stdout.write(JSON.stringify(opening));
});
