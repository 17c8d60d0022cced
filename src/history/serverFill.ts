import type { ServerError } from "../core/errors.ts";
import {
  type LedgerPlace,
  type LedgerSession,
  type LedgerTable,
  sessionIn,
} from "../core/ledger/table.ts";
import { isPrompt, type Message, type MessagePage } from "../core/state/message.ts";
import { allMessages, pageQuery } from "../core/state/messagePages.ts";
import { loggable } from "../core/log.ts";
import type { Result } from "../core/result.ts";
import type { Session } from "../core/state/session.ts";
import type { FillFailure, FillOutcome, FillProgress } from "./fill.ts";
import {
  checkFigures,
  type LedgerChanges,
  type LedgerRow,
  RANK_BEGUN,
  RANK_RECORDED,
  secondsOf,
} from "./ledgerRow.ts";

/** What a fill needs from a server; a `Gateway` provides it. */
export interface HistoryReader {
  /** All sessions, including archived ones and children. */
  listSessions(signal?: AbortSignal): Promise<Result<readonly Session[]>>;
  /** Newest page first; pass `olderCursor` back as `before`. */
  listMessages(
    sessionID: string,
    page: { readonly limit: number; readonly before?: string },
    signal?: AbortSignal,
  ): Promise<Result<MessagePage>>;
}

/** What a fill needs from the ledger it fills. */
export interface FillTarget {
  readonly table: LedgerTable;
  readonly position: number;
  record(changes: LedgerChanges, placeID: string): Promise<void>;
}

export interface ServerFillOptions {
  readonly ledger: FillTarget;
  readonly reader: HistoryReader;
  readonly place: LedgerPlace;
  /** The server keeps the cost of reverted answers in its totals: missing answers then still count. */
  readonly keepsReverted: boolean;
  /** Our clock. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FillProgress) => void;
  /** Sessions read at the same time; default 3. */
  readonly concurrency?: number;
}

const PAGE_SIZE = 200;
/** How often a page is requested before the fill fails. */
const ATTEMPTS = 2;

/**
 * Brings the ledger up to date by asking a server for the messages of the sessions that have changed since
 * the last fill, newest sessions first. Each session is recorded as soon as it is read: the next fill
 * continues where an interrupted one stopped.
 */
export async function fillFromServer(options: ServerFillOptions): Promise<FillOutcome> {
  const { ledger, reader, place, now, signal, onProgress, concurrency = 3 } = options;
  // First the ledger, then the server, which must be at least as new as what the ledger knows of it.
  const since = ledger.position;
  const known = ledger.table.sessions.filter(
    (session) => session.placeID === place.id && !session.isGone,
  );
  const listed = await reader.listSessions(signal);
  if (isAborted(signal)) return { kind: "cancelled" };
  if (!listed.ok) return unavailable(listed.error);
  const nowMs = now();
  const sessions = new Map(listed.value.map((session) => [session.id, session]));
  const changed = listed.value
    .filter((session) => {
      const before = sessionIn(ledger.table, session.id, place.id);
      return before?.isGone !== false || before.stamp !== stampOfSession(session);
    })
    .sort((a, b) => b.updatedMs - a.updatedMs);
  const goneIDs = known.flatMap(({ id }) => (sessions.has(id) ? [] : [id]));
  const renamed = listed.value.flatMap((session) => {
    const before = sessionIn(ledger.table, session.id, place.id);
    return before !== undefined && before.title !== session.title
      ? [ledgerSessionOf(session, place.id, nowMs)]
      : [];
  });
  if (changed.length + goneIDs.length + renamed.length === 0) return { kind: "unchanged" };
  const gone = { observedAtS: secondsOf(nowMs), sessionIDs: goneIDs };
  await ledger.record({ places: [place], sessions: renamed, gone }, place.id);

  let [rows, read, next] = [0, 0, 0];
  let failure: FillOutcome | undefined;
  const work = async (): Promise<void> => {
    for (;;) {
      const session = changed[next++];
      if (session === undefined || failure !== undefined || isAborted(signal)) return;
      const messages = await readMessages(reader, session.id, signal);
      if (isAborted(signal)) return;
      if (!messages.ok) {
        // A session deleted meanwhile is left to the next fill.
        if (messages.error.reason !== "notFound") failure ??= unavailable(messages.error);
        continue;
      }
      const readMs = now();
      const found = rowsOf(messages.value, session.id, readMs);
      const others = {
        sessionID: session.id,
        kept: found.map(({ messageID }) => messageID),
        since,
      };
      await ledger.record(
        {
          sessions: [
            {
              ...ledgerSessionOf(session, place.id, readMs),
              stamp: stampOfSession(session),
            },
            ...startedByCommand(messages.value, sessions, place.id, readMs),
          ],
          rows: found,
          ...(options.keepsReverted ? {} : { gone: { observedAtS: secondsOf(readMs), others } }),
        },
        place.id,
      );
      read++;
      rows += found.length;
      onProgress?.({ sessions: read, allSessions: changed.length, rows });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work));
  if (isAborted(signal)) return { kind: "cancelled" };
  return failure ?? { kind: "filled", sessions: read, rows };
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function unavailable(error: ServerError): FillOutcome {
  const reason: FillFailure = error.reason === "unsupported" ? "unknownSchema" : "unreadable";
  return { kind: "unavailable", reason, message: error.message, logged: loggable(error) };
}

async function readMessages(
  reader: HistoryReader,
  sessionID: string,
  signal: AbortSignal | undefined,
): Promise<Result<readonly Message[]>> {
  return await allMessages(async (before) => {
    const query = pageQuery(PAGE_SIZE, before);
    let page = await reader.listMessages(sessionID, query, signal);
    for (let attempt = 1; attempt < ATTEMPTS && !page.ok && !isAborted(signal); attempt++) {
      page = await reader.listMessages(sessionID, query, signal);
    }
    return page;
  });
}

/** Changes whenever the session's messages or figures do, as far as the server reports them. */
function stampOfSession({ updatedMs, totals }: Session): string {
  const { input, output, reasoning, cache } = totals?.tokens ?? {};
  const { read, write } = cache ?? {};
  return `api:${[updatedMs, totals?.costUSD, input, output, reasoning, read, write].join(":")}`;
}

/** A session's ledger entry, not yet marked as read. */
export function ledgerSessionOf(session: Session, placeID: string, nowMs: number): LedgerSession {
  return {
    id: session.id,
    placeID,
    parentID: session.parentID,
    projectID: session.projectID,
    directory: session.directory,
    title: session.title,
    command: undefined,
    createdMs: session.createdMs,
    forkOfID: session.forkOfID,
    isGone: false,
    stamp: undefined,
    observedAtS: secondsOf(nowMs),
  };
}

function rowsOf(messages: readonly Message[], sessionID: string, nowMs: number): LedgerRow[] {
  const recordedAtS = secondsOf(nowMs);
  const ordered = [...messages].sort((a, b) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1));
  return ordered.flatMap((message, at) => {
    if (message.role !== "assistant") return [];
    const { tokens, costUSD, areBad } = checkFigures({
      input: message.tokens?.input,
      output: message.tokens?.output,
      reasoning: message.tokens?.reasoning,
      read: message.tokens?.cache.read,
      write: message.tokens?.cache.write,
      costUSD: message.costUSD,
    });
    return [
      {
        messageID: message.id,
        sessionID,
        createdMs: message.createdMs > 0 ? message.createdMs : 0,
        providerID: message.model?.providerID ?? "",
        modelID: message.model?.modelID ?? "",
        agent: message.agent ?? "",
        tokens,
        costUSD,
        rank: message.completedMs === undefined ? RANK_BEGUN : RANK_RECORDED,
        isSummary: message.isSummary,
        endsTurn: endsTurn(ordered, at),
        isGone: false,
        hasBadFigures: areBad,
        recordedAtS,
        observedAtS: recordedAtS,
      },
    ];
  });
}

/** Whether a finished answer is followed by a new prompt, or by nothing at all. */
function endsTurn(messages: readonly Message[], at: number): boolean {
  const message = messages[at];
  if (message?.completedMs === undefined || message.isSummary) return false;
  const next = messages.slice(at + 1).find((other) => isPrompt(other) || isAnswer(other));
  return next?.role !== "assistant";
}

function isAnswer({ role, isSummary }: Message): boolean {
  return role === "assistant" && !isSummary;
}

/** The sessions that slash commands in these messages started, with the commands. */
function startedByCommand(
  messages: readonly Message[],
  sessions: ReadonlyMap<string, Session>,
  placeID: string,
  nowMs: number,
): LedgerSession[] {
  return messages.flatMap(({ parts }) =>
    parts.flatMap((part) => {
      if (part.kind !== "tool" || part.childSessionID === undefined) return [];
      const session = sessions.get(part.childSessionID);
      const { input } = part;
      const command =
        typeof input === "object" && input !== null && "command" in input ? input.command : "";
      return session === undefined || typeof command !== "string" || command === ""
        ? []
        : [{ ...ledgerSessionOf(session, placeID, nowMs), command }];
    }),
  );
}
