import type { ServerAction } from "../core/state/actions.ts";

/**
 * Holds back what the stream says while all sessions are read. Afterwards the facts are passed on in their order,
 * but for the figures of listed sessions: a step or row that came before the list was made may be in it or not, so
 * those sessions are named to be read once more instead. A session that the list does not have was born, or
 * removed, meanwhile: all that was said of it counts.
 */
export class SnapshotBuffer {
  private held: ServerAction[] | undefined;

  begin(): void {
    this.held ??= [];
  }

  /** Takes an action; false when nothing is held back and it is to be passed on. */
  take(action: ServerAction): boolean {
    if (this.held === undefined) return false;
    this.held.push(action);
    return true;
  }

  /** Ends the holding without a list: everything held, in its order. */
  giveUp(): readonly ServerAction[] {
    const held = this.held ?? [];
    this.held = undefined;
    return held;
  }

  /** Ends the holding with a list: what to pass on, and which sessions to read again. */
  release(isListed: (sessionID: string) => boolean): {
    readonly actions: readonly ServerAction[];
    readonly stale: ReadonlySet<string>;
  } {
    const stale = new Set<string>();
    const actions = this.giveUp().filter((action) => {
      switch (action.type) {
        case "session.upserted":
          stale.add(action.session.id);
          return !isListed(action.session.id);
        case "session.totals":
        case "session.changed":
        case "step.ended":
          stale.add(action.sessionID);
          return !isListed(action.sessionID);
        case "text.streamed":
          return !isListed(action.sessionID);
        case "session.removed":
          stale.delete(action.sessionID);
          return true;
        default:
          return true;
      }
    });
    return { actions, stale };
  }
}
