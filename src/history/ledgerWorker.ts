import { parentPort, workerData } from "node:worker_threads";
import { doMaintenanceJob } from "./maintenanceJob.ts";
import type { FillControl } from "./fill.ts";
import { doLedgerJob, type LedgerJobMessage, type LedgerWorkerData } from "./ledgerJob.ts";

/* Started by `runLedgerJob` as a worker: it does one job, reports its progress, and ends. */

// The user can't do anything about SQLite being experimental in this runtime.
process.removeAllListeners("warning");

const port = parentPort;
if (port !== null) {
  // Written by `runLedgerJob` of the same build.
  const { job, cancelled } = workerData as LedgerWorkerData;
  const flag = new Int32Array(cancelled);
  const say = (message: LedgerJobMessage): void => {
    port.postMessage(message);
  };
  const control: FillControl = {
    isCancelled: () => Atomics.load(flag, 0) === 1,
    onProgress: (progress) => {
      say({ type: "progress", progress });
    },
  };
  void (async () => {
    const outcome = job.kind === "fill" ? doLedgerJob(job, control) : await doMaintenanceJob(job);
    say({ type: "done", outcome });
  })();
}
