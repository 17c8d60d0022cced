import type { ServerAction } from "../core/actions.ts";

/**
 * Holds back what the stream says while a snapshot is being read. Afterwards the facts are passed on in
 * their order, but for figures: a step or row that came before the snapshot was taken may be in it or not,
 * so those sessions are named to be read once more instead.
 */
export class SnapshotBuffer {
  private held: ServerAction[] | undefined;

  get isHolding(): boolean {
    return this.held !== undefined;
  }

  begin(): void {
    this.held ??= [];
  }

  /** Takes an action; false when nothing is held back and it is to be passed on. */
  take(action: ServerAction): boolean {
    if (this.held === undefined) return false;
    this.held.push(action);
    return true;
  }

  /** Ends the holding: what to pass on, and which sessions to read again. */
  release(): { readonly actions: readonly ServerAction[]; readonly stale: ReadonlySet<string> } {
    const actions: ServerAction[] = [];
    const stale = new Set<string>();
    for (const action of this.held ?? []) {
      switch (action.type) {
        case "session.upserted":
          stale.add(action.session.id);
          break;
        case "session.totals":
        case "session.changed":
        case "step.ended":
          stale.add(action.sessionID);
          break;
        case "text.streamed":
          break;
        case "session.removed":
          stale.delete(action.sessionID);
          actions.push(action);
          break;
        default:
          actions.push(action);
      }
    }
    this.held = undefined;
    return { actions, stale };
  }
}
