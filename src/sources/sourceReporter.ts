import { isDeepStrictEqual } from "node:util";
import type { SourceReport } from "./source.ts";

/**
 * Hands a source's reports to its listener: the first one always, later ones only when something changed,
 * none after `close`.
 */
export class SourceReporter {
  #listener: ((report: SourceReport) => void) | undefined;
  #last: SourceReport | undefined;
  #isClosed = false;

  /** Whether reports can still reach somebody: opened and not closed. */
  isOpen(): boolean {
    return this.#listener !== undefined;
  }

  /** Sets the listener; a second call, or one after `close`, is ignored. */
  open(listener: (report: SourceReport) => void): boolean {
    if (this.#isClosed || this.#listener !== undefined) return false;
    this.#listener = listener;
    return true;
  }

  /** Whether the report differed from the last one and was handed on. */
  report(report: SourceReport): boolean {
    if (this.#listener === undefined) return false;
    if (this.#last !== undefined && isDeepStrictEqual(this.#last, report)) return false;
    this.#last = report;
    this.#listener(report);
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#listener = undefined;
  }
}
