import {
  type LedgerModel,
  type LedgerPlace,
  type LedgerSession,
  type LedgerTable,
  ROW_GONE,
} from "../core/ledger/table.ts";
import { RANK_SHIFT } from "./ledgerRow.ts";
import { mergeSessions } from "./mergeSessions.ts";
import { KEY_BYTES, KEY_WORDS, KeyIndex, readKey, writeKey } from "./messageKeys.ts";

/** Models or agents a 16-bit column can tell apart. */
const MOST_NAMES = 0x1_0000;
/** A row as it is written into columns; one object is used for many rows. */
export interface RowDraft {
  messageID: string;
  session: number;
  model: number;
  agent: number;
  createdMs: number;
  input: number;
  output: number;
  reasoning: number;
  cacheRead: number;
  cacheWrite: number;
  costUSD: number;
  flags: number;
  toldS: number;
  seenS: number;
}

/**
 * The ledger's table while it is being built: rows, sessions and names are added or brought up to date, never
 * taken away. Rows are told apart by their message's id alone, wherever they come from.
 */
export class LedgerColumns implements LedgerTable {
  length = 0;
  revision = 0;
  createdMs: Float64Array;
  costUSD: Float64Array;
  session: Uint32Array;
  input: Uint32Array;
  output: Uint32Array;
  reasoning: Uint32Array;
  cacheRead: Uint32Array;
  cacheWrite: Uint32Array;
  /** When the figures were learnt, seconds since the epoch, our clock. */
  toldS: Uint32Array;
  /** When it was learnt whether the server has the message. */
  seenS: Uint32Array;
  keys: Uint8Array;
  keyWords: Int32Array;
  model: Uint16Array;
  agent: Uint16Array;
  flags: Uint8Array;
  readonly sessions: LedgerSession[] = [];
  readonly models: LedgerModel[] = [];
  readonly agents: string[] = [];
  readonly places: LedgerPlace[] = [];
  private readonly sessionIndices = new Map<string, number>();
  private readonly modelIndices = new Map<string, number>();
  private readonly agentIndices = new Map<string, number>();
  private index: KeyIndex | undefined;
  private readonly wanted = new Uint8Array(KEY_BYTES);
  private readonly wantedWords = new Int32Array(this.wanted.buffer);

  constructor(capacity = 256) {
    this.createdMs = new Float64Array(capacity);
    this.costUSD = new Float64Array(capacity);
    this.session = new Uint32Array(capacity);
    this.input = new Uint32Array(capacity);
    this.output = new Uint32Array(capacity);
    this.reasoning = new Uint32Array(capacity);
    this.cacheRead = new Uint32Array(capacity);
    this.cacheWrite = new Uint32Array(capacity);
    this.toldS = new Uint32Array(capacity);
    this.seenS = new Uint32Array(capacity);
    this.keys = new Uint8Array(capacity * KEY_BYTES);
    this.keyWords = new Int32Array(this.keys.buffer);
    this.model = new Uint16Array(capacity);
    this.agent = new Uint16Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.modelIndex("", "");
    this.agentIndex("");
  }

  messageID(row: number): string {
    return readKey(this.keys, row * KEY_BYTES);
  }

  sessionIndex(sessionID: string): number | undefined {
    return this.sessionIndices.get(sessionID);
  }

  /** Row of a message; -1 when it is not in. */
  rowOf(messageID: string): number {
    writeKey(messageID, this.wanted, 0);
    return this.keyIndex().find(this.wantedWords, 0);
  }

  /** The figures' rank of a row. */
  rankOf(row: number): number {
    return (this.flags[row] ?? 0) >> RANK_SHIFT;
  }

  /** Index of a model; 0 is the model that was not told, and what no further index is left for. */
  modelIndex(providerID: string, modelID: string): number {
    const key = `${providerID}\n${modelID}`;
    const known = this.modelIndices.get(key);
    if (known !== undefined) return known;
    if (this.models.length >= MOST_NAMES) return 0;
    this.modelIndices.set(key, this.models.length);
    return this.models.push({ providerID, modelID }) - 1;
  }

  /** Index of an agent's name; 0 is "not told". */
  agentIndex(name: string): number {
    const known = this.agentIndices.get(name);
    if (known !== undefined) return known;
    if (this.agents.length >= MOST_NAMES) return 0;
    this.agentIndices.set(name, this.agents.length);
    return this.agents.push(name) - 1;
  }

  putPlace(place: LedgerPlace): void {
    const at = this.places.findIndex((known) => known.id === place.id);
    if (at < 0) this.places.push(place);
    else this.places[at] = place;
    this.revision++;
  }

  /** Adds a session, or brings it up to date; gives its index. */
  putSession(session: LedgerSession): number {
    this.revision++;
    const known = this.sessionIndices.get(session.id);
    if (known === undefined) {
      this.sessionIndices.set(session.id, this.sessions.length);
      return this.sessions.push(session) - 1;
    }
    const before = this.sessions[known];
    this.sessions[known] = before === undefined ? session : mergeSessions(before, session);
    return known;
  }

  /** Index of a session that a row names; one that is not known yet gets an entry with its id alone. */
  sessionNamed(sessionID: string, placeID: string): number {
    return (
      this.sessionIndices.get(sessionID) ??
      this.putSession({
        id: sessionID,
        placeID,
        parentID: undefined,
        projectID: "",
        directory: "",
        title: "",
        command: undefined,
        createdMs: 0,
        forkOfID: undefined,
        isGone: false,
        stamp: undefined,
        seenS: 0,
      })
    );
  }

  /** Makes room for so many rows in all. */
  reserve(rows: number): void {
    if (rows <= this.createdMs.length) return;
    const capacity = Math.max(rows, Math.ceil(this.createdMs.length * 1.5));
    this.createdMs = longer(this.createdMs, new Float64Array(capacity));
    this.costUSD = longer(this.costUSD, new Float64Array(capacity));
    this.session = longer(this.session, new Uint32Array(capacity));
    this.input = longer(this.input, new Uint32Array(capacity));
    this.output = longer(this.output, new Uint32Array(capacity));
    this.reasoning = longer(this.reasoning, new Uint32Array(capacity));
    this.cacheRead = longer(this.cacheRead, new Uint32Array(capacity));
    this.cacheWrite = longer(this.cacheWrite, new Uint32Array(capacity));
    this.toldS = longer(this.toldS, new Uint32Array(capacity));
    this.seenS = longer(this.seenS, new Uint32Array(capacity));
    const keys = new Uint8Array(capacity * KEY_BYTES);
    keys.set(this.keys);
    this.keys = keys;
    this.keyWords = new Int32Array(keys.buffer);
    this.index?.moved(this.keyWords);
    this.model = longer(this.model, new Uint16Array(capacity));
    this.agent = longer(this.agent, new Uint16Array(capacity));
    this.flags = longer(this.flags, new Uint8Array(capacity));
  }

  /** Adds a row that is known not to be in yet; gives its number. */
  append(draft: Readonly<RowDraft>): number {
    const row = this.length;
    this.reserve(row + 1);
    writeKey(draft.messageID, this.keys, row * KEY_BYTES);
    this.writeFigures(row, draft);
    this.session[row] = draft.session;
    this.flags[row] = draft.flags;
    this.seenS[row] = draft.seenS;
    this.length++;
    this.revision++;
    this.index?.add(row);
    return row;
  }

  /** Adds a row or merges it into the one that is in; gives its number. See `mergeRow`. */
  put(draft: Readonly<RowDraft>): number {
    const row = this.rowOf(draft.messageID);
    if (row < 0) return this.append(draft);
    this.mergeRow(row, draft);
    return row;
  }

  /** Adds everything of other columns, row by row, so that the order of merging does not matter. */
  merge(other: LedgerColumns): void {
    for (const place of other.places) this.putPlace(place);
    const sessions = other.sessions.map((session) => this.putSession(session));
    const models = other.models.map((model) => this.modelIndex(model.providerID, model.modelID));
    const agents = other.agents.map((agent) => this.agentIndex(agent));
    const draft = emptyDraft();
    const index = this.keyIndex();
    for (let row = 0; row < other.length; row++) {
      other.readRow(row, draft);
      draft.session = sessions[draft.session] ?? 0;
      draft.model = models[draft.model] ?? 0;
      draft.agent = agents[draft.agent] ?? 0;
      const known = index.find(other.keyWords, row * KEY_WORDS);
      if (known >= 0) this.mergeRow(known, draft);
      else {
        draft.messageID = other.messageID(row);
        this.append(draft);
      }
    }
  }

  /** Reads a row's figures into a draft; its message id is left as it was. */
  readRow(row: number, draft: RowDraft): void {
    draft.session = this.session[row] ?? 0;
    draft.model = this.model[row] ?? 0;
    draft.agent = this.agent[row] ?? 0;
    draft.createdMs = this.createdMs[row] ?? 0;
    draft.input = this.input[row] ?? 0;
    draft.output = this.output[row] ?? 0;
    draft.reasoning = this.reasoning[row] ?? 0;
    draft.cacheRead = this.cacheRead[row] ?? 0;
    draft.cacheWrite = this.cacheWrite[row] ?? 0;
    draft.costUSD = this.costUSD[row] ?? 0;
    draft.flags = this.flags[row] ?? 0;
    draft.toldS = this.toldS[row] ?? 0;
    draft.seenS = this.seenS[row] ?? 0;
  }

  /** Says of a row whether the server still has its message. */
  setGone(row: number, isGone: boolean, seenS: number): void {
    const flags = this.flags[row] ?? 0;
    this.flags[row] = isGone ? flags | ROW_GONE : flags & ~ROW_GONE;
    this.seenS[row] = Math.max(this.seenS[row] ?? 0, seenS);
    this.revision++;
  }

  /**
   * Two tellings of one message: the figures are those of the better rank, then of the later one, then the
   * larger ones; whether it is gone is what the later one says, and within one second that it is.
   */
  private mergeRow(row: number, draft: Readonly<RowDraft>): void {
    const flags = this.flags[row] ?? 0;
    const toldS = this.toldS[row] ?? 0;
    const seenS = this.seenS[row] ?? 0;
    const rank = flags >> RANK_SHIFT;
    const newRank = draft.flags >> RANK_SHIFT;
    const isBetter =
      newRank !== rank
        ? newRank > rank
        : draft.toldS !== toldS
          ? draft.toldS > toldS
          : draft.costUSD > (this.costUSD[row] ?? 0) || sizeOf(draft) > this.sizeOf(row);
    const gone =
      draft.seenS === seenS
        ? (flags | draft.flags) & ROW_GONE
        : (draft.seenS > seenS ? draft.flags : flags) & ROW_GONE;
    if (isBetter) {
      this.writeFigures(row, draft);
      this.session[row] = draft.session;
    }
    this.flags[row] = ((isBetter ? draft.flags : flags) & ~ROW_GONE) | gone;
    this.seenS[row] = Math.max(seenS, draft.seenS);
    this.revision++;
  }

  private writeFigures(row: number, draft: Readonly<RowDraft>): void {
    this.model[row] = draft.model;
    this.agent[row] = draft.agent;
    this.createdMs[row] = draft.createdMs;
    this.input[row] = draft.input;
    this.output[row] = draft.output;
    this.reasoning[row] = draft.reasoning;
    this.cacheRead[row] = draft.cacheRead;
    this.cacheWrite[row] = draft.cacheWrite;
    this.costUSD[row] = draft.costUSD;
    this.toldS[row] = draft.toldS;
  }

  private sizeOf(row: number): number {
    return (
      (this.input[row] ?? 0) +
      (this.output[row] ?? 0) +
      (this.reasoning[row] ?? 0) +
      (this.cacheRead[row] ?? 0) +
      (this.cacheWrite[row] ?? 0)
    );
  }

  /** Made when first needed: a ledger that is only read does without. */
  private keyIndex(): KeyIndex {
    this.index ??= new KeyIndex(this.keyWords, this.length);
    return this.index;
  }
}

function sizeOf(draft: Readonly<RowDraft>): number {
  return draft.input + draft.output + draft.reasoning + draft.cacheRead + draft.cacheWrite;
}

export function emptyDraft(): RowDraft {
  return {
    messageID: "",
    session: 0,
    model: 0,
    agent: 0,
    createdMs: 0,
    input: 0,
    output: 0,
    reasoning: 0,
    cacheRead: 0,
    cacheWrite: 0,
    costUSD: 0,
    flags: 0,
    toldS: 0,
    seenS: 0,
  };
}

function longer<T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(
  column: T,
  into: T,
): T {
  into.set(column);
  return into;
}
