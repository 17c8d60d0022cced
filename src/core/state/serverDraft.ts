import { LayeredMap } from "./layeredMap.ts";
import type { Session, SessionKey } from "./session.ts";
import { sessionKey } from "./session.ts";
import { type Live, NO_LIVE, type ServerState } from "./state.ts";
import {
  addToTree,
  allTrees,
  type ChildSessions,
  childSessionsOf,
  recomputeTrees,
  withAncestors,
} from "./trees.ts";

interface WritableMap<V> extends ReadonlyMap<string, V> {
  set(key: string, value: V): unknown;
  delete(key: string): boolean;
}

/**
 * One server's next state while a batch of actions is applied. Each map is copied at most once per batch, and only
 * if written. Only used within `reduce`.
 */
export class ServerDraft {
  #base: ServerState;
  #sessions: WritableMap<Session> | undefined;
  #children: WritableMap<readonly string[]> | undefined;
  #live: WritableMap<Live> | undefined;
  /** Sessions whose own figures or live state changed. */
  readonly #touched = new Set<string>();
  /** Set when all sessions are replaced, until one of them changes. */
  #childSessions: ChildSessions | undefined;
  #allTreesAreStale = false;
  hasStructureChanged = false;
  hasServerChanged = false;

  constructor(base: ServerState) {
    this.#base = base;
  }

  get current(): ServerState {
    return this.#base;
  }

  session(sessionID: string): Session | undefined {
    return (this.#sessions ?? this.#base.sessions).get(sessionID);
  }

  allSessions(): ReadonlyMap<string, Session> {
    return this.#sessions ?? this.#base.sessions;
  }

  liveOf(sessionID: string): Live {
    return (this.#live ?? this.#base.live).get(sessionID) ?? NO_LIVE;
  }

  allLive(): ReadonlyMap<string, Live> {
    return this.#live ?? this.#base.live;
  }

  /** Changes details of the server itself. */
  patch(changes: Partial<ServerState>): void {
    this.#base = { ...this.#base, ...changes };
    this.hasServerChanged = true;
  }

  /** Adds or replaces a session and updates the children index. */
  putSession(session: Session): void {
    const previous = this.session(session.id);
    if (previous === session) return;
    this.#sessions ??= new LayeredMap(this.#base.sessions);
    this.#sessions.set(session.id, session);
    this.#childSessions = undefined;
    this.#touched.add(session.id);
    if (previous === undefined) {
      this.hasStructureChanged = true;
      if (session.parentID !== undefined) this.#adopt(session.parentID, session.id);
      return;
    }
    if (previous.parentID !== session.parentID) {
      this.hasStructureChanged = true;
      if (previous.parentID !== undefined) this.#disown(previous.parentID, session.id);
      if (session.parentID !== undefined) this.#adopt(session.parentID, session.id);
    }
    if ((previous.archivedMs === undefined) !== (session.archivedMs === undefined)) {
      this.hasStructureChanged = true;
    }
  }

  removeSession(sessionID: string): void {
    const session = this.session(sessionID);
    if (session === undefined) return;
    this.#sessions ??= new LayeredMap(this.#base.sessions);
    this.#sessions.delete(sessionID);
    this.#childSessions = undefined;
    this.hasStructureChanged = true;
    this.#touched.add(sessionID);
    if (session.parentID !== undefined) this.#disown(session.parentID, sessionID);
    if ((this.#live ?? this.#base.live).has(sessionID)) {
      this.#live ??= new LayeredMap(this.#base.live);
      this.#live.delete(sessionID);
    }
  }

  /** Replaces the live state; `NO_LIVE` removes it. */
  putLive(sessionID: string, live: Live): void {
    if (this.liveOf(sessionID) === live) return;
    this.#live ??= new LayeredMap(this.#base.live);
    if (live === NO_LIVE) this.#live.delete(sessionID);
    else this.#live.set(sessionID, live);
    this.#touched.add(sessionID);
  }

  patchLive(sessionID: string, changes: Partial<Live>): void {
    this.putLive(sessionID, { ...this.liveOf(sessionID), ...changes });
  }

  /**
   * Replaces all sessions at once and takes ownership of the map. Unchanged sessions must be passed as the same
   * objects. New ones are not marked individually: `hasStructureChanged` covers them.
   */
  replaceSessions(sessions: Map<string, Session>): void {
    const before = this.allSessions();
    let isSameShape = before.size === sessions.size;
    if (before.size > 0) {
      for (const [id, session] of sessions) {
        const previous = before.get(id);
        if (previous === session) continue;
        if (previous === undefined) {
          isSameShape = false;
          continue;
        }
        this.#touched.add(id);
        if (
          previous.parentID !== session.parentID ||
          (previous.archivedMs === undefined) !== (session.archivedMs === undefined)
        ) {
          isSameShape = false;
        }
      }
      for (const id of before.keys()) {
        if (!sessions.has(id)) {
          isSameShape = false;
          this.#touched.add(id);
        }
      }
    }
    this.#sessions = sessions;
    // An earlier list in the same batch has different objects.
    this.#childSessions = undefined;
    if (isSameShape) return;
    this.hasStructureChanged = true;
    this.#childSessions = childSessionsOf(sessions);
    this.#children = idsOf(this.#childSessions);
    this.#allTreesAreStale = true;
  }

  /** Marks a session whose price changed although its details did not. */
  touch(sessionID: string): void {
    this.#touched.add(sessionID);
  }

  /** Ends the draft: returns the next state and the keys of the changed sessions, including ancestors. */
  finish(): { readonly server: ServerState; readonly changed: ReadonlySet<SessionKey> } {
    if (
      this.#sessions === undefined &&
      this.#children === undefined &&
      this.#live === undefined &&
      this.#touched.size === 0
    ) {
      return { server: this.#base, changed: new Set() };
    }
    const next: ServerState = {
      ...this.#base,
      sessions: this.#sessions ?? this.#base.sessions,
      children: this.#children ?? this.#base.children,
      live: this.#live ?? this.#base.live,
    };
    const { trees, dirty } = this.#allTreesAreStale
      ? {
          trees: allTrees(next, this.#childSessions ?? childSessionsOf(next.sessions)),
          dirty: withAncestors(next, this.#touched),
        }
      : recomputeTrees(next, this.#touched);
    const changed = new Set<SessionKey>();
    for (const id of dirty) changed.add(sessionKey(next.endpoint.serverID, id));
    return { server: { ...next, trees }, changed };
  }

  #adopt(parentID: string, childID: string): void {
    this.#children ??= new LayeredMap(this.#base.children);
    const siblings = this.#children.get(parentID) ?? [];
    this.#children.set(parentID, addToTree(siblings, childID, this.allSessions()));
  }

  #disown(parentID: string, childID: string): void {
    this.#children ??= new LayeredMap(this.#base.children);
    const left = (this.#children.get(parentID) ?? []).filter((id) => id !== childID);
    if (left.length === 0) this.#children.delete(parentID);
    else this.#children.set(parentID, left);
    this.#touched.add(parentID);
  }
}

function idsOf(childSessions: ChildSessions): Map<string, readonly string[]> {
  const ids = new Map<string, readonly string[]>();
  for (const [parentID, children] of childSessions) {
    ids.set(
      parentID,
      children.map((child) => child.id),
    );
  }
  return ids;
}
