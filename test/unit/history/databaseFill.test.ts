import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { LedgerTable } from "../../../src/core/ledger/table.ts";
import { totalTokens } from "../../../src/core/usage/usage.ts";
import { usageOf } from "../../../src/core/ledger/usageBy.ts";
import { type DatabaseFillOptions, fillFromDatabase } from "../../../src/history/databaseFill.ts";
import type { FillOutcome, FillProgress } from "../../../src/history/fill.ts";
import { LedgerDatabase } from "../../../src/history/ledgerDatabase.ts";
import { openLedgerFile } from "../../../src/history/openLedger.ts";
import { ledgerFile, makeLedgerFile } from "../../../src/history/ledgerFile.ts";
import { isBusy } from "../../../src/history/sqlite.ts";
import { someTokens } from "../../support/seed/builders.ts";
import {
  aLedgerSession,
  aRow,
  LEDGER_MS,
  messageIDOf,
  rowsOfTable,
  tableIn,
  temporaryFolder,
} from "../../support/seed/ledger.ts";
import { OpenCodeTables } from "../../support/opencode/openCodeTables.ts";

const PLACE = { id: "db", name: "This machine" };
const NO_PRICES = new Map<string, never>();

describe("filling the ledger from OpenCode's database", function () {
  let folder: string;
  let tables: OpenCodeTables;
  let nowMs: number;

  const ledgerFolder = (): string => path.join(folder, "ledger");
  const fillFolder = (options: DatabaseFillOptions): FillOutcome => {
    const file = ledgerFile(ledgerFolder());
    makeLedgerFile(file);
    const opened = openLedgerFile(file, 0);
    try {
      return fillFromDatabase(opened, options);
    } finally {
      opened.close();
    }
  };
  const open = (generations?: readonly (1 | 2)[]): OpenCodeTables => {
    tables = new OpenCodeTables(path.join(folder, "opencode.db"), generations);
    return tables;
  };
  const fill = (database = tables.path): FillOutcome => {
    nowMs += 10_000;
    return fillFolder({
      database,
      place: PLACE,
      nowMs,
      control: { isCancelled: () => false, onProgress: () => undefined },
    });
  };
  const ledger = (): LedgerTable => tableIn(ledgerFolder());
  const sum = () => usageOf(ledger(), {}, NO_PRICES);

  beforeEach(() => {
    folder = temporaryFolder();
    nowMs = LEDGER_MS + 3_600_000;
  });
  afterEach(() => {
    try {
      tables.close();
    } catch {
      // A test has already closed it.
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it("reads every answer with its figures, and nothing else", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS, title: "Fix login" });
    tables.session("ses_2", { createdMs: LEDGER_MS, parentID: "ses_1" });
    tables.message(
      "msg_u",
      "ses_1",
      LEDGER_MS,
      JSON.stringify({ role: "user", agent: "build", model: { providerID: "x", modelID: "y" } }),
    );
    tables.message("msg_u2", "ses_1", LEDGER_MS, JSON.stringify({ agent: "build", role: "user" }));
    tables.answer({
      id: messageIDOf(1),
      sessionID: "ses_1",
      createdMs: LEDGER_MS + 1,
      costUSD: 0.0645,
      tokens: someTokens({ input: 11, output: 22, reasoning: 33, cacheRead: 44, cacheWrite: 55 }),
    });
    tables.answer({ id: messageIDOf(2), sessionID: "ses_2", createdMs: LEDGER_MS + 2 });
    const outcome = fill();
    assert.deepEqual(outcome, { kind: "filled", sessions: 2, rows: 2, goneRows: 0 });
    assert.deepEqual(rowsOfTable(ledger()), {
      [messageIDOf(1)]: `ses_1 acme/sonnet build ${LEDGER_MS + 1} 11 22 33 44 55 0.0645 40`,
      [messageIDOf(2)]: `ses_2 acme/sonnet build ${LEDGER_MS + 2} 100 10 0 0 0 0.01 40`,
    });
    const [session] = ledger().sessions;
    assert.equal(session?.title, "Fix login");
    assert.equal(session.projectID, "project-app");
    assert.equal(session.directory, "/code/app");
    assert.equal(ledger().sessions[1]?.parentID, "ses_1");
  });

  it("reads unusual shapes correctly", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    const answer = { sessionID: "ses_1", createdMs: LEDGER_MS };
    // The error text looks like figures.
    const error = {
      name: "APIError",
      data: { message: '"cost":99,"tokens":{"input":5}', cost: 99, tokens: { input: 9 } },
    };
    tables.answer({ ...answer, id: "m1", data: { error } });
    tables.answer({ ...answer, id: "m2", data: { parentID: undefined, role: "assistant" } });
    tables.answer({ ...answer, id: "m3", data: { summary: true, agent: "compaction" } });
    tables.answer({ ...answer, id: "m4", data: { agent: undefined, mode: "plan" } });
    tables.answer({ ...answer, id: "m5", data: { agent: 'say "hi"', modelID: "größe" } });
    tables.answer({ ...answer, id: "m6", costUSD: 1.5e-7 });
    tables.answer({ ...answer, id: "m7", data: { time: { created: LEDGER_MS } } });
    fill();
    const words = `${LEDGER_MS} 100 10 0 0 0`;
    assert.deepEqual(rowsOfTable(ledger()), {
      m1: `ses_1 acme/sonnet build ${words} 0.01 40`,
      m2: `ses_1 acme/sonnet build ${words} 0.01 40`,
      m3: `ses_1 acme/sonnet compaction ${words} 0.01 36`,
      m4: `ses_1 acme/sonnet plan ${words} 0.01 40`,
      m5: `ses_1 acme/größe say "hi" ${words} 0.01 40`,
      m6: `ses_1 acme/sonnet build ${words} 1.5e-7 40`,
      // Still being written.
      m7: `ses_1 acme/sonnet build ${words} 0.01 0`,
    });
  });

  it("marks impossible figures as such, and invents none", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    const answer = { sessionID: "ses_1", createdMs: LEDGER_MS };
    tables.answer({ ...answer, id: "m1", costUSD: -5 });
    tables.answer({ ...answer, id: "m2", data: { cost: null } });
    tables.answer({ ...answer, id: "m3", tokens: someTokens({ input: -100, output: 10 }) });
    tables.answer({ ...answer, id: "m4", data: { tokens: undefined, cost: undefined } });
    tables.answer({ ...answer, id: "m5", data: { modelID: undefined, providerID: 7 } });
    tables.answer({
      ...answer,
      id: "m6",
      data: { time: { created: "yesterday", completed: 1 } },
    });
    tables.message("m7", "ses_1", LEDGER_MS + 7, "{no json");
    tables.answer({ ...answer, id: "m8", tokens: someTokens({ input: 1e15 }) });
    fill();
    assert.deepEqual(rowsOfTable(ledger()), {
      m1: `ses_1 acme/sonnet build ${LEDGER_MS} 100 10 0 0 0 0 42`,
      m2: `ses_1 acme/sonnet build ${LEDGER_MS} 100 10 0 0 0 0 42`,
      m3: `ses_1 acme/sonnet build ${LEDGER_MS} 0 10 0 0 0 0.01 42`,
      m4: `ses_1 acme/sonnet build ${LEDGER_MS} 0 0 0 0 0 0 40`,
      m5: `ses_1 / build ${LEDGER_MS} 100 10 0 0 0 0.01 40`,
      m6: `ses_1 acme/sonnet build ${LEDGER_MS} 100 10 0 0 0 0.01 40`,
      m7: `ses_1 /  ${LEDGER_MS + 7} 0 0 0 0 0 0 2`,
      m8: `ses_1 acme/sonnet build ${LEDGER_MS} 0 0 0 0 0 0.01 42`,
    });
    assert.equal(sum().badMessages, 5);
  });

  it("reads only what has changed since", () => {
    open();
    for (let number = 0; number < 20; number++) {
      tables.session(`ses_${number}`, { createdMs: LEDGER_MS });
      tables.answer({ id: `m${number}`, sessionID: `ses_${number}`, createdMs: LEDGER_MS });
    }
    fill();
    assert.deepEqual(fill(), { kind: "unchanged" });
    tables.answer({ id: "m100", sessionID: "ses_7", createdMs: LEDGER_MS });
    assert.deepEqual(fill(), { kind: "filled", sessions: 1, rows: 2, goneRows: 0 });
    assert.equal(ledger().length, 21);
    tables.session("ses_new", { createdMs: LEDGER_MS });
    tables.answer({ id: "m200", sessionID: "ses_new", createdMs: LEDGER_MS });
    assert.deepEqual(fill(), { kind: "filled", sessions: 1, rows: 1, goneRows: 0 });
    assert.deepEqual(fill(), { kind: "unchanged" });
    tables.exec("UPDATE session SET title = 'Renamed' WHERE id = 'ses_3'");
    assert.deepEqual(fill(), { kind: "filled", sessions: 0, rows: 0, goneRows: 0 });
    const columns = ledger();
    assert.equal(columns.sessions[columns.sessionIndex("ses_3")!]?.title, "Renamed");
  });

  it("reads only the requested sessions, and the others once requested", () => {
    open();
    for (const id of ["ses_1", "ses_2"]) {
      tables.session(id, { createdMs: LEDGER_MS });
      tables.answer({ id: `msg_${id}`, sessionID: id, createdMs: LEDGER_MS });
    }
    const { path: database } = tables;
    const control = { isCancelled: () => false, onProgress: () => undefined };
    const read = (only?: ReadonlySet<string>): readonly string[] => {
      fillFolder({ database, place: PLACE, nowMs, control, only });
      const table = ledger();
      return Array.from({ length: table.length }, (_, row) => table.messageID(row));
    };
    assert.deepEqual(read(new Set(["ses_2"])), ["msg_ses_2"]);
    assert.deepEqual(read(new Set(["ses_2"])), ["msg_ses_2"]);
    assert.deepEqual(read(), ["msg_ses_2", "msg_ses_1"]);
  });

  it("remembers what was deleted or overwritten, and what comes back", () => {
    open();
    for (let number = 0; number < 10; number++) {
      tables.session(`ses_${number}`, { createdMs: LEDGER_MS });
      tables.answer({ id: `m${number}`, sessionID: `ses_${number}`, createdMs: LEDGER_MS });
      tables.answer({ id: `n${number}`, sessionID: `ses_${number}`, createdMs: LEDGER_MS });
    }
    fill();
    assert.equal(sum().spent.recordedUSD, 0.2);
    tables.removeMessage("m1", "ses_1");
    assert.deepEqual(fill(), { kind: "filled", sessions: 1, rows: 1, goneRows: 1 });
    tables.removeSession("ses_2");
    assert.deepEqual(fill(), { kind: "filled", sessions: 0, rows: 0, goneRows: 2 });
    const after = sum();
    assert.equal(after.spent.recordedUSD, 0.17);
    assert.equal(after.alsoSpent.recordedUSD, 0.03);
    assert.equal(ledger().sessions[ledger().sessionIndex("ses_2")!]?.isGone, true);
    assert.deepEqual(fill(), { kind: "unchanged" });
    tables.session("ses_2", { createdMs: LEDGER_MS });
    tables.answer({ id: "m2", sessionID: "ses_2", createdMs: LEDGER_MS });
    fill();
    const back = sum();
    assert.equal(back.spent.recordedUSD, 0.18);
    assert.equal(back.alsoSpent.recordedUSD, 0.02);
  });

  it("notices a message that disappeared without a trace", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    tables.answer({ id: "m1", sessionID: "ses_1", createdMs: LEDGER_MS });
    tables.answer({ id: "m2", sessionID: "ses_1", createdMs: LEDGER_MS });
    fill();
    tables.exec("DELETE FROM message WHERE id = 'm1'");
    assert.deepEqual(fill(), { kind: "filled", sessions: 1, rows: 1, goneRows: 1 });
  });

  it("does not touch the data of another place", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    tables.answer({ id: "m1", sessionID: "ses_1", createdMs: LEDGER_MS });
    fill();
    const other = new OpenCodeTables(path.join(folder, "other.db"));
    other.session("ses_9", { createdMs: LEDGER_MS });
    other.answer({ id: "m9", sessionID: "ses_9", createdMs: LEDGER_MS });
    const outcome = fillFolder({
      database: other.path,
      place: { id: "other", name: "Other" },
      nowMs,
      control: { isCancelled: () => false, onProgress: () => undefined },
    });
    other.close();
    assert.deepEqual(outcome, { kind: "filled", sessions: 1, rows: 1, goneRows: 0 });
    assert.equal(sum().spent.recordedUSD, 0.02);
  });

  it("keeps a session that is in two databases in both, however often either is read", () => {
    open();
    const other = new OpenCodeTables(path.join(folder, "other.db"));
    const otherPlace = { id: "other", name: "Other" };
    for (const each of [tables, other]) {
      each.session("ses_1", { createdMs: LEDGER_MS });
      each.answer({ id: "m1", sessionID: "ses_1", createdMs: LEDGER_MS });
    }
    const sessionsIn = (placeID: string) =>
      ledger().sessions.filter((session) => session.placeID === placeID);
    for (let round = 0; round < 3; round++) {
      fill();
      nowMs += 10_000;
      fillFolder({
        database: other.path,
        place: otherPlace,
        nowMs,
        control: { isCancelled: () => false, onProgress: () => undefined },
      });
      for (const place of [PLACE, otherPlace]) {
        assert.deepEqual(
          sessionsIn(place.id).map(({ id, isGone }) => [id, isGone]),
          [["ses_1", false]],
          `round ${String(round)}: ${place.name}`,
        );
      }
      assert.equal(sum().spent.recordedUSD, 0.01, "its money counts once");
      assert.equal(sum().alsoSpent.recordedUSD, 0);
      const inPlace = usageOf(ledger(), { placeIDs: new Set([PLACE.id]) }, NO_PRICES);
      assert.equal(inPlace.spent.recordedUSD, 0.01, "a budget for the place keeps it");
    }
    other.close();
  });

  it("knows which slash command started a task", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    tables.session("ses_2", { createdMs: LEDGER_MS, parentID: "ses_1" });
    tables.answer({
      id: "m1",
      sessionID: "ses_1",
      createdMs: LEDGER_MS,
      costUSD: 0,
      tokens: someTokens({}),
      data: { finish: "tool-calls" },
    });
    tables.part("m1", "ses_1", { type: "step-start" });
    tables.part("m1", "ses_1", {
      type: "tool",
      tool: "task",
      state: { input: { command: "review" }, metadata: { sessionId: "ses_2" } },
    });
    tables.answer({ id: "m2", sessionID: "ses_2", createdMs: LEDGER_MS });
    fill();
    const columns = ledger();
    assert.equal(columns.sessions[columns.sessionIndex("ses_2")!]?.command, "review");
    assert.equal(columns.sessions[columns.sessionIndex("ses_1")!]?.command, undefined);
  });

  it("reads the second generation, including what its totals hold beyond the messages", () => {
    open([2]);
    const totals = { costUSD: 0.05, tokens: someTokens({ input: 300, output: 30 }) };
    tables.session("ses_1", { createdMs: LEDGER_MS, generation: 2, totals });
    const answer = {
      agent: "build",
      model: { id: "sonnet", providerID: "acme" },
      content: [],
      cost: 0.02,
      tokens: { input: 100, output: 10, reasoning: 0, cache: { read: 0, write: 0 } },
      time: { created: LEDGER_MS + 1, completed: LEDGER_MS + 2 },
    };
    tables.message2("m1", "ses_1", "assistant", LEDGER_MS, answer);
    tables.message2("m2", "ses_1", "compaction", LEDGER_MS, {
      ...answer,
      cost: 0.01,
      agent: undefined,
    });
    tables.message2("m3", "ses_1", "user", LEDGER_MS, { text: "hello" });
    fill();
    assert.deepEqual(rowsOfTable(ledger()), {
      m1: `ses_1 acme/sonnet build ${LEDGER_MS + 1} 100 10 0 0 0 0.02 40`,
      m2: `ses_1 acme/sonnet  ${LEDGER_MS + 1} 100 10 0 0 0 0.01 36`,
      rest_1: `ses_1 /  ${LEDGER_MS} 100 10 0 0 0 0.020000000000000004 32`,
    });
    // A reverted answer's money stays in the totals: it is counted once, where it was spent.
    tables.exec("DELETE FROM session_message WHERE id = 'm1'");
    tables.exec("UPDATE session_v2 SET time_updated = time_updated + 1");
    fill();
    const after = sum();
    assert.equal(after.spent.recordedUSD, 0.05);
    assert.equal(totalTokens(after.spent.tokens), 330);
    assert.equal(after.alsoSpent.recordedUSD, 0);
    tables.exec("DELETE FROM session_message; DELETE FROM session_v2");
    fill();
    assert.equal(sum().alsoSpent.recordedUSD, 0.05);
  });

  it("removes a remainder that messages explain later", () => {
    open([2]);
    const totals = { costUSD: 0.03, tokens: someTokens({ input: 200, output: 20 }) };
    tables.session("ses_1", { createdMs: LEDGER_MS, generation: 2, totals });
    fill();
    assert.deepEqual(Object.keys(rowsOfTable(ledger())), ["rest_1"]);
    tables.message2("m1", "ses_1", "assistant", LEDGER_MS, {
      cost: 0.03,
      tokens: { input: 200, output: 20, reasoning: 0, cache: { read: 0, write: 0 } },
      time: { created: LEDGER_MS, completed: LEDGER_MS + 1 },
    });
    fill();
    const after = sum();
    assert.equal(after.spent.recordedUSD, 0.03);
    assert.equal(totalTokens(after.spent.tokens), 220);
  });

  it("reads a database of both generations, each message once", () => {
    open([1, 2]);
    tables.session("ses_1", { createdMs: LEDGER_MS });
    tables.answer({ id: "m1", sessionID: "ses_1", createdMs: LEDGER_MS, costUSD: 0.01 });
    tables.answer({ id: "m2", sessionID: "ses_1", createdMs: LEDGER_MS, costUSD: 0.02 });
    // Migrated with its first message, and continued in both.
    const totals = { costUSD: 0.05, tokens: someTokens({ input: 200, output: 20 }) };
    tables.session("ses_1", { createdMs: LEDGER_MS, generation: 2, totals });
    const answer = (cost: number): unknown => ({
      agent: "build",
      model: { id: "sonnet", providerID: "acme" },
      cost,
      tokens: { input: 100, output: 10, reasoning: 0, cache: { read: 0, write: 0 } },
      time: { created: LEDGER_MS, completed: LEDGER_MS + 1 },
    });
    tables.message2("m1", "ses_1", "assistant", LEDGER_MS, answer(0.01));
    tables.message2("m3", "ses_1", "assistant", LEDGER_MS, answer(0.04));
    fill();
    assert.deepEqual(Object.keys(rowsOfTable(ledger())), ["m1", "m2", "m3"]);
    assert.equal(sum().spent.recordedUSD, 0.07);
    assert.deepEqual(fill(), { kind: "unchanged" });
  });

  it("changes nothing if the database is locked, unknown, damaged or missing", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    tables.answer({ id: "m1", sessionID: "ses_1", createdMs: LEDGER_MS });
    fill();
    const before = rowsOfTable(ledger());
    const reasonOf = (database: string): string => {
      const outcome = fill(database);
      assert.ok(outcome.kind === "unavailable" && outcome.message.length > 10);
      assert.deepEqual(rowsOfTable(ledger()), before);
      return outcome.reason;
    };
    assert.equal(reasonOf(path.join(folder, "missing.db")), "notFound");
    const garbage = path.join(folder, "garbage.db");
    writeFileSync(garbage, "this is no database ".repeat(500));
    assert.equal(reasonOf(garbage), "unreadable");
    const newer = new OpenCodeTables(path.join(folder, "newer.db"));
    newer.exec(
      "ALTER TABLE message RENAME TO message_v9; ALTER TABLE session RENAME TO session_v9",
    );
    newer.close();
    assert.equal(reasonOf(newer.path), "unknownSchema");
    const empty = new OpenCodeTables(path.join(folder, "empty.db"), []);
    empty.close();
    assert.equal(reasonOf(empty.path), "unknownSchema");
    tables.exec("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    tables.exec("UPDATE session SET title = 'mine'");
    assert.equal(reasonOf(tables.path), "locked");
  });

  it("does not read a database that is not the server's", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    tables.answer({ id: "m1", sessionID: "ses_1", createdMs: LEDGER_MS });
    const fillFor = (...sessionIDs: string[]): FillOutcome =>
      fillFolder({
        database: tables.path,
        place: PLACE,
        sessionIDs,
        nowMs,
        control: { isCancelled: () => false, onProgress: () => undefined },
      });
    const other = fillFor("ses_8", "ses_9");
    assert.ok(other.kind === "unavailable" && other.reason === "otherDatabase");
    assert.equal(ledger().length, 0);
    assert.equal(fillFor("ses_8", "ses_1").kind, "filled");
    assert.equal(fillFor().kind, "unchanged");
  });

  it("reads while the server writes", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    tables.answer({ id: "m1", sessionID: "ses_1", createdMs: LEDGER_MS });
    tables.exec("BEGIN IMMEDIATE");
    tables.answer({ id: "m2", sessionID: "ses_1", createdMs: LEDGER_MS });
    assert.equal(fill().kind, "filled");
    assert.deepEqual(Object.keys(rowsOfTable(ledger())), ["m1"]);
    tables.exec("COMMIT");
    fill();
    assert.deepEqual(Object.keys(rowsOfTable(ledger())), ["m1", "m2"]);
  });

  it("reports progress, and stops when cancelled", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    tables.exec("BEGIN");
    for (let number = 0; number < 20_000; number++) {
      tables.answer({ id: messageIDOf(number), sessionID: "ses_1", createdMs: LEDGER_MS });
    }
    tables.exec("COMMIT");
    const updates: FillProgress[] = [];
    const run = (isCancelled: () => boolean): FillOutcome =>
      fillFolder({
        database: tables.path,
        place: PLACE,
        nowMs,
        control: { isCancelled, onProgress: (progress) => updates.push(progress) },
      });
    assert.deepEqual(
      run(() => updates.length > 0),
      { kind: "cancelled" },
    );
    assert.equal(ledger().length, 0);
    assert.equal(updates[0]?.allSessions, 1);
    assert.ok(updates[0].rows > 0);
    assert.equal(run(() => false).kind, "filled");
    assert.equal(ledger().length, 20_000);
  });

  it("is refused while another window is filling, and changes nothing", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    fill();
    const other = openLedgerFile(ledgerFile(ledgerFolder()), 0);
    other.exec("BEGIN IMMEDIATE");
    tables.answer({ id: "m1", sessionID: "ses_1", createdMs: LEDGER_MS });
    assert.throws(() => fill(), isBusy);
    other.exec("ROLLBACK");
    other.close();
    assert.equal(fill().kind, "filled");
    assert.equal(ledger().length, 1);
  });

  it("takes over what its server reported before the database was known", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    tables.answer({ id: "m1", sessionID: "ses_1", createdMs: LEDGER_MS });
    const early = LedgerDatabase.open(":memory:", 0);
    const place = { id: "server:one", name: "One" };
    const sessions = [aLedgerSession({ id: "ses_1", placeID: place.id, stamp: "api" })];
    const rows = [aRow({ messageID: "m1" }), aRow({ messageID: "m0" })];
    early.write([{ changes: { places: [place], sessions, rows }, placeID: place.id }], 2_000);
    const control = { isCancelled: () => false, onProgress: () => undefined };
    early.fill({ database: tables.path, place: PLACE, formerPlaceID: place.id, nowMs, control });
    const all = usageOf(early.table, {}, NO_PRICES);
    assert.deepEqual(
      early.table.sessions.map(({ placeID }) => placeID),
      ["db"],
    );
    assert.equal(all.spent.recordedUSD, 0.01);
    assert.equal(all.alsoSpent.recordedUSD, 0.01, "the database has no m0");
  });

  it("accepts figures corrected after a fill whose clock was ahead", () => {
    open();
    tables.session("ses_1", { createdMs: LEDGER_MS });
    tables.answer({ id: "m1", sessionID: "ses_1", createdMs: LEDGER_MS, costUSD: 9 });
    const [rightMs, aheadMs] = [nowMs, nowMs + 86_400_000];
    nowMs = aheadMs;
    fill();
    nowMs = rightMs;
    tables.session("ses_1", { createdMs: LEDGER_MS, title: "Renamed" });
    tables.answer({ id: "m1", sessionID: "ses_1", createdMs: LEDGER_MS, costUSD: 0.02 });
    fill();
    assert.equal(sum().spent.recordedUSD, 0.02);
    assert.equal(ledger().sessions[0]?.title, "Renamed");
  });
});
