import type { Tokens } from "../../../src/core/usage/usage.ts";
import { someTokens } from "../seed/builders.ts";

/** The part of `node:sqlite` that tests write with; available in Node 24. */
interface WritableDatabase {
  exec(sql: string): void;
  prepare(sql: string): { run(...values: unknown[]): unknown };
  close(): void;
}

/** An answer to write to a database. */
export interface StoredAnswer {
  readonly id: string;
  readonly sessionID: string;
  readonly createdMs: number;
  readonly costUSD?: number;
  readonly tokens?: Tokens;
  /** Merged over the message's JSON; undefined removes a key. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** OpenCode's tables, minimal and handwritten, for one generation or both. */
export class OpenCodeTables {
  readonly path: string;
  private readonly database: WritableDatabase;
  private changes = 0;

  constructor(path: string, generations: readonly (1 | 2)[] = [1]) {
    this.path = path;
    const sqlite = process.getBuiltinModule("node:sqlite");
    const { DatabaseSync } = sqlite as { DatabaseSync: new (path: string) => WritableDatabase };
    this.database = new DatabaseSync(path);
    this.database.exec("PRAGMA journal_mode = WAL");
    const figures =
      "cost REAL DEFAULT 0, tokens_input INTEGER DEFAULT 0, tokens_output INTEGER DEFAULT 0, tokens_reasoning INTEGER DEFAULT 0, tokens_cache_read INTEGER DEFAULT 0, tokens_cache_write INTEGER DEFAULT 0";
    if (generations.includes(1)) {
      this.database.exec(`
        CREATE TABLE session (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, parent_id TEXT, directory TEXT NOT NULL,
          title TEXT NOT NULL, ${figures}, time_created INTEGER NOT NULL, time_updated INTEGER NOT NULL, time_archived INTEGER);
        CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, time_created INTEGER NOT NULL,
          time_updated INTEGER NOT NULL, data TEXT NOT NULL);
        CREATE INDEX message_by_session ON message (session_id, time_created, id);
        CREATE TABLE part (id TEXT PRIMARY KEY, message_id TEXT NOT NULL, session_id TEXT NOT NULL, data TEXT NOT NULL);
        CREATE INDEX part_by_message ON part (message_id, id)`);
    }
    if (generations.includes(2)) {
      this.database.exec(`
        CREATE TABLE session_v2 (id TEXT PRIMARY KEY, project_id TEXT, parent_id TEXT, fork_session_id TEXT, directory TEXT,
          title TEXT, ${figures}, time_created INTEGER NOT NULL, time_updated INTEGER NOT NULL);
        CREATE TABLE session_message (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, type TEXT NOT NULL, seq INTEGER NOT NULL,
          time_created INTEGER NOT NULL, time_updated INTEGER NOT NULL, data TEXT NOT NULL)`);
    }
  }

  /** Writes a session row; a second-generation one if `fork` or `totals` are given. */
  session(
    id: string,
    options: {
      readonly parentID?: string;
      readonly title?: string;
      readonly createdMs: number;
      readonly generation?: 1 | 2;
      readonly forkOfID?: string;
      readonly totals?: { readonly costUSD: number; readonly tokens: Tokens };
    },
  ): void {
    const { parentID = null, title = id, createdMs, forkOfID = null, totals } = options;
    const tokens = totals?.tokens ?? someTokens({});
    const table = options.generation === 2 ? "session_v2" : "session";
    const columns = [
      ["id", id],
      ["project_id", "project-app"],
      ["parent_id", parentID],
      ["directory", "/code/app"],
      ["title", title],
      ["cost", totals?.costUSD ?? 0],
      ["tokens_input", tokens.input],
      ["tokens_output", tokens.output],
      ["tokens_reasoning", tokens.reasoning],
      ["tokens_cache_read", tokens.cache.read],
      ["tokens_cache_write", tokens.cache.write],
      ["time_created", createdMs],
      ["time_updated", createdMs + ++this.changes],
      ...(table === "session_v2" ? [["fork_session_id", forkOfID]] : []),
    ];
    this.database
      .prepare(
        `INSERT OR REPLACE INTO ${table} (${columns.map(([name]) => name).join(", ")})
         VALUES (${columns.map(() => "?").join(", ")})`,
      )
      .run(...columns.map(([, value]) => value));
  }

  /** Writes a first-generation answer like OpenCode 1.18, and marks its session as changed. */
  answer({ id, sessionID, createdMs, costUSD = 0.01, tokens, data }: StoredAnswer): void {
    const { input, output, reasoning, cache } = tokens ?? someTokens({ input: 100, output: 10 });
    const total = input + output + reasoning + cache.read + cache.write;
    const message = {
      parentID: "msg_parent",
      role: "assistant",
      mode: "build",
      agent: "build",
      path: { cwd: '/code/"app"', root: "/code" },
      cost: costUSD,
      tokens: { total, input, output, reasoning, cache: { write: cache.write, read: cache.read } },
      modelID: "sonnet",
      providerID: "acme",
      time: { created: createdMs, completed: createdMs + 500 },
      finish: "stop",
      ...data,
    };
    this.message(id, sessionID, createdMs, JSON.stringify(message));
  }

  /** Writes a first-generation message with raw data. */
  message(id: string, sessionID: string, createdMs: number, data: string): void {
    this.database
      .prepare("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?)")
      .run(id, sessionID, createdMs, createdMs, data);
    this.touch(sessionID);
  }

  /** Writes a second-generation message. */
  message2(id: string, sessionID: string, type: string, createdMs: number, data: unknown): void {
    this.database
      .prepare("INSERT OR REPLACE INTO session_message VALUES (?, ?, ?, ?, ?, ?, ?)")
      .run(id, sessionID, type, ++this.changes, createdMs, createdMs, JSON.stringify(data));
    this.database
      .prepare("UPDATE session_v2 SET time_updated = time_updated + 1 WHERE id = ?")
      .run(sessionID);
  }

  part(messageID: string, sessionID: string, data: unknown): void {
    this.database
      .prepare("INSERT INTO part VALUES (?, ?, ?, ?)")
      .run(`prt_${++this.changes}`, messageID, sessionID, JSON.stringify(data));
  }

  removeMessage(id: string, sessionID: string): void {
    this.database.prepare("DELETE FROM message WHERE id = ?").run(id);
    this.touch(sessionID);
  }

  removeSession(id: string): void {
    this.database.prepare("DELETE FROM message WHERE session_id = ?").run(id);
    this.database.prepare("DELETE FROM session WHERE id = ?").run(id);
  }

  exec(sql: string): void {
    this.database.exec(sql);
  }

  close(): void {
    this.database.close();
  }

  private touch(sessionID: string): void {
    this.database
      .prepare("UPDATE session SET time_updated = time_updated + 1 WHERE id = ?")
      .run(sessionID);
  }
}
