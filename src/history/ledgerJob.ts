import type { LedgerPlace } from "../core/ledger/table.ts";
import { fillFromDatabase } from "./databaseFill.ts";
import type { FillControl, FillOutcome, FillProgress } from "./fill.ts";
import { openLedgerFile } from "./openLedger.ts";
import { inodeOf, ledgerFile } from "./ledgerFile.ts";
import type { MaintenanceJob, MaintenanceOutcome } from "./maintenanceJob.ts";
import { isBusy, isDamage, messageOf } from "./sqlite.ts";

/** Fills the ledger of a folder from an OpenCode database, which takes too long for the extension host. */
export interface LedgerJob {
  readonly kind: "fill";
  readonly folder: string;
  readonly database: string;
  readonly place: LedgerPlace;
  /** As in `DatabaseFillOptions`. */
  readonly formerPlaceID?: string;
  readonly sessionIDs?: readonly string[];
}

export type LedgerJobMessage =
  | { readonly type: "progress"; readonly progress: FillProgress }
  | { readonly type: "done"; readonly outcome: FillOutcome | MaintenanceOutcome };

/** What a worker is started with. The first number of `cancelled` becomes 1 on cancellation. */
export interface LedgerWorkerData {
  readonly job: LedgerJob | MaintenanceJob;
  readonly cancelled: SharedArrayBuffer;
}

/** Runs a job in the calling thread. @throws if the folder can't be read or written. */
export function doLedgerJob(job: LedgerJob, control: FillControl): FillOutcome {
  const file = ledgerFile(job.folder);
  const inode = inodeOf(file);
  try {
    const ledger = openLedgerFile(file, 0);
    try {
      return fillFromDatabase(ledger, { ...job, nowMs: Date.now(), control });
    } finally {
      ledger.close();
    }
  } catch (error) {
    if (isDamage(error)) return { kind: "damaged", message: messageOf(error), inode };
    // Another window is filling it, or has only just created its tables.
    if (isBusy(error)) return { kind: "busy" };
    throw error;
  }
}
