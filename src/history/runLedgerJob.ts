import { t } from "../core/language.ts";
import { loggable } from "../core/log.ts";
import { rename, rm } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { MaintenanceJob, MaintenanceOutcome } from "./maintenanceJob.ts";
import type { FillOutcome, FillProgress } from "./fill.ts";
import type { LedgerJob, LedgerJobMessage, LedgerWorkerData } from "./ledgerJob.ts";
import { messageOf } from "./sqlite.ts";

export interface LedgerJobOptions {
  /** Path of the built worker, `dist/ledgerWorker.cjs`. */
  readonly worker: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FillProgress) => void;
}

/**
 * Runs a job in a separate worker, so that the extension host is never blocked. Always resolves: a worker
 * that ends early counts as a place that can't be read.
 */
export async function runLedgerJob(
  job: LedgerJob,
  options: LedgerJobOptions,
): Promise<FillOutcome> {
  if (options.signal?.aborted === true) return { kind: "cancelled" };
  const cancelled = new SharedArrayBuffer(4);
  const cancel = (): void => {
    Atomics.store(new Int32Array(cancelled), 0, 1);
  };
  options.signal?.addEventListener("abort", cancel, { once: true });
  try {
    // The worker's outcome is of the job's kind.
    return (await runWorker({ job, cancelled }, options, (message, logged) => ({
      kind: "unavailable",
      reason: "unreadable",
      message,
      logged,
    }))) as FillOutcome;
  } finally {
    options.signal?.removeEventListener("abort", cancel);
  }
}

/**
 * Creates a folder's ledger if there is none, and moves its log into it; nothing is done without a `worker`. If it
 * fails, opening or writing the file does so too, and says why.
 */
export async function settleLedger(options: {
  readonly folder: string;
  readonly worker?: string;
}): Promise<void> {
  const { folder, worker } = options;
  if (worker !== undefined) await runMaintenanceJob({ kind: "settleLedger", folder }, { worker });
}

/** Inspects or copies a database in a separate worker, which is terminated at once when cancelled. */
export async function runMaintenanceJob(
  job: MaintenanceJob,
  options: Omit<LedgerJobOptions, "onProgress">,
): Promise<MaintenanceOutcome> {
  if (job.kind !== "backUp") return await doInWorker(job, options);
  return await backUp(job, options).catch((error: unknown) => ({
    kind: "failed",
    message: messageOf(error),
  }));
}

/**
 * A complete copy gets its name here, in the thread that cancels, so that both cannot disagree: it is done and there,
 * or cancelled and nothing is left.
 */
async function backUp(
  job: MaintenanceJob & { readonly kind: "backUp" },
  options: LedgerJobOptions,
): Promise<MaintenanceOutcome> {
  const part = `${job.target}.part`;
  try {
    const outcome = await doInWorker({ ...job, target: part }, options);
    if (outcome.kind === "done") await rename(part, job.target);
    return outcome;
  } finally {
    for (const end of ["", "-wal", "-shm", "-journal"]) await rm(`${part}${end}`, { force: true });
  }
}

async function doInWorker(
  job: MaintenanceJob,
  options: LedgerJobOptions,
): Promise<MaintenanceOutcome> {
  const { signal } = options;
  // Not a constant: the signal may fire during the await.
  const isCancelled = (): boolean => signal?.aborted === true;
  if (isCancelled()) return { kind: "cancelled" };
  const outcome = await runWorker(
    { job, cancelled: new SharedArrayBuffer(4) },
    options,
    (message): MaintenanceOutcome => ({ kind: "failed", message }),
    true,
  );
  // The worker's outcome is of the job's kind.
  return isCancelled() ? { kind: "cancelled" } : (outcome as MaintenanceOutcome);
}

async function runWorker(
  workerData: LedgerWorkerData,
  { worker: file, signal, onProgress }: LedgerJobOptions,
  failed: (message: string, logged: string) => FillOutcome | MaintenanceOutcome,
  endsOnAbort = false,
): Promise<FillOutcome | MaintenanceOutcome> {
  const worker = new Worker(file, { workerData, name: "usage ledger" });
  const end = (): void => {
    void worker.terminate();
  };
  if (endsOnAbort) signal?.addEventListener("abort", end, { once: true });
  try {
    return await new Promise((resolve) => {
      let outcome: FillOutcome | MaintenanceOutcome | undefined;
      const fail = (message: string, logged = message): void => {
        resolve(outcome ?? failed(message, logged));
      };
      worker.on("message", (message: LedgerJobMessage) => {
        if (message.type === "progress") onProgress?.(message.progress);
        else outcome = message.outcome;
      });
      worker.on("error", (error: unknown) => {
        const message = error instanceof Error ? error.message : t("The worker failed.");
        fail(message, loggable(error));
      });
      worker.on("exit", (code) => {
        fail(t`The worker exited with code ${code}.`);
      });
    });
  } finally {
    signal?.removeEventListener("abort", end);
  }
}
