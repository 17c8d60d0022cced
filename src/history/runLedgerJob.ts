import { rm } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { CareJob, CareOutcome } from "./careJob.ts";
import type { FillOutcome, FillProgress } from "./fill.ts";
import type { LedgerJob, LedgerJobMessage, LedgerWorkerData } from "./ledgerJob.ts";

export interface LedgerJobOptions {
  /** Path of the built worker, `dist/ledgerWorker.cjs`. */
  readonly worker: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FillProgress) => void;
}

/**
 * Does a job in a worker of its own, so that the extension host is never held up. Resolves always: a worker
 * that ends before its time counts as a place that cannot be read.
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
    // The worker says what the job gives.
    return (await runWorker({ job, cancelled }, options, (message) => ({
      kind: "unavailable",
      reason: "unreadable",
      message,
    }))) as FillOutcome;
  } finally {
    options.signal?.removeEventListener("abort", cancel);
  }
}

/** Looks at a database, or copies it, in a worker of its own. One that was cancelled is ended at once. */
export async function runCareJob(
  job: CareJob,
  options: Omit<LedgerJobOptions, "onProgress">,
): Promise<CareOutcome> {
  const cancelled = new SharedArrayBuffer(4);
  const outcome = await runWorker(
    { job, cancelled },
    options,
    (message): CareOutcome => ({ kind: "failed", message }),
    true,
  );
  if (options.signal?.aborted !== true) return outcome as CareOutcome;
  // It could not tidy up behind itself.
  if (job.kind === "backUp") {
    for (const end of ["", "-wal", "-shm", "-journal"]) {
      await rm(`${job.target}.part${end}`, { force: true });
    }
  }
  return { kind: "cancelled" };
}

async function runWorker(
  workerData: LedgerWorkerData,
  { worker: file, signal, onProgress }: LedgerJobOptions,
  failed: (message: string) => FillOutcome | CareOutcome,
  endsOnAbort = false,
): Promise<FillOutcome | CareOutcome> {
  const worker = new Worker(file, { workerData, name: "usage ledger" });
  const end = (): void => {
    void worker.terminate();
  };
  if (endsOnAbort) signal?.addEventListener("abort", end, { once: true });
  try {
    return await new Promise((resolve) => {
      let outcome: FillOutcome | CareOutcome | undefined;
      const fail = (message: string): void => {
        resolve(outcome ?? failed(message));
      };
      worker.on("message", (message: LedgerJobMessage) => {
        if (message.type === "progress") onProgress?.(message.progress);
        else outcome = message.outcome;
      });
      worker.on("error", (error: unknown) => {
        fail(error instanceof Error ? error.message : "The worker failed.");
      });
      worker.on("exit", (code) => {
        fail(`The worker ended with ${code}.`);
      });
    });
  } finally {
    signal?.removeEventListener("abort", end);
  }
}
