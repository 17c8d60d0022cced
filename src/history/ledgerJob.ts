import type { LedgerPlace } from "../core/ledger/table.ts";
import type { CareJob, CareOutcome } from "./careJob.ts";
import { compactLedger, isCompactionDue } from "./compactLedger.ts";
import { fillFromDatabase } from "./databaseFill.ts";
import type { FillControl, FillOutcome, FillProgress } from "./fill.ts";
import { withFolderLock } from "./folderLock.ts";
import { loadLedger } from "./ledgerFolder.ts";

/** Work on a ledger's folder that takes too long for the extension host. */
export type LedgerJob =
  | {
      readonly kind: "fill";
      readonly folder: string;
      /** Path of OpenCode's database. */
      readonly database: string;
      readonly place: LedgerPlace;
      /** As `DatabaseFillOptions` has it. */
      readonly sessionIDs?: readonly string[];
    }
  /** Puts the folder in order when that is worth while. */
  | { readonly kind: "tidy"; readonly folder: string };

/** What the worker says. */
export type LedgerJobMessage =
  | { readonly type: "progress"; readonly progress: FillProgress }
  | { readonly type: "done"; readonly outcome: FillOutcome | CareOutcome };

/** What a worker is started with. The first number becomes 1 when nobody wants the rest. */
export interface LedgerWorkerData {
  readonly job: LedgerJob | CareJob;
  readonly cancelled: SharedArrayBuffer;
}

/** Does a job where it is called. @throws when the folder can be neither read nor written. */
export async function doLedgerJob(job: LedgerJob, control: FillControl): Promise<FillOutcome> {
  if (job.kind === "fill") {
    return await fillFromDatabase({ ...job, nowMs: Date.now(), control });
  }
  const outcome = await withFolderLock(job.folder, 0, async (lock): Promise<FillOutcome> => {
    const loaded = await loadLedger(job.folder);
    if (!(await isCompactionDue(job.folder, loaded))) return { kind: "unchanged" };
    const written = await compactLedger(job.folder, lock, loaded);
    return written === undefined
      ? { kind: "busy" }
      : { kind: "filled", sessions: 0, rows: 0, goneRows: 0 };
  });
  return outcome ?? { kind: "busy" };
}
