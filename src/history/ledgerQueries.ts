import { RANK_SHIFT } from "./ledgerRow.ts";

/* Queries of `ledger.sqlite`. Parameters: `changed` is the number of the write, `nowS` our clock. */

export const BEGIN_WRITE = "UPDATE writes SET changed = changed + 1 RETURNING changed";

export const PUT_PLACE = `
  INSERT INTO place (id, name, changed) VALUES (:id, :name, :changed)
  ON CONFLICT (id) DO UPDATE SET name = excluded.name, changed = excluded.changed WHERE name <> excluded.name`;

/** For a place that only appears in its rows. */
export const ADD_PLACE = `
  INSERT INTO place (id, name, changed) VALUES (:id, :id, :changed) ON CONFLICT (id) DO NOTHING`;

export const ADD_MODEL = `
  INSERT INTO model (provider_id, model_id) VALUES (:providerID, :modelID) ON CONFLICT DO NOTHING`;

export const ADD_AGENT = "INSERT INTO agent (name) VALUES (:agent) ON CONFLICT DO NOTHING";

const PLACE = "(SELECT place FROM place WHERE id = :placeID)";
const SESSION = `(SELECT session FROM session WHERE place = ${PLACE} AND id = :sessionID)`;

/** For a session that only appears in its rows. */
export const ADD_SESSION = `
  INSERT INTO session (place, id, changed) VALUES (${PLACE}, :sessionID, :changed) ON CONFLICT DO NOTHING`;

/** An observation time ahead of our clock was written by a wrong clock: anything is newer. */
const OBSERVED_AT_S = "iif(observed_at_s > :nowS, 0, observed_at_s)";
const RECORDED_AT_S = "iif(recorded_at_s > :nowS, 0, recorded_at_s)";

/** The later observation of a session wins; what it doesn't know stays as it was. */
const IS_NEWER = `excluded.observed_at_s >= ${OBSERVED_AT_S}`;
const newerOf = (known: string, told: string): string =>
  `iif(${IS_NEWER}, coalesce(${told}, ${known}), coalesce(${known}, ${told}))`;
const newerText = (column: string): string =>
  `coalesce(${newerOf(`nullif(${column}, '')`, `nullif(excluded.${column}, '')`)}, '')`;
const newer = (column: string): string => newerOf(column, `excluded.${column}`);

const MERGED_SESSION: readonly (readonly [column: string, value: string])[] = [
  ["parent_id", newer("parent_id")],
  ["project_id", newerText("project_id")],
  ["directory", newerText("directory")],
  ["title", newerText("title")],
  ["command", newer("command")],
  [
    "created_ms",
    `coalesce(${newerOf("nullif(created_ms, 0)", "nullif(excluded.created_ms, 0)")}, 0)`,
  ],
  ["fork_of_id", newer("fork_of_id")],
  ["is_gone", `iif(${IS_NEWER}, excluded.is_gone, is_gone)`],
  ["stamp", newer("stamp")],
];

/** Adds or updates the sessions that `source` returns. */
export function upsertSessions(source: string): string {
  return `
    INSERT INTO session (place, id, parent_id, project_id, directory, title, command, created_ms, fork_of_id, is_gone,
      stamp, observed_at_s, changed)
    ${source}
    ON CONFLICT (place, id) DO UPDATE SET
      ${MERGED_SESSION.map(([column, value]) => `${column} = ${value}`).join(",\n      ")},
      observed_at_s = max(${OBSERVED_AT_S}, excluded.observed_at_s),
      changed = excluded.changed`;
}

export const PUT_SESSION = upsertSessions(`
    VALUES (${PLACE}, :sessionID, :parentID, :projectID, :directory, :title, :command, :createdMs, :forkOfID, :isGone,
      :stamp, :observedAtS, :changed)`);

const FIGURES = [
  "cost_usd",
  "input",
  "output",
  "reasoning",
  "cache_read",
  "cache_write",
  "created_ms",
  "model",
  "agent",
] as const;
const listOf = (prefix = ""): string => FIGURES.map((name) => `${prefix}${name}`).join(", ");
/** Without the bit that says whether the server still has the answer. */
const KNOWN_FLAGS = "flags & -2";

/**
 * Figures of a better rank win; at equal rank the later ones; within one second the larger ones. Two windows
 * may therefore report the same answer in either order.
 */
const IS_BETTER = `(excluded.flags >> ${RANK_SHIFT}, excluded.recorded_at_s, ${listOf("excluded.")}, excluded.${KNOWN_FLAGS})
      > (flags >> ${RANK_SHIFT}, ${RECORDED_AT_S}, ${listOf()}, ${KNOWN_FLAGS})`;
/** Whether the server no longer has it, as last observed; within the same second, gone wins. */
const IS_GONE = `CASE
        WHEN excluded.observed_at_s > ${OBSERVED_AT_S} THEN excluded.flags & 1
        WHEN excluded.observed_at_s = ${OBSERVED_AT_S} THEN (excluded.flags | flags) & 1
        ELSE flags & 1 END`;

/** Adds or updates the answers that `source` returns. Neither order nor repetition matters. */
export function upsertAnswers(source: string): string {
  return `
    INSERT INTO answer (session, message_id, ${listOf()}, flags, recorded_at_s, observed_at_s, changed)
    ${source}
    ON CONFLICT (session, message_id) DO UPDATE SET
      ${FIGURES.map((name) => `${name} = iif(${IS_BETTER}, excluded.${name}, ${name})`).join(",\n      ")},
      recorded_at_s = iif(${IS_BETTER}, excluded.recorded_at_s, recorded_at_s),
      flags = (iif(${IS_BETTER}, excluded.flags, flags) & -2) | ${IS_GONE},
      observed_at_s = max(${OBSERVED_AT_S}, excluded.observed_at_s),
      changed = excluded.changed
    WHERE ${IS_BETTER} OR excluded.observed_at_s > ${OBSERVED_AT_S} OR flags & 1 <> ${IS_GONE}`;
}

export const PUT_ANSWER = upsertAnswers(`
    VALUES (${SESSION}, :messageID, :costUSD, :input, :output, :reasoning, :cacheRead, :cacheWrite, :createdMs,
      (SELECT model FROM model WHERE provider_id = :providerID AND model_id = :modelID),
      (SELECT agent FROM agent WHERE name = :agent), :flags, :recordedAtS, :observedAtS, :changed)`);

/** Marks the answers that `which` selects as gone. */
export function markGone(which: string): string {
  return `
    UPDATE answer SET flags = flags | 1, observed_at_s = :observedAtS, changed = :changed
    WHERE flags & 1 = 0 AND ${which}`;
}

export const GONE_ANSWER = markGone(`session = ${SESSION} AND message_id = :messageID`);

/** All answers of a session except those in `kept`, a JSON list, and those that came after the write `since`. */
export const GONE_OTHER_ANSWERS = markGone(`session = ${SESSION} AND changed <= :since
      AND message_id NOT IN (SELECT value FROM json_each(:kept))`);

export const GONE_SESSION_ANSWERS = markGone(`session = ${SESSION}`);

export const GONE_SESSION = `
  UPDATE session SET is_gone = 1, stamp = NULL, observed_at_s = :observedAtS, changed = :changed
  WHERE session = ${SESSION} AND is_gone = 0`;

export const FORGET_STAMPS =
  "UPDATE session SET stamp = NULL, changed = :changed WHERE stamp IS NOT NULL";

/** What a server's API reported before its database was known moves to that database, unless it already has it. */
export const MOVE_SESSIONS = `
  UPDATE OR IGNORE session SET place = ${PLACE}, changed = :changed
  WHERE place = (SELECT place FROM place WHERE id = :formerPlaceID)`;

export const PUT_PRICE = `
  INSERT INTO price (model, input, output, cache_read, cache_write, changed)
  VALUES ((SELECT model FROM model WHERE provider_id = :providerID AND model_id = :modelID), :input, :output,
    :cacheRead, :cacheWrite, :changed)
  ON CONFLICT (model) DO UPDATE SET input = excluded.input, output = excluded.output,
    cache_read = excluded.cache_read, cache_write = excluded.cache_write, changed = excluded.changed`;

export const READ_CHANGED = "SELECT changed FROM writes";
export const READ_PLACES = "SELECT place, id, name FROM place WHERE changed > :after";
export const READ_MODELS = "SELECT model, provider_id, model_id FROM model WHERE model > :count";
export const READ_AGENTS = "SELECT agent, name FROM agent WHERE agent > :count";
export const READ_SESSIONS = `
  SELECT session, place, id, parent_id, project_id, directory, title, command, created_ms, fork_of_id, is_gone, stamp,
    observed_at_s
  FROM session WHERE changed > :after ORDER BY session`;
const ANSWER = `
  SELECT answer, session, created_ms, model, agent, input, output, reasoning, cache_read, cache_write, cost_usd, flags
  FROM answer`;
export const READ_ALL_ANSWERS = ANSWER;
/** In the order of its index: sorting would keep the first row waiting for the last. */
export const READ_ANSWERS = `${ANSWER} WHERE changed > :after ORDER BY changed, answer`;
export const READ_MESSAGE_IDS = "SELECT answer, message_id FROM answer";
export const READ_PRICES = `
  SELECT provider_id, model_id, input, output, cache_read, cache_write
  FROM price JOIN model USING (model) WHERE changed > :after`;
