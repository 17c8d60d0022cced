import { t } from "../../core/language.ts";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";

interface Wait {
  readonly sessionID: string;
  readonly settle: (result: Result<undefined>) => void;
  itemID: string | undefined;
}

/**
 * Requested compactions, until the stream reports that they ended: OpenCode 2 accepts one at once and
 * performs it at the next step boundary.
 */
export class CompactionWaits {
  readonly #waits = new Set<Wait>();

  /** Starts waiting before the server is asked, so that an early end isn't missed. */
  begin(sessionID: string): {
    readonly ended: Promise<Result<undefined>>;
    /** The server accepted it under this id. */
    accepted(itemID: string | undefined): void;
    cancel(): void;
  } {
    let settle: (result: Result<undefined>) => void = () => undefined;
    const ended = new Promise<Result<undefined>>((resolve) => {
      settle = resolve;
    });
    const wait: Wait = {
      sessionID,
      itemID: undefined,
      settle: (result) => {
        this.#waits.delete(wait);
        settle(result);
      },
    };
    this.#waits.add(wait);
    return {
      ended,
      accepted: (itemID) => {
        wait.itemID = itemID;
      },
      cancel: () => {
        this.#waits.delete(wait);
      },
    };
  }

  /** A compaction of the session ended; `error` if it failed. */
  ended(sessionID: string, error: string | undefined): void {
    for (const wait of [...this.#waits]) {
      if (wait.sessionID !== sessionID) continue;
      wait.settle(error === undefined ? ok(undefined) : failed(new ServerError("rejected", error)));
    }
  }

  /** The request was withdrawn before it began. */
  withdrawn(itemID: string): void {
    for (const wait of [...this.#waits]) {
      if (wait.itemID !== itemID) continue;
      wait.settle(failed(new ServerError("rejected", t("the compaction was cancelled"))));
    }
  }

  /** The turn it was waiting in was stopped. */
  interrupted(sessionID: string): void {
    this.ended(sessionID, t("the session was stopped before it was compacted"));
  }

  /** The stream was lost, and perhaps the end with it: what was accepted counts as done. */
  lostTrack(): void {
    for (const wait of [...this.#waits]) wait.settle(ok(undefined));
  }
}
