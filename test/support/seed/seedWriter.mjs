/**
 * Writes seeded rows to OpenCode's database. seed.ts starts it under Node 24, for `node:sqlite` and because
 * that runs TypeScript directly. Takes options as JSON in the first argument and prints the summary as JSON.
 */
import { DatabaseSync } from "node:sqlite";
import { seedRows } from "./seedRows.ts";

const { databasePath, ...options } = JSON.parse(process.argv[2] ?? "{}");
const database = new DatabaseSync(databasePath);
database.exec("PRAGMA busy_timeout = 10000; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000");

const projects = database
  .prepare("SELECT id, worktree AS directory FROM project WHERE worktree <> '/' ORDER BY worktree")
  .all()
  .map(({ id, directory }) => ({ id, directory }));
if (projects.length === 0) throw new Error("the database has no project yet");

/** @type {Map<string, { columns: string[], insert: import("node:sqlite").StatementSync }>} */
const statements = new Map();
const sink = (table, row) => {
  let statement = statements.get(table);
  if (!statement) {
    const columns = Object.keys(row);
    const marks = columns.map(() => "?").join(", ");
    const insert = database.prepare(
      `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`,
    );
    statement = { columns, insert };
    statements.set(table, statement);
  }
  statement.insert.run(...statement.columns.map((column) => row[column]));
};

database.exec("BEGIN IMMEDIATE");
const summary = seedRows({ ...options, projects }, sink);
database.exec("COMMIT");
database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
database.close();
process.stdout.write(JSON.stringify(summary));
