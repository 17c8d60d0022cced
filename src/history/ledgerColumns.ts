import type { LedgerModel, LedgerPlace, LedgerSession, LedgerTable } from "../core/ledger/table.ts";
import type { SqlValue } from "./sqlite.ts";

/**
 * The ledger's table in memory, as read from `ledger.sqlite`: rows, sessions and names are added or updated,
 * never removed. They are numbered here in the order they arrived.
 */
export class LedgerColumns implements LedgerTable {
  length = 0;
  revision = 0;
  createdMs = new Float64Array(INITIAL_ROWS);
  costUSD = new Float64Array(INITIAL_ROWS);
  session = new Uint32Array(INITIAL_ROWS);
  model = new Uint32Array(INITIAL_ROWS);
  agent = new Uint32Array(INITIAL_ROWS);
  input = new Uint32Array(INITIAL_ROWS);
  output = new Uint32Array(INITIAL_ROWS);
  reasoning = new Uint32Array(INITIAL_ROWS);
  cacheRead = new Uint32Array(INITIAL_ROWS);
  cacheWrite = new Uint32Array(INITIAL_ROWS);
  flags = new Uint8Array(INITIAL_ROWS);
  readonly sessions: LedgerSession[] = [];
  readonly models: LedgerModel[] = [];
  readonly agents: string[] = [];
  readonly places: LedgerPlace[] = [];
  /** Indices by the database's own numbers. */
  readonly #rows: number[] = [];
  readonly #sessions: number[] = [];
  readonly #places: number[] = [];
  readonly #sessionsByID = new Map<string, number[]>();
  readonly #readMessageIDs: () => Iterable<readonly SqlValue[]>;
  #messageIDs: string[] = [];
  #messageIDsRevision = -1;

  /** `readMessageIDs` returns the numbers of all answers with their ids, which are rarely needed. */
  constructor(readMessageIDs: () => Iterable<readonly SqlValue[]>) {
    this.#readMessageIDs = readMessageIDs;
  }

  messageID(row: number): string {
    if (this.#messageIDsRevision !== this.revision) {
      for (const [answer, messageID] of this.#readMessageIDs()) {
        const at = this.#rows[Number(answer)];
        if (at !== undefined) this.#messageIDs[at] = String(messageID);
      }
      this.#messageIDsRevision = this.revision;
    }
    return this.#messageIDs[row] ?? "";
  }

  sessionIndex(sessionID: string, placeID?: string): number | undefined {
    const indices = this.#sessionsByID.get(sessionID);
    return placeID === undefined
      ? indices?.[0]
      : indices?.find((index) => this.sessions[index]?.placeID === placeID);
  }

  putPlace([place, id, name]: readonly SqlValue[]): void {
    const at = (this.#places[Number(place)] ??= this.places.length);
    this.places[at] = { id: String(id), name: String(name) };
    this.revision++;
  }

  putModel([, providerID, modelID]: readonly SqlValue[]): void {
    this.models.push({ providerID: String(providerID), modelID: String(modelID) });
  }

  putAgent([, name]: readonly SqlValue[]): void {
    this.agents.push(String(name));
  }

  putSession(columns: readonly SqlValue[]): void {
    const [session, place, id, parentID, projectID, directory, title, command] = columns;
    const [createdMs, forkOfID, isGone, stamp, observedAtS] = columns.slice(8);
    const known = this.#sessions[Number(session)];
    const at = known ?? this.sessions.length;
    const sessionID = String(id);
    this.#sessions[Number(session)] = at;
    this.sessions[at] = {
      id: sessionID,
      placeID: this.places[this.#places[Number(place)] ?? -1]?.id ?? "",
      parentID: textOr(parentID),
      projectID: String(projectID),
      directory: String(directory),
      title: String(title),
      command: textOr(command),
      createdMs: Number(createdMs),
      forkOfID: textOr(forkOfID),
      isGone: isGone === 1,
      stamp: textOr(stamp),
      observedAtS: Number(observedAtS),
    };
    this.revision++;
    if (known !== undefined) return;
    const twins = this.#sessionsByID.get(sessionID);
    if (twins === undefined) this.#sessionsByID.set(sessionID, [at]);
    else twins.push(at);
  }

  putAnswer(columns: readonly SqlValue[]): void {
    const answer = Number(columns[0]);
    let row = this.#rows[answer];
    if (row === undefined) {
      row = this.length++;
      this.#rows[answer] = row;
      if (row === this.createdMs.length) this.#grow();
    }
    this.session[row] = this.#sessions[Number(columns[1])] ?? 0;
    this.createdMs[row] = Number(columns[2]);
    // Numbers of models and agents start at 1, without gaps.
    this.model[row] = Number(columns[3]) - 1;
    this.agent[row] = Number(columns[4]) - 1;
    this.input[row] = Number(columns[5]);
    this.output[row] = Number(columns[6]);
    this.reasoning[row] = Number(columns[7]);
    this.cacheRead[row] = Number(columns[8]);
    this.cacheWrite[row] = Number(columns[9]);
    this.costUSD[row] = Number(columns[10]);
    this.flags[row] = Number(columns[11]);
    this.revision++;
  }

  #grow(): void {
    const rows = this.createdMs.length * 2;
    this.createdMs = longer(this.createdMs, new Float64Array(rows));
    this.costUSD = longer(this.costUSD, new Float64Array(rows));
    this.session = longer(this.session, new Uint32Array(rows));
    this.model = longer(this.model, new Uint32Array(rows));
    this.agent = longer(this.agent, new Uint32Array(rows));
    this.input = longer(this.input, new Uint32Array(rows));
    this.output = longer(this.output, new Uint32Array(rows));
    this.reasoning = longer(this.reasoning, new Uint32Array(rows));
    this.cacheRead = longer(this.cacheRead, new Uint32Array(rows));
    this.cacheWrite = longer(this.cacheWrite, new Uint32Array(rows));
    this.flags = longer(this.flags, new Uint8Array(rows));
  }
}

const INITIAL_ROWS = 256;

function textOr(value: SqlValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function longer<T extends Float64Array | Uint32Array | Uint8Array>(column: T, into: T): T {
  into.set(column);
  return into;
}
