import type { ServerAction } from "../core/state/actions.ts";

/**
 * Holds back what the stream reports while all sessions are being read. Afterwards passes the facts on in
 * order, except for the figures of listed sessions: the list may or may not include a step or row that
 * arrived before it was made, so those sessions are returned to be read once more; their steps are marked, and
 * only the ledger counts them. A session missing from the list was created or removed meanwhile, so everything
 * reported about it counts.
 */
export class SnapshotBuffer {
  #held: ServerAction[] | undefined;

  begin(): void {
    this.#held ??= [];
  }

  /** Takes an action; false if nothing is being held back and the caller has to pass it on. */
  take(action: ServerAction): boolean {
    if (this.#held === undefined) return false;
    this.#held.push(action);
    return true;
  }

  /** Stops holding back without a list: returns everything held, in order. */
  giveUp(): readonly ServerAction[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }

  /** Stops holding back with a list: returns what to pass on, and which sessions to read again. */
  release(isListed: (sessionID: string) => boolean): {
    readonly actions: readonly ServerAction[];
    readonly stale: ReadonlySet<string>;
  } {
    const stale = new Set<string>();
    const actions = this.giveUp().flatMap((action): readonly ServerAction[] => {
      switch (action.type) {
        case "session.upserted":
          stale.add(action.session.id);
          return isListed(action.session.id) ? [] : [action];
        case "session.totals":
        case "session.changed":
          stale.add(action.sessionID);
          return isListed(action.sessionID) ? [] : [action];
        case "step.ended":
          stale.add(action.sessionID);
          return [isListed(action.sessionID) ? { ...action, mayBeInTotals: true } : action];
        case "text.streamed":
          return isListed(action.sessionID) ? [] : [action];
        case "session.removed":
          stale.delete(action.sessionID);
          return [action];
        default:
          return [action];
      }
    });
    return { actions, stale };
  }
}
