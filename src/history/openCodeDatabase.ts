import type { Database, SqlValue, Statement } from "./sqlite.ts";
import { isRecord, recordOf, textOf } from "./messageFacts.ts";
import { stampOf } from "./stamp.ts";

/*
 * OpenCode's database as the ledger reads it. Both generations keep it in the same file, each in tables of its
 * own: `session` and `message` (observed on 1.18), `session_v2` and `session_message` (as published). The
 * second one takes over the messages of the first with their ids, and goes on with its own.
 */

/** A session as the database has it. */
export interface StoredSession {
  readonly id: string;
  readonly parentID: string | undefined;
  readonly projectID: string;
  readonly directory: string;
  readonly title: string;
  readonly createdMs: number;
  readonly forkOfID: string | undefined;
  /** Changes whenever a message comes, goes or gets other figures. */
  readonly stamp: string;
  /** The newest generation that has it. */
  readonly generation: 1 | 2;
  /** Own totals of the second generation, which hold more than the messages tell: titles, reverted answers. */
  readonly totals: StoredTotals | undefined;
}

export interface StoredTotals {
  readonly costUSD: number;
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly read: number;
  readonly write: number;
}

/** Takes one message that may be an answer of a model; `data` is its JSON, `type` its type where it has one. */
export type AnswerReader = (
  messageID: string,
  sessionID: string,
  data: string,
  type: string,
) => void;

/** Tables of one generation and the columns they have. */
interface Tables {
  readonly generation: 1 | 2;
  readonly session: string;
  readonly message: string;
  readonly columns: ReadonlySet<string>;
  /** Leaves out what is surely no answer, before it is handed over. */
  readonly answers: string;
  /** A further column to be read with them. */
  readonly type: string;
}

const FIGURES = [
  "cost",
  "tokens_input",
  "tokens_output",
  "tokens_reasoning",
  "tokens_cache_read",
  "tokens_cache_write",
] as const;

/** Reads one OpenCode database inside one read transaction. Errors are SQLite's own. */
export class OpenCodeDatabase {
  private readonly database: Database;
  private readonly tables: readonly Tables[];

  private constructor(database: Database, tables: readonly Tables[]) {
    this.database = database;
    this.tables = tables;
  }

  /**
   * Looks at the tables. Undefined when no generation known here wrote them. From here on everything is read
   * from one moment's state.
   */
  static over(database: Database): OpenCodeDatabase | undefined {
    database.exec("PRAGMA busy_timeout = 4000");
    database.exec("BEGIN");
    const tables = [
      tablesOf(database, 1, "session", "message", `data NOT LIKE '{"role":"user"%'`),
      tablesOf(database, 2, "session_v2", "session_message", "type IN ('assistant', 'compaction')"),
    ].filter((known) => known !== undefined);
    return tables.length === 0 ? undefined : new OpenCodeDatabase(database, tables);
  }

  /** How many generations wrote into it. */
  get generations(): number {
    return this.tables.length;
  }

  /** All sessions; one that both generations have, once. */
  sessions(): Map<string, StoredSession> {
    const sessions = new Map<string, StoredSession>();
    for (const tables of this.tables) {
      for (const row of this.sessionRows(tables)) {
        const session = sessionOf(row, tables);
        const before = sessions.get(session.id);
        sessions.set(
          session.id,
          before === undefined
            ? session
            : { ...before, ...session, stamp: `${before.stamp} ${session.stamp}` },
        );
      }
    }
    return sessions;
  }

  /** Hands over all answers, in one pass. */
  readAllAnswers(read: AnswerReader): void {
    for (const { message, answers, type } of this.tables) {
      const rows = this.database
        .prepare(`SELECT id, session_id, data${type} FROM ${message} WHERE ${answers}`)
        .rows();
      for (const [id, sessionID, data, messageType] of rows) {
        if (typeof id === "string" && typeof sessionID === "string" && typeof data === "string") {
          read(id, sessionID, data, textOf(messageType));
        }
      }
    }
  }

  /** Hands over the answers of one session after the other. */
  readAnswersOf(sessionIDs: Iterable<string>, read: AnswerReader): void {
    const statements = this.tables.map(({ message, answers, type }) =>
      this.database.prepare(
        `SELECT id, data${type} FROM ${message} WHERE session_id = ? AND ${answers}`,
      ),
    );
    for (const sessionID of sessionIDs) {
      for (const statement of statements) {
        for (const [id, data, messageType] of statement.rows(sessionID)) {
          if (typeof id === "string" && typeof data === "string") {
            read(id, sessionID, data, textOf(messageType));
          }
        }
      }
    }
  }

  /** When a message was written, for one that does not tell itself; 0 when unknown. */
  createdMsOf(messageID: string): number {
    for (const { message } of this.tables) {
      const statement = this.database.prepare(`SELECT time_created FROM ${message} WHERE id = ?`);
      for (const [createdMs] of statement.rows(messageID)) return numberOf(createdMs);
    }
    return 0;
  }

  /**
   * The child session that the message of a slash command started, and that command (observed on 1.18: the
   * message itself has neither text nor tokens, only the call of the task tool).
   */
  commandStartedBy(messageID: string): { sessionID: string; command: string } | undefined {
    if (!this.tables.some(({ generation }) => generation === 1)) return undefined;
    this.parts ??= this.database.prepare("SELECT data FROM part WHERE message_id = ?");
    for (const [data] of this.parts.rows(messageID)) {
      if (typeof data !== "string" || !data.includes('"command"')) continue;
      const started = commandOf(parseJSON(data));
      if (started !== undefined) return started;
    }
    return undefined;
  }
  private parts: Statement | undefined;

  close(): void {
    this.database.close();
  }

  private sessionRows({ session, message, columns }: Tables): Iterable<readonly SqlValue[]> {
    const column = (name: string): string => (columns.has(name) ? `s.${name}` : "NULL");
    const figures = FIGURES.map(column);
    // Without the cost: it follows from these, and is slow to write out.
    const counts = figures.slice(1);
    return this.database
      .prepare(
        `SELECT s.id, ${column("parent_id")}, ${column("project_id")}, ${column("directory")},
           ${column("title")}, s.time_created, ${column("fork_session_id")},
           coalesce(m.messages, 0) || ':' || coalesce(${column("time_updated")}, '') || ':' ||
           ${counts.map((name) => `coalesce(${name}, '')`).join(" || ':' || ")},
           ${figures.join(", ")}
         FROM ${session} s
         LEFT JOIN (SELECT session_id, count(*) AS messages FROM ${message} GROUP BY session_id) m
           ON m.session_id = s.id`,
      )
      .rows();
  }
}

function tablesOf(
  database: Database,
  generation: 1 | 2,
  session: string,
  message: string,
  answers: string,
): Tables | undefined {
  const columns = columnsOf(database, session);
  const messageColumns = columnsOf(database, message);
  const isKnown =
    ["id", "time_created"].every((name) => columns.has(name)) &&
    ["id", "session_id", "data", "time_created"].every((name) => messageColumns.has(name)) &&
    (generation === 1 || messageColumns.has("type"));
  if (!isKnown) return undefined;
  return { generation, session, message, columns, answers, type: generation === 1 ? "" : ", type" };
}

function columnsOf(database: Database, table: string): Set<string> {
  const rows = database.prepare("SELECT name FROM pragma_table_info(?)").rows(table);
  return new Set([...rows].map(([name]) => String(name)));
}

function sessionOf(row: readonly SqlValue[], { generation }: Tables): StoredSession {
  const [id, parentID, projectID, directory, title, createdMs, forkOfID, stamp, ...figures] = row;
  const [costUSD, input, output, reasoning, read, write] = figures.map(numberOf);
  return {
    id: textOf(id),
    parentID: textOf(parentID) || undefined,
    projectID: textOf(projectID),
    directory: textOf(directory),
    title: textOf(title),
    createdMs: numberOf(createdMs),
    forkOfID: textOf(forkOfID) || undefined,
    stamp: `d${generation}${stampOf(textOf(stamp))}`,
    generation,
    totals:
      generation === 1
        ? undefined
        : {
            costUSD: costUSD ?? 0,
            input: input ?? 0,
            output: output ?? 0,
            reasoning: reasoning ?? 0,
            read: read ?? 0,
            write: write ?? 0,
          },
  };
}

function numberOf(value: SqlValue | undefined): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

function commandOf(part: unknown): { sessionID: string; command: string } | undefined {
  const { type, state } = recordOf(part);
  if (type !== "tool" || !isRecord(state)) return undefined;
  const command = textOf(recordOf(state["input"])["command"]);
  const sessionID = textOf(recordOf(state["metadata"])["sessionId"]);
  return command === "" || sessionID === "" ? undefined : { sessionID, command };
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
