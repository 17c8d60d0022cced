import { ROW_BAD_FIGURES, ROW_ENDS_TURN, ROW_SUMMARY } from "../core/ledger/table.ts";
import { markGone, upsertAnswers, upsertSessions } from "./ledgerQueries.ts";
import {
  MAX_COST_USD,
  MAX_COUNT,
  MAX_MS,
  RANK_BEGUN,
  RANK_RECORDED,
  RANK_SHIFT,
} from "./ledgerRow.ts";

/*
 * Fills the ledger from OpenCode's own database, which is attached as `source` and only read. Both
 * generations use the same file, each with its own tables: `session` and `message` (observed on 1.18), and
 * `session_v2` and `session_message` (as published). The second generation takes over the messages of the
 * first with their ids, and adds its own.
 *
 * Reading goes through temporary tables: `stored`, all sessions; `changed`, those to read again, numbered
 * from 1; `told`, their answers; `started`, the sessions that slash commands started.
 */

/** Tables of one generation, as found in the database. */
export interface SourceTables {
  readonly generation: 1 | 2;
  readonly session: string;
  readonly message: string;
  /** Columns of the session table. */
  readonly columns: ReadonlySet<string>;
}

export const TEMPORARY_TABLES = `
  CREATE TEMP TABLE stored (
    id TEXT PRIMARY KEY, parent_id TEXT, project_id TEXT, directory TEXT, title TEXT, created_ms INTEGER,
    fork_of_id TEXT, stamp TEXT, generation INTEGER, cost REAL, input INTEGER, output INTEGER, reasoning INTEGER,
    cache_read INTEGER, cache_write INTEGER
  );
  CREATE TEMP TABLE changed (number INTEGER PRIMARY KEY, id TEXT UNIQUE, generation INTEGER, was_known INTEGER);
  CREATE TEMP TABLE told (
    message_id, session_id, provider_id, model_id, agent, created, stored, is_finished, cost, input, output,
    reasoning, cache_read, cache_write, is_summary, ends_turn
  );
  CREATE TEMP TABLE started (id, command)`;

export const DROP_TEMPORARY_TABLES = ["stored", "changed", "told", "started"]
  .map((table) => `DROP TABLE IF EXISTS temp.${table};`)
  .join(" ");

const NAMES = ["provider_id", "model_id", "agent"] as const;
const TOTALS = [
  "cost",
  "tokens_input",
  "tokens_output",
  "tokens_reasoning",
  "tokens_cache_read",
  "tokens_cache_write",
] as const;

/** All sessions of a generation. Their stamp changes whenever a message is added, removed or gets other figures. */
export function storeSessions({ generation, session, message, columns }: SourceTables): string {
  const column = (name: string): string => (columns.has(name) ? `s.${name}` : "NULL");
  // Without the cost: it follows from these, and is slow to convert to text.
  const stamp = ["time_updated", ...TOTALS.slice(1)].map((name) => `ifnull(${column(name)}, '')`);
  return `
    INSERT INTO temp.stored
    SELECT s.id, ${column("parent_id")}, ifnull(${column("project_id")}, ''), ifnull(${column("directory")}, ''),
      ifnull(${column("title")}, ''), ${timeOf("s.time_created")}, ${column("fork_session_id")},
      '${generation}:' || ifnull(m.messages, 0) || ':' || ${stamp.join(" || ':' || ")},
      ${generation}, ${TOTALS.map((name) => `ifnull(${column(name)}, 0)`).join(", ")}
    FROM source.${session} s
    LEFT JOIN (SELECT session_id, count(*) AS messages FROM source.${message} GROUP BY session_id) m
      ON m.session_id = s.id
    WHERE true
    ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id, project_id = excluded.project_id,
      directory = excluded.directory, title = excluded.title, created_ms = excluded.created_ms,
      fork_of_id = excluded.fork_of_id, stamp = stamp || ' ' || excluded.stamp, generation = excluded.generation,
      cost = excluded.cost, input = excluded.input, output = excluded.output, reasoning = excluded.reasoning,
      cache_read = excluded.cache_read, cache_write = excluded.cache_write`;
}

/** Counts the sessions that the server lists; the parameter is a JSON list. */
export const COUNT_LISTED =
  "SELECT count(*) FROM temp.stored WHERE id IN (SELECT value FROM json_each(:sessionIDs))";

const PLACE = "(SELECT place FROM place WHERE id = :placeID)";

/** Finds the sessions to read; `:only` is null, or a JSON list of those that may be read. */
export const FIND_CHANGED = `
  INSERT INTO temp.changed (id, generation, was_known)
  SELECT t.id, t.generation, s.session IS NOT NULL
  FROM temp.stored t LEFT JOIN session s ON s.place = ${PLACE} AND s.id = t.id
  WHERE (s.session IS NULL OR s.is_gone OR s.stamp IS NOT t.stamp)
    AND (:only IS NULL OR t.id IN (SELECT value FROM json_each(:only)))
  ORDER BY t.created_ms`;

/** A new title or directory comes without any other change. */
export const PUT_STORED_SESSIONS = upsertSessions(`
    SELECT ${PLACE}, id, parent_id, project_id, directory, title, NULL, created_ms, fork_of_id, 0, stamp, :nowS, :changed
    FROM temp.stored t
    WHERE id IN (SELECT id FROM temp.changed) OR EXISTS (
      SELECT 1 FROM session s
      WHERE s.place = ${PLACE} AND s.id = t.id AND (s.title <> t.title OR s.directory <> t.directory))`);

export const MARK_GONE_SESSIONS = `
  UPDATE session SET is_gone = 1, stamp = NULL, observed_at_s = :nowS, changed = :changed
  WHERE place = ${PLACE} AND is_gone = 0 AND id NOT IN (SELECT id FROM temp.stored)`;

/** A message whose text isn't JSON is still an answer, but with impossible figures. */
const SAFE_DATA = `iif(json_valid(data), data, '{"cost":null}')`;

/** Reads the answers of the changed sessions numbered `:from` up to, but not including, `:until` into `told`. */
export function readAnswers({ generation, message }: SourceTables): string {
  const wanted =
    generation === 1
      ? // Skips most of the prompts before they are parsed.
        `data NOT LIKE '{"role":"user"%'`
      : "type IN ('assistant', 'compaction')";
  const type = generation === 1 ? "'' AS type" : "type";
  return `
    INSERT INTO temp.told
    SELECT id, session_id, coalesce(data ->> '$.providerID', data ->> '$.model.providerID'),
      coalesce(data ->> '$.modelID', data ->> '$.model.modelID', data ->> '$.model.id'),
      coalesce(data ->> '$.agent', data ->> '$.mode'),
      data ->> '$.time.created', time_created, data -> '$.time.completed' IS NOT NULL,
      coalesce(data ->> '$.cost', data -> '$.cost'),
      data ->> '$.tokens.input', data ->> '$.tokens.output', data ->> '$.tokens.reasoning',
      data ->> '$.tokens.cache.read', data ->> '$.tokens.cache.write',
      type = 'compaction' OR data -> '$.summary' IS 'true', data ->> '$.finish' IS NOT 'tool-calls'
    FROM (
      SELECT m.id, m.session_id, m.time_created, ${type}, ${SAFE_DATA} AS data
      FROM temp.changed c CROSS JOIN source.${message} m ON m.session_id = c.id
      WHERE c.number >= :from AND c.number < :until AND ${wanted}
      -- So that its text is looked at once.
      LIMIT -1)
    WHERE data ->> '$.role' IS NOT 'user'`;
}

/** A name that isn't text counts as empty. */
export const CLEAN_TOLD = `
  UPDATE temp.told SET ${NAMES.map((name) => `${name} = iif(typeof(${name}) = 'text', ${name}, '')`).join(", ")}
  WHERE ${NAMES.map((name) => `typeof(${name}) <> 'text'`).join(" OR ")}`;
export const ADD_TOLD_MODELS = `
  INSERT INTO model (provider_id, model_id) SELECT DISTINCT provider_id, model_id FROM temp.told WHERE true
  ON CONFLICT DO NOTHING`;
export const ADD_TOLD_AGENTS =
  "INSERT INTO agent (name) SELECT DISTINCT agent FROM temp.told WHERE true ON CONFLICT DO NOTHING";

const COUNTS = ["input", "output", "reasoning", "cache_read", "cache_write"] as const;
const countOf = (value: string): string =>
  `iif(${isAmount(value, MAX_COUNT)}, CAST(round(${value}) AS INTEGER), 0)`;
/** Figures that are present but impossible. */
const ARE_BAD = [
  ["cost", MAX_COST_USD] as const,
  ...COUNTS.map((count) => [count, MAX_COUNT] as const),
]
  .map(([value, most]) => `(${value} IS NOT NULL AND NOT (${isAmount(value, most)}))`)
  .join(" OR ");

/** Recorded, or begun while it is still being written; see `flagsOf`. */
const FLAGS = `iif(is_finished, ${RANK_RECORDED << RANK_SHIFT}, ${RANK_BEGUN << RANK_SHIFT})
        | iif(${ARE_BAD}, ${ROW_BAD_FIGURES}, 0) | iif(is_summary, ${ROW_SUMMARY}, 0)
        | iif(is_finished AND NOT is_summary AND ends_turn, ${ROW_ENDS_TURN}, 0)`;

export const PUT_TOLD_ANSWERS = upsertAnswers(`
    SELECT s.session, t.message_id, iif(${isAmount("t.cost", MAX_COST_USD)}, t.cost, 0),
      ${COUNTS.map((count) => countOf(`t.${count}`)).join(", ")},
      ${timeOf("t.created", timeOf("t.stored"))},
      m.model, a.agent, ${FLAGS}, :nowS, :nowS, :changed
    FROM temp.told t
    CROSS JOIN session s ON s.place = ${PLACE} AND s.id = t.session_id
    CROSS JOIN model m ON m.provider_id = t.provider_id AND m.model_id = t.model_id
    CROSS JOIN agent a ON a.name = t.agent
    WHERE true`);

/**
 * Marks as gone all answers of gone sessions, and missing answers of sessions that were read again. The second
 * generation keeps the cost of reverted answers in a session's totals: there, a missing message still counts.
 */
export const COUNT_KNOWN = "SELECT count(*) FROM temp.changed WHERE was_known";
export const INDEX_TOLD = "CREATE INDEX temp.told_by_message ON told (message_id)";
export const MARK_GONE_ANSWERS = markGone(`session IN (
      SELECT session FROM session WHERE place = ${PLACE} AND is_gone AND changed = :changed
      UNION ALL
      SELECT s.session FROM temp.changed c CROSS JOIN session s ON s.place = ${PLACE} AND s.id = c.id
      WHERE c.was_known AND c.generation = 1)
    AND NOT EXISTS (
      SELECT 1 FROM session s CROSS JOIN temp.told t ON t.session_id = s.id AND t.message_id = answer.message_id
      WHERE s.session = answer.session)`);

/**
 * The child sessions that messages of slash commands started, and those commands (observed on 1.18: such a
 * message has neither text nor tokens, only the call of the task tool).
 */
export const READ_COMMANDS = `
  INSERT INTO temp.started
  SELECT p.data ->> '$.state.metadata.sessionId', p.data ->> '$.state.input.command'
  FROM temp.told t CROSS JOIN source.part p ON p.message_id = t.message_id
  WHERE NOT t.ends_turn AND t.cost = 0 AND t.output = 0 AND p.data LIKE '%"command"%' AND json_valid(p.data)
    AND p.data ->> '$.type' = 'tool'`;
export const PUT_COMMANDS = `
  UPDATE session SET command = started.command, changed = :changed
  FROM temp.started
  WHERE session.place = ${PLACE} AND session.id = started.id AND typeof(started.command) = 'text'
    AND started.command <> '' AND session.command IS NOT started.command`;

/** Sums of doubles differ in their last digits. */
const restOf = (all: string, part: string): string =>
  `iif(${all} - ifnull(${part}, 0) > 1e-9, ${all} - ifnull(${part}, 0), 0)`;

/**
 * Whatever a session's totals contain beyond its messages becomes a separate row, without model and agent: the second
 * generation bills titles there, and keeps what reverted answers cost. Answers that the ledger knows but the database
 * no longer has are part of that, and already have rows. A fork's rest is left out, because it was copied too.
 */
export const PUT_RESTS = `
  INSERT INTO answer (session, message_id, cost_usd, input, output, reasoning, cache_read, cache_write, created_ms,
    model, agent, flags, recorded_at_s, observed_at_s, changed)
  SELECT session, rest_id, ${["cost_usd", ...COUNTS].join(", ")}, created_ms, 1, 1, ${RANK_RECORDED << RANK_SHIFT},
    :nowS, :nowS, :changed
  FROM (
    SELECT s.session, 'rest' || substr(t.id, 4) AS rest_id, t.created_ms,
      ${restOf("t.cost", "sum(a.cost_usd)")} AS cost_usd,
      ${COUNTS.map((name) => `${restOf(`t.${name}`, `sum(a.${name})`)} AS ${name}`).join(", ")}
    FROM temp.changed c
    CROSS JOIN temp.stored t ON t.id = c.id
    CROSS JOIN session s ON s.place = ${PLACE} AND s.id = t.id
    LEFT JOIN answer a ON a.session = s.session AND a.flags & 1 = 0 AND a.message_id <> 'rest' || substr(t.id, 4)
    WHERE t.generation = 2 AND t.fork_of_id IS NULL
    GROUP BY s.session) r
  WHERE ${["cost_usd", ...COUNTS].join(" + ")} > 0
    OR EXISTS (SELECT 1 FROM answer a WHERE a.session = r.session AND a.message_id = r.rest_id)
  ON CONFLICT (session, message_id) DO UPDATE SET cost_usd = excluded.cost_usd,
    ${COUNTS.map((name) => `${name} = excluded.${name}`).join(", ")}, flags = excluded.flags,
    recorded_at_s = excluded.recorded_at_s, observed_at_s = excluded.observed_at_s, changed = excluded.changed`;

/** A time of any type in whole milliseconds; `otherwise` if it isn't a valid one. */
function timeOf(value: string, otherwise = "0"): string {
  return `iif(${isAmount(value, MAX_MS)} AND ${value} > 0, CAST(${value} AS INTEGER), ${otherwise})`;
}

function isAmount(value: string, most: number): string {
  return `typeof(${value}) IN ('integer', 'real') AND ${value} BETWEEN 0 AND ${most}`;
}
