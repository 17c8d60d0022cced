import type { LedgerPlace } from "../core/ledger/table.ts";
import { fillFromDatabase } from "./databaseFill.ts";
import type { FillControl, FillOutcome, FillProgress } from "./fill.ts";
import { openLedgerFile } from "./ledgerDatabase.ts";
import { inodeOf, ledgerFile, makeLedgerFile } from "./ledgerFile.ts";
import type { MaintenanceJob, MaintenanceOutcome } from "./maintenanceJob.ts";
import { isBusy, isDamage, messageOf } from "./sqlite.ts";

/** Fills the ledger of a folder from a database of OpenCode, which takes too long for the extension host. */
export interface LedgerJob {
  readonly kind: "fill";
  readonly folder: string;
  readonly database: string;
  readonly place: LedgerPlace;
  /** As `DatabaseFillOptions` has them. */
  readonly formerPlaceID?: string;
  readonly sessionIDs?: readonly string[];
}

export type LedgerJobMessage =
  | { readonly type: "progress"; readonly progress: FillProgress }
  | { readonly type: "done"; readonly outcome: FillOutcome | MaintenanceOutcome };

/** What a worker is started with. The first number becomes 1 when nobody wants the rest. */
export interface LedgerWorkerData {
  readonly job: LedgerJob | MaintenanceJob;
  readonly cancelled: SharedArrayBuffer;
}

/** Does a job where it is called. @throws when the folder can be neither read nor written. */
export function doLedgerJob(job: LedgerJob, control: FillControl): FillOutcome {
  const file = ledgerFile(job.folder);
  makeLedgerFile(file);
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
    // Another window fills it, or has only just made its tables.
    if (isBusy(error)) return { kind: "busy" };
    throw error;
  }
}
