/**
 * Decides which window on this machine announces a thing. `thing`: any text the windows agree on. A claim
 * lasts until it is released, so a window that learns of the thing later stays silent.
 */
export interface WindowTurns {
  /** Whether this window announces it. The focused window goes first: the others wait a moment. */
  take(thing: string): Promise<boolean>;
  /** The same without waiting. */
  claim(thing: string): Promise<boolean>;
  /** Releases a claim after a while: other windows may learn of the thing later. */
  release(thing: string): void;
}
