/*
 * The tables of `ledger.sqlite`. Nothing in them is ever deleted. `changed` is the number of the write that
 * last changed a row, so that a window can read what others have written since.
 *
 * SQLite itself doesn't notice a flipped bit in a figure. Every column is therefore in an index too, an
 * answer's counts as one sum: `PRAGMA integrity_check` compares the two.
 */

/** Migrates the tables from one `user_version` to the next. Released steps are never edited. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE writes (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    changed INTEGER NOT NULL UNIQUE
  ) STRICT;
  INSERT INTO writes VALUES (1, 0);

  -- A database of OpenCode, or a server whose database is out of reach.
  CREATE TABLE place (
    place INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    changed INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX place_by_change ON place (changed, name);

  -- The first model and the first agent stand for "not told".
  CREATE TABLE model (
    model INTEGER PRIMARY KEY,
    provider_id TEXT NOT NULL,
    model_id TEXT NOT NULL,
    UNIQUE (provider_id, model_id)
  ) STRICT;
  INSERT INTO model VALUES (1, '', '');
  CREATE TABLE agent (
    agent INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;
  INSERT INTO agent VALUES (1, '');

  -- Empty texts and the time 0 stand for what is not known.
  CREATE TABLE session (
    session INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,
    id TEXT NOT NULL,
    parent_id TEXT,
    project_id TEXT NOT NULL DEFAULT '',
    directory TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL DEFAULT '',
    command TEXT,
    created_ms INTEGER NOT NULL DEFAULT 0,
    fork_of_id TEXT,
    is_gone INTEGER NOT NULL DEFAULT 0,
    stamp TEXT,
    observed_at_s INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL,
    UNIQUE (place, id)
  ) STRICT;
  CREATE INDEX session_by_change ON session (changed, parent_id, project_id, directory, title, command, created_ms,
    fork_of_id, is_gone, stamp, observed_at_s);

  -- Bits of flags: 1 gone, 2 impossible figures, 4 summary, 8 ends its turn, and the figures' rank from 16 on.
  CREATE TABLE answer (
    answer INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    model INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    input INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    cost_usd REAL NOT NULL,
    flags INTEGER NOT NULL,
    recorded_at_s INTEGER NOT NULL,
    observed_at_s INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    check_sum INTEGER GENERATED ALWAYS AS (created_ms * 3 + model * 11 + agent * 13 + input * 17 + output * 19
      + reasoning * 23 + cache_read * 29 + cache_write * 31 + flags * 37 + recorded_at_s * 41 + observed_at_s * 43)
      VIRTUAL,
    UNIQUE (session, message_id)
  ) STRICT;
  CREATE INDEX answer_by_change ON answer (changed, answer, cost_usd, check_sum);

  -- The last list prices that a server's catalogue told, in US dollars per million tokens.
  CREATE TABLE price (
    model INTEGER PRIMARY KEY,
    input REAL NOT NULL,
    output REAL NOT NULL,
    cache_read REAL NOT NULL,
    cache_write REAL NOT NULL,
    changed INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX price_by_change ON price (changed, input, output, cache_read, cache_write);
  `,
];
