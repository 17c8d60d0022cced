import { contextUse } from "../core/state/selectors.ts";
import { type SessionRef, sessionKey } from "../core/state/session.ts";
import type {
  SessionList,
  SessionReference,
  SessionStatus,
  UsageReport,
} from "../core/agents/publicAPI.ts";
import { sessionList } from "../core/state/sessionList.ts";
import { sessionStatus } from "../core/agents/sessionStatus.ts";
import { shownRef } from "../core/state/shown.ts";
import type { State } from "../core/state/state.ts";
import type { UsageSource } from "../core/usage/usageSource.ts";
import { usageReport } from "../core/usage/usageReport.ts";
import type { StateReader } from "../core/state/store.ts";
import { getServer, getSession } from "../core/state/lookup.ts";
import { listArguments, reportArguments, type ToolArguments } from "./toolArguments.ts";

/** What a window's answers are based on: its own live state and ledger. */
export interface WindowSources {
  readonly store: StateReader;
  readonly activeSession: { readonly current: SessionRef | undefined };
  readonly usage: UsageSource;
  /** Loads a session's messages into the state until the returned function is called. */
  readonly watch: (ref: SessionRef) => () => void;
  /** Requests a read of the sessions' contexts. */
  readonly learnContext: (refs: readonly SessionRef[]) => void;
}

/** Maximum wait for a slow server: whatever is unknown by then is null. */
const MESSAGES_WITHIN_MS = 10_000;
const CONTEXT_WITHIN_MS = 2_000;

/** The status of a session in this window; of the active one if none is named. */
export async function statusInWindow(
  sources: WindowSources,
  session: SessionReference | undefined,
): Promise<SessionStatus | undefined> {
  const { store, usage } = sources;
  const ref = refOf(sources, session);
  if (ref === undefined || getSession(store.state, ref) === undefined) return undefined;
  const release = sources.watch(ref);
  try {
    sources.learnContext([ref]);
    const key = sessionKey(ref.serverID, ref.sessionID);
    // The ledger opens meanwhile; a lost server's messages aren't waited for.
    const isConnected = getServer(store.state, ref.serverID)?.connection.kind === "connected";
    await Promise.all([usage.open(), isConnected ? whenLoaded() : Promise.resolve()]);
    const extras = usage.statusExtras(ref);
    const isWatched = store.state.messages.get(key)?.isComplete === true;
    // Watched messages are ahead of the ledger, which is only filled after a turn ends.
    return sessionStatus(store.state, ref, isWatched ? { ...extras, turns: undefined } : extras);

    async function whenLoaded(): Promise<void> {
      await until(store, MESSAGES_WITHIN_MS, ({ messages }) => {
        const loaded = messages.get(key);
        return loaded?.isComplete === true || loaded?.error !== undefined;
      });
      const has = store.state.messages
        .get(key)
        ?.messages.some(({ tokens }) => (tokens?.output ?? 0) > 0);
      if (has !== true) return;
      const wanted = ref;
      if (wanted === undefined) return;
      await until(store, CONTEXT_WITHIN_MS, (state) => contextUse(state, wanted) !== undefined);
    }
  } finally {
    release();
  }
}

/** The sessions of all servers. @throws BadArgument */
export function listInWindow({ store }: WindowSources, given: ToolArguments): SessionList {
  return sessionList(store.state, listArguments(given));
}

/** What the ledger knows; undefined if it could not be opened. @throws BadArgument */
export async function reportInWindow(
  { usage }: WindowSources,
  given: ToolArguments,
): Promise<UsageReport | undefined> {
  const options = reportArguments(given);
  await usage.open();
  const snapshot = usage.current();
  return snapshot === undefined ? undefined : usageReport(snapshot, options);
}

function refOf(
  { store, activeSession }: WindowSources,
  session: SessionReference | undefined,
): SessionRef | undefined {
  if (session === undefined) return activeSession.current;
  if (typeof session !== "string") return session;
  // All servers on one database have it: prefers the one that the tree shows it from.
  return shownRef(store.state, { serverID: "", sessionID: session });
}

/** Resolves when a condition holds in the state, or the time is up. */
async function until(
  store: WindowSources["store"],
  timeoutMs: number,
  isSo: (state: State) => boolean,
): Promise<void> {
  if (isSo(store.state)) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = setTimeout(end, timeoutMs);
    const stop = store.onDidChange((_changes, state) => {
      if (isSo(state)) end();
    });
  });
}
