import assert from "node:assert/strict";

import type { DatabaseHealth, Health, ServerHealth } from "../../../src/core/state/health.ts";
import { healthFindings, healthReport } from "../../../src/viewModels/documents/healthReport.ts";
import { NOW_MS } from "../../support/seed/builders.ts";

const server: ServerHealth = {
  name: "box",
  url: "http://127.0.0.1:4096",
  generation: "OpenCode 1",
  version: "1.18.33",
  connection: "connected",
  problem: undefined,
  answerMs: 12,
  clockAheadMs: 300,
  sessions: 3,
  models: 4,
  modelsWithoutLimit: 1,
  usedWithoutLimit: [],
  usedWithoutPrice: [],
  place: "This machine",
};
const database: DatabaseHealth = {
  file: "/data/opencode_x.db",
  bytes: 5_000_000,
  walBytes: 1_000,
  isReadable: true,
  isWritable: true,
  freeBytes: 50_000_000_000,
  inspection: {
    kind: "inspected",
    sqliteVersion: "3.50.4",
    journalMode: "wal",
    faults: [],
    generations: 1,
    sessions: 3,
    tookMs: 8,
  },
};
const good: Health = {
  nowMs: NOW_MS,
  timeZone: "Europe/Berlin",
  nodeVersion: "v24.0.0",
  hasSqlite: true,
  servers: [server],
  databases: [database],
  ledger: {
    folder: "/ledger",
    bytes: 1000,
    isWritable: true,
    freeBytes: 1e12,
    rows: 7,
    sessions: 3,
    badRows: 0,
    undatedRows: 0,
    problems: [],
  },
  ledgerFailure: undefined,
};
const subject = { extensionVersion: "0.1.0", editorVersion: "1.100.0", platform: "linux" };

/** The findings of a health check that are not good, as `level: text`. */
function wrong(changes: Partial<Health>): string[] {
  return healthFindings({ ...good, ...changes })
    .filter(({ level }) => level !== "good")
    .map(({ level, text }) => `${level}: ${text}`);
}

describe("the health report", () => {
  it("says that everything is in order, with versions, sizes and the checks made", () => {
    const text = String(healthReport(good, subject));
    assert.match(text, /^# OpenCode Sessions: health\n\n\*\*Everything is in order\.\*\*\n/);
    assert.match(text, /VS Code: 1\.100\.0, linux, Node\.js v24\.0\.0/);
    assert.match(text, /## Database \/data\/opencode_x\.db\n\n- ✓ 5 MB, readable and writable\./);
    assert.match(text, /✓ SQLite 3\.50\.4 checked its integrity in 8 ms and found no faults/);
    assert.match(text, /history: This machine/);
  });

  it("finds problems with a server", () => {
    const bad = (changes: Partial<ServerHealth>) => wrong({ servers: [{ ...server, ...changes }] });
    assert.deepEqual(bad({}), []);
    assert.match(
      bad({
        answerMs: undefined,
        connection: "unauthorized",
        problem: "a password is required",
      })[0]!,
      /^bad: It does not answer: a password is required\. If the password is wrong, use “Enter Server Password…”/,
    );
    assert.match(bad({ clockAheadMs: -90_000 })[0]!, /^bad: Its clock is 1m 30s behind/);
    assert.match(bad({ clockAheadMs: 7_200_000 })[0]!, /^bad: Its clock is 2h 00m ahead of/);
    assert.match(
      bad({ usedWithoutLimit: ["a/1", "a/2", "a/3", "a/4", "a/5", "a/6"] })[0]!,
      /^note: No context window is known for a\/1, a\/2, a\/3, a\/4, a\/5 and 1 more/,
    );
    assert.match(bad({ usedWithoutPrice: ["a/1"] })[0]!, /^note: No price is known for a\/1/);
    assert.match(bad({ answerMs: 5_000 })[0]!, /^note: It answers in 5\.0 s, which is slow/);
    assert.match(bad({ models: 0 })[0]!, /^note: It reports no models/);
    assert.match(wrong({ servers: [] })[0]!, /^note: No servers are known/);
  });

  it("finds problems with a database", () => {
    const bad = (changes: Partial<DatabaseHealth>) =>
      wrong({ databases: [{ ...database, ...changes }] });
    assert.match(bad({ bytes: undefined })[0]!, /^bad: There is no such file/);
    assert.match(bad({ isReadable: false })[0]!, /^bad: You do not have permission to read it/);
    assert.match(bad({ isWritable: false })[0]!, /^bad: You do not have permission to write to it/);
    assert.match(bad({ freeBytes: 5_000_000 })[0]!, /^bad: Only 5 MB free/);
    assert.match(bad({ freeBytes: 500_000_000 })[0]!, /^note: Only 500 MB free/);
    assert.match(bad({ walBytes: 200_000_000 })[0]!, /^note: Its write-ahead log is 200 MB/);
    assert.match(
      bad({ inspection: { kind: "failed", message: "file is not a database" } })[0]!,
      /^bad: SQLite cannot read it: file is not a database/,
    );
    const { inspection } = database;
    assert.ok(inspection?.kind === "inspected");
    assert.match(
      bad({ inspection: { ...inspection, faults: ["row 3 missing from index", "x"] } })[0]!,
      /^bad: It is damaged \(2 faults\): row 3 missing/,
    );
    assert.match(
      bad({ inspection: { ...inspection, generations: 0 } })[0]!,
      /^bad: Its tables are of an unknown version/,
    );
  });

  it("reports what a runtime without SQLite cannot do, and what the ledger lacks", () => {
    const without = wrong({
      hasSqlite: false,
      databases: [{ ...database, inspection: undefined }],
    });
    assert.match(without[0]!, /^note: It has no built-in SQLite/);
    assert.match(without[1]!, /^note: Its integrity was not checked/);
    const ledger = { ...good.ledger!, isWritable: false, badRows: 1, undatedRows: 2 };
    assert.deepEqual(
      wrong({ ledger }).map((text) => text.slice(0, text.indexOf(":"))),
      ["bad", "note", "note"],
    );
    assert.match(
      wrong({ ledger: undefined, ledgerFailure: "EACCES" })[0]!,
      /^bad: It cannot be opened: EACCES/,
    );
    const text = String(healthReport({ ...good, ledger }, subject));
    assert.match(text, /\*\*1 problem, 2 notes\.\*\*/);
  });

  it("escapes markup in names, addresses and places", () => {
    const hostile = "<b>*x*\n# y";
    const { name, url, place } = { name: hostile, url: hostile, place: hostile };
    const text = String(
      healthReport({ ...good, servers: [{ ...server, name, url, place }] }, subject),
    );
    assert.match(text, /## Server \\<b\\>\\\*x\\\* # y\n/);
    assert.doesNotMatch(text, /(?<!\\)[<*]b?x|^# y/m);
  });
});
