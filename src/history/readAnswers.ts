import { ROW_GONE } from "../core/ledger/table.ts";
import type { FillControl } from "./fill.ts";
import type { FolderLock } from "./folderLock.ts";
import { emptyDraft, type LedgerColumns } from "./ledgerColumns.ts";
import { checkFigures, flagsOf, RANK_BEGUN, RANK_RECORDED } from "./ledgerRow.ts";
import { emptyFacts, readMessage, readMessageText } from "./messageFacts.ts";
import type { OpenCodeDatabase, StoredSession, StoredTotals } from "./openCodeDatabase.ts";

export interface ReadAnswersOptions {
  readonly source: OpenCodeDatabase;
  readonly stored: ReadonlyMap<string, StoredSession>;
  /** What the ledger knew before. */
  readonly known: LedgerColumns;
  /** The sessions to read; `fresh` has them already. */
  readonly changed: ReadonlyMap<string, StoredSession>;
  /** Where the rows go. */
  readonly fresh: LedgerColumns;
  readonly seenS: number;
  readonly lock: FolderLock;
  readonly control: FillControl;
}

/** A pass over the whole table is faster than asking for so large a share of its sessions one by one. */
const PASS_SHARE = 0.25;
/** Messages between two looks at whether the fill was cancelled. */
const MESSAGES_A_LOOK = 8192;

class Cancelled extends Error {}

/** Reads the answers of the changed sessions into columns; gives their number, undefined when cancelled. */
export function readAnswers(options: ReadAnswersOptions): number | undefined {
  const { source, stored, changed, fresh, seenS } = options;
  const indices = new Map<string, number>();
  for (const id of changed.keys()) {
    const index = fresh.sessionIndex(id);
    if (index !== undefined) indices.set(id, index);
  }
  const facts = emptyFacts();
  const draft = emptyDraft();
  draft.toldS = seenS;
  draft.seenS = seenS;
  // Ids are unique within a table, not across those of two generations.
  const areUnique = source.generations === 1;
  const started: { sessionID: string; command: string }[] = [];
  let messages = 0;
  let rows = 0;
  let sessions = 0;
  let providerID = "";
  let modelID = "";
  let lastSessionID = "";
  let lastIndex: number | undefined;

  const read = (messageID: string, sessionID: string, data: string, type: string): void => {
    if (++messages % MESSAGES_A_LOOK === 0) look(options, sessions, rows);
    if (sessionID !== lastSessionID) {
      lastSessionID = sessionID;
      lastIndex = indices.get(sessionID);
      if (lastIndex !== undefined) sessions++;
    }
    if (lastIndex === undefined) return;
    if (!readMessageText(data, facts)) {
      readMessage(undefined, facts);
      facts.costUSD = null;
    }
    // Messages of the second generation have no role: of them only answers were asked for.
    if (facts.role === "user") return;
    rows++;
    const { tokens, costUSD, areBad } = checkFigures(facts);
    const createdMs =
      typeof facts.createdMs === "number" && facts.createdMs > 0
        ? facts.createdMs
        : source.createdMsOf(messageID);
    draft.messageID = messageID;
    draft.session = lastIndex;
    draft.createdMs = createdMs;
    // Mostly the same as in the message before.
    if (facts.modelID !== modelID || facts.providerID !== providerID) {
      ({ modelID, providerID } = facts);
      draft.model = fresh.modelIndex(providerID, modelID);
    }
    draft.agent = fresh.agentIndex(facts.agent);
    draft.input = tokens.input;
    draft.output = tokens.output;
    draft.reasoning = tokens.reasoning;
    draft.cacheRead = tokens.cache.read;
    draft.cacheWrite = tokens.cache.write;
    draft.costUSD = costUSD;
    const isSummary = facts.isSummary || type === "compaction";
    const isFinished = facts.completedMs !== undefined;
    draft.flags = flagsOf({
      rank: isFinished ? RANK_RECORDED : RANK_BEGUN,
      isGone: false,
      isSummary,
      endsTurn: isFinished && !isSummary && !facts.isToolCall,
      hasBadFigures: areBad,
    });
    if (areUnique) fresh.append(draft);
    else fresh.put(draft);
    if (facts.isToolCall && costUSD === 0 && tokens.output === 0) {
      const command = source.commandStartedBy(messageID);
      if (command !== undefined) started.push(command);
    }
  };
  try {
    if (changed.size > stored.size * PASS_SHARE) source.readAllAnswers(read);
    else source.readAnswersOf(changed.keys(), read);
  } catch (error) {
    if (error instanceof Cancelled) return undefined;
    throw error;
  }
  for (const { sessionID, command } of started) {
    const index = fresh.sessionIndex(sessionID);
    const session = index === undefined ? undefined : fresh.sessions[index];
    if (session !== undefined) fresh.putSession({ ...session, command });
  }
  addRemainders(options);
  return rows;
}

/** Tells how far it is. @throws Cancelled when nobody wants the rest. */
function look(
  { lock, control, changed }: ReadAnswersOptions,
  sessions: number,
  rows: number,
): void {
  lock.touch();
  if (control.isCancelled()) throw new Cancelled();
  const allSessions = changed.size;
  control.onProgress({ sessions: Math.min(sessions, allSessions), allSessions, rows });
}

/**
 * What a session's totals hold beyond its messages becomes a row of its own, without model and agent: the
 * second generation bills titles there, and keeps what reverted answers cost. Answers that the ledger knows
 * and the database no longer has are among those, and have rows already. A fork's rest is left out, as it was
 * copied as well.
 */
function addRemainders({ changed, known, fresh, seenS }: ReadAnswersOptions): void {
  const withTotals = [...changed.values()].filter(
    ({ totals, forkOfID }) => totals !== undefined && forkOfID === undefined,
  );
  if (withTotals.length === 0) return;
  const rests = new Set(withTotals.map(({ id }) => restID(id)));
  const sums = new Map<string, StoredTotals>();
  addToSums(sums, fresh, () => true);
  addToSums(sums, known, (row) => {
    const isGone = ((known.flags[row] ?? 0) & ROW_GONE) !== 0;
    const messageID = known.messageID(row);
    return !isGone && !rests.has(messageID) && fresh.rowOf(messageID) < 0;
  });
  for (const { id, totals, createdMs } of withTotals) {
    const session = fresh.sessionIndex(id);
    if (session === undefined || totals === undefined) continue;
    const sum = sums.get(id);
    // The sums of doubles differ in their last digits.
    const rest = (all: number, part = 0): number => (all - part > 1e-9 ? all - part : 0);
    const draft = {
      ...emptyDraft(),
      messageID: restID(id),
      session,
      createdMs,
      input: rest(totals.input, sum?.input),
      output: rest(totals.output, sum?.output),
      reasoning: rest(totals.reasoning, sum?.reasoning),
      cacheRead: rest(totals.read, sum?.read),
      cacheWrite: rest(totals.write, sum?.write),
      costUSD: rest(totals.costUSD, sum?.costUSD),
      flags: flagsOf({
        rank: RANK_RECORDED,
        isGone: false,
        isSummary: false,
        endsTurn: false,
        hasBadFigures: false,
      }),
      toldS: seenS,
      seenS,
    };
    const { input, output, reasoning, cacheRead, cacheWrite, costUSD } = draft;
    const isNothing = input + output + reasoning + cacheRead + cacheWrite + costUSD === 0;
    if (!isNothing || known.rowOf(draft.messageID) >= 0) fresh.put(draft);
  }
}

function restID(sessionID: string): string {
  return `rest${sessionID.slice(3)}`;
}

function addToSums(
  sums: Map<string, StoredTotals>,
  columns: LedgerColumns,
  counts: (row: number) => boolean,
): void {
  for (let row = 0; row < columns.length; row++) {
    if (!counts(row)) continue;
    const id = columns.sessions[columns.session[row] ?? 0]?.id ?? "";
    const sum = sums.get(id);
    sums.set(id, {
      costUSD: (sum?.costUSD ?? 0) + (columns.costUSD[row] ?? 0),
      input: (sum?.input ?? 0) + (columns.input[row] ?? 0),
      output: (sum?.output ?? 0) + (columns.output[row] ?? 0),
      reasoning: (sum?.reasoning ?? 0) + (columns.reasoning[row] ?? 0),
      read: (sum?.read ?? 0) + (columns.cacheRead[row] ?? 0),
      write: (sum?.write ?? 0) + (columns.cacheWrite[row] ?? 0),
    });
  }
}
