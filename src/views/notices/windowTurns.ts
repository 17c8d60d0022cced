/**
 * Which of the windows on this machine tells a thing. `thing`: any text that the windows agree on. What a window
 * may tell is its own until it is let go of, so a window that learns of it later stays silent.
 */
export interface WindowTurns {
  /** Whether this window tells it. The window in front is asked first: the others wait a moment. */
  take(thing: string): Promise<boolean>;
  /** The same without waiting. */
  claim(thing: string): Promise<boolean>;
  /** Lets go of what was claimed, after a while: other windows may learn of it later. */
  release(thing: string): void;
}
