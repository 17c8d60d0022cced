import { isDeepStrictEqual } from "node:util";
import type { SourceReport } from "./source.ts";

/**
 * Passes a source's reports to its listener: always the first one, later ones only if something changed, none
 * after `close`.
 */
export class SourceReporter {
  #listener: ((report: SourceReport) => void) | undefined;
  #last: SourceReport | undefined;
  #isClosed = false;

  /** Whether reports still have a listener: opened and not closed. */
  isOpen(): boolean {
    return this.#listener !== undefined;
  }

  /** Sets the listener; a second call, or one after `close`, is ignored. */
  open(listener: (report: SourceReport) => void): boolean {
    if (this.#isClosed || this.#listener !== undefined) return false;
    this.#listener = listener;
    return true;
  }

  /** Returns whether the report differed from the last one and was passed on. */
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
