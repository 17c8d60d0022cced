import type { SourceTables } from "./fillQueries.ts";
import type { Database } from "./sqlite.ts";

/** The tables that the known generations of OpenCode wrote into a database; empty if none did. */
export function sourceTables(database: Database, schema: "main" | "source"): SourceTables[] {
  const columnsOf = (table: string): Set<string> => {
    const rows = database
      .prepare("SELECT name FROM pragma_table_info(:table, :schema)")
      .rows({ table, schema });
    return new Set([...rows].map(([name]) => String(name)));
  };
  const known = (
    generation: 1 | 2,
    session: string,
    message: string,
    needed: readonly string[],
  ): SourceTables[] => {
    const columns = columnsOf(session);
    const messageColumns = columnsOf(message);
    const isKnown =
      ["id", "time_created"].every((name) => columns.has(name)) &&
      needed.every((name) => messageColumns.has(name));
    return isKnown ? [{ generation, session, message, columns }] : [];
  };
  const needed = ["id", "session_id", "data", "time_created"];
  return [
    ...known(1, "session", "message", needed),
    ...known(2, "session_v2", "session_message", [...needed, "type"]),
  ];
}
