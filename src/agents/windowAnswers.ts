import { contextUse } from "../core/state/selectors.ts";
import { type SessionRef, sessionKey } from "../core/state/session.ts";
import type {
  OpenCodeSessionsAPI,
  SessionList,
  SessionReference,
  SessionStatus,
  UsageReport,
} from "../core/agents/publicAPI.ts";
import { sessionList } from "../core/state/sessionList.ts";
import { sessionStatus } from "../core/agents/sessionStatus.ts";
import { shownRef } from "../core/state/shown.ts";
import { untilState } from "../core/state/untilState.ts";
import type { UsageSource } from "../core/usage/usageSource.ts";
import { usageReport } from "../core/usage/usageReport.ts";
import type { StateReader } from "../core/state/store.ts";
import { getServer, getSession } from "../core/state/lookup.ts";
import {
  BadArgument,
  listArguments,
  reportArguments,
  sessionArgument,
  type ToolArguments,
} from "./toolArguments.ts";

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

/** The exported functions. */
export function apiCalls(
  sources: WindowSources,
): Pick<OpenCodeSessionsAPI, "sessionStatus" | "listSessions" | "usageReport"> {
  return {
    sessionStatus: (session) => statusInWindow(sources, session),
    // Invalid options reject, like those of the other functions.
    listSessions: (options) => Promise.resolve().then(() => listInWindow(sources, { ...options })),
    usageReport: (options) => reportInWindow(sources, { ...options }),
  };
}

/** Answers a language-model tool: JSON, or what is wrong, for the model to read. */
export async function toolAnswer(
  sources: WindowSources,
  tool: string,
  given: ToolArguments,
): Promise<string> {
  try {
    const answer = await answerOf(sources, tool, given);
    return typeof answer === "string" ? answer : JSON.stringify(answer);
  } catch (error) {
    if (error instanceof BadArgument) return error.message;
    throw error;
  }
}

async function answerOf(
  sources: WindowSources,
  tool: string,
  given: ToolArguments,
): Promise<object | string> {
  switch (tool) {
    case "session_status": {
      const sessionID = sessionArgument(given);
      const status = await statusInWindow(sources, sessionID);
      if (status !== undefined) return status;
      return sessionID === undefined
        ? "No session is active in this window: specify a sessionID."
        : `No server in this window has a session ${sessionID}.`;
    }
    case "list_sessions":
      return listInWindow(sources, given);
    case "usage_report":
      return (
        (await reportInWindow(sources, given)) ??
        `The usage ledger could not be opened: ${sources.usage.failure ?? "unknown reason"}`
      );
    default:
      throw new BadArgument(`there is no tool ${tool}`);
  }
}

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
      const hasEnded = (): boolean => {
        const loaded = store.state.messages.get(key);
        return loaded?.isComplete === true || loaded?.error !== undefined;
      };
      await untilState(store, hasEnded, { limitMs: MESSAGES_WITHIN_MS });
      const has = store.state.messages
        .get(key)
        ?.messages.some(({ tokens }) => (tokens?.output ?? 0) > 0);
      if (has !== true) return;
      const wanted = ref;
      if (wanted === undefined) return;
      await untilState(store, () => contextUse(store.state, wanted) !== undefined, {
        limitMs: CONTEXT_WITHIN_MS,
      });
    }
  } finally {
    release();
  }
}

/** The sessions of all servers. @throws BadArgument */
function listInWindow({ store }: WindowSources, given: ToolArguments): SessionList {
  return sessionList(store.state, listArguments(given));
}

/** What the ledger knows; undefined if it could not be opened. @throws BadArgument */
async function reportInWindow(
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
