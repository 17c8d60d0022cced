/** An estimate needn't be reported more often than it can be shown. */
const INTERVAL_MS = 30;

const NOTHING: ReadonlyMap<string, number> = new Map();

/** Counts the characters of streaming answers, by session, until they are due to be reported. */
export class StreamedText {
  #counts = new Map<string, number>();
  #reportedMs = Number.NEGATIVE_INFINITY;
  readonly #clock: () => number;

  /** `clock` must never run backwards. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  add(sessionID: string, characters: number): void {
    this.#counts.set(sessionID, (this.#counts.get(sessionID) ?? 0) + characters);
  }

  /** The step's tokens are known, or the turn is over: drops what was counted of its text. */
  forget(sessionID: string): void {
    this.#counts.delete(sessionID);
  }

  /** What has arrived since the last report, if the next one is due. */
  take(): ReadonlyMap<string, number> {
    if (this.#counts.size === 0) return NOTHING;
    const nowMs = this.#clock();
    if (nowMs - this.#reportedMs < INTERVAL_MS) return NOTHING;
    this.#reportedMs = nowMs;
    const taken = this.#counts;
    this.#counts = new Map();
    return taken;
  }
}
