import { Worker } from "node:worker_threads";
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
  { worker: file, signal, onProgress }: LedgerJobOptions,
): Promise<FillOutcome> {
  if (signal?.aborted === true) return { kind: "cancelled" };
  const cancelled = new SharedArrayBuffer(4);
  const workerData: LedgerWorkerData = { job, cancelled };
  const worker = new Worker(file, { workerData, name: "usage ledger" });
  const cancel = (): void => {
    Atomics.store(new Int32Array(cancelled), 0, 1);
  };
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    return await new Promise<FillOutcome>((resolve) => {
      let outcome: FillOutcome | undefined;
      const fail = (message: string): void => {
        resolve(outcome ?? { kind: "unavailable", reason: "unreadable", message });
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
    signal?.removeEventListener("abort", cancel);
  }
}
