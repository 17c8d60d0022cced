/** An estimate need not be told more often than it can be shown. */
const INTERVAL_MS = 30;

const NOTHING: ReadonlyMap<string, number> = new Map();

/** Counts the characters of answers that stream, by session, until they are due to be told. */
export class StreamedText {
  private counts = new Map<string, number>();
  private toldMs = Number.NEGATIVE_INFINITY;
  private readonly clock: () => number;

  /** `clock` never runs backwards. */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  add(sessionID: string, characters: number): void {
    this.counts.set(sessionID, (this.counts.get(sessionID) ?? 0) + characters);
  }

  /** The step's tokens are known, or the turn is over: what was counted of its text is not told any more. */
  forget(sessionID: string): void {
    this.counts.delete(sessionID);
  }

  /** What has come since the last time, when it is time to tell. */
  take(): ReadonlyMap<string, number> {
    if (this.counts.size === 0) return NOTHING;
    const nowMs = this.clock();
    if (nowMs - this.toldMs < INTERVAL_MS) return NOTHING;
    this.toldMs = nowMs;
    const taken = this.counts;
    this.counts = new Map();
    return taken;
  }
}
