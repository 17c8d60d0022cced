import { getServer, getSession } from "../core/lookup.ts";
import { treeUsage } from "../core/selectors.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../core/session.ts";
import { sessionState } from "../core/sessionState.ts";
import { isShown, shownRoots } from "../core/shown.ts";
import type { State } from "../core/state.ts";
import { cleanTitle, formatRelativeTime } from "./format.ts";
import { withoutIcons } from "./markdown.ts";
import { contextText, SEPARATOR, usageTexts } from "./sessionFigures.ts";
import { sessionIcon } from "./sessionIcon.ts";
import { recencyMs } from "./sortSessions.ts";
import { stateLabel } from "./stateLabel.ts";

/** A session to pick from a list. */
export interface SessionPickItem {
  readonly ref: SessionRef;
  readonly key: SessionKey;
  /** `$(icon) title`. */
  readonly label: string;
  /** Cost, tokens, context and age, with the state where it is not idle. */
  readonly description: string;
  /** Server and directory. */
  readonly detail: string;
  readonly isActive: boolean;
}

/**
 * The sessions one may switch to, over all servers, most recent first: roots that are not archived, and
 * of the others those with something going on, and the active one.
 */
export function sessionPickItems(
  state: State,
  active: SessionRef | undefined,
  nowMs: number,
): SessionPickItem[] {
  const refs = new Map<SessionKey, SessionRef>();
  const add = (ref: SessionRef): void => {
    refs.set(sessionKey(ref.serverID, ref.sessionID), ref);
  };
  for (const ref of shownRoots(state)) {
    if (getSession(state, ref)?.archivedMs === undefined) add(ref);
  }
  for (const [serverID, server] of state.servers) {
    for (const sessionID of server.live.keys()) {
      const ref = { serverID, sessionID };
      if (sessionState(state, ref).kind !== "idle" && isBusy(state, ref) && isShown(state, ref)) {
        add(ref);
      }
    }
  }
  if (active !== undefined) add(active);

  const found: { readonly recentMs: number; readonly item: SessionPickItem }[] = [];
  for (const [key, ref] of refs) {
    const server = getServer(state, ref.serverID);
    const session = getSession(state, ref);
    if (server === undefined || session === undefined) continue;
    const now = sessionState(state, ref);
    const tree = treeUsage(state, ref);
    const context = contextText(state, ref);
    const words = now.kind === "idle" ? [] : [stateLabel(now)];
    words.push(...usageTexts(tree).reverse());
    if (context !== undefined) words.push(context);
    words.push(formatRelativeTime(session.updatedMs, nowMs));
    const isActive = active?.sessionID === ref.sessionID && active.serverID === ref.serverID;
    if (isActive) words.push("active");
    found.push({
      recentMs: recencyMs(server, session),
      item: {
        ref,
        key,
        label: `$(${sessionIcon(now, session, tree.requests).id}) ${withoutIcons(cleanTitle(session.title))}`,
        description: words.join(SEPARATOR),
        detail: withoutIcons(
          [cleanTitle(server.endpoint.name), cleanTitle(session.directory, 200)].join(SEPARATOR),
        ),
        isActive,
      },
    });
  }
  found.sort((a, b) => b.recentMs - a.recentMs);
  return found.map(({ item }) => item);
}

function isBusy(state: State, ref: SessionRef): boolean {
  const live = getServer(state, ref.serverID)?.live.get(ref.sessionID);
  if (live === undefined) return false;
  return live.activity.kind !== "idle" || live.compaction !== undefined || live.requests.length > 0;
}
