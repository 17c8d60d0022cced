import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import * as vscode from "vscode";

import type { TestingHandle } from "../../src/extension.ts";
import { usageOf } from "../../src/core/ledger/usageBy.ts";
import type { LedgerQuery } from "../../src/core/ledger/ledgerQuery.ts";
import type { LedgerTable } from "../../src/core/ledger/table.ts";
import { SILENT_LOG } from "../../src/core/log.ts";
import { UsageLedger } from "../../src/history/usageLedger.ts";
import { totalTokens, totalUSD } from "../../src/core/usage/usage.ts";
import type { UsageSnapshot } from "../../src/core/usage/usageSource.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  configure,
  renderedReport,
  scriptedUser,
  run,
  testingHandle,
  until,
  untilServer,
  untilState,
} from "../support/vscode/hostWorld.ts";
import { sumUSD } from "../support/sumUSD.ts";

describe("Usage", () => {
  let handle: TestingHandle;
  let server: OpenCodeServer;
  let folder: string;

  before(async function () {
    folder = mkdtempSync(path.join(tmpdir(), "opencode-sessions-usage-"));
    handle = await testingHandle();
    server = await startOpenCode();
    // Exists before the extension connects.
    const { id } = await server.client.createSession({ title: "Earlier" });
    await server.client.prompt(id, "Earlier\nDO say 100");
    await configure("servers", [{ url: server.url }]);
    await untilServer(handle, server.url);
  });

  after(async () => {
    await configure("servers", undefined);
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Where the extension keeps the ledger. */
  function ledgerFolder(): string {
    return path.join(handle.storageFolder, "usage");
  }

  /** Waits until `find` returns a value for the ledger's current snapshot. */
  async function untilUsage<T>(
    what: string,
    find: (snapshot: UsageSnapshot) => T | undefined,
  ): Promise<T> {
    return await until(what, () => {
      const snapshot = handle.usage.current();
      return snapshot === undefined ? undefined : find(snapshot);
    });
  }

  async function turn(title: string, script: string): Promise<string> {
    const { id } = await server.client.createSession({ title });
    await server.client.prompt(id, `${title}\nDO ${script}`);
    await untilState(handle, "the turn has ended", ({ servers }) => {
      const one = servers.get(server.url);
      const totals = one?.sessions.get(id)?.totals;
      return totals !== undefined && totals.costUSD > 0 ? true : undefined;
    });
    return id;
  }

  function spentOf(snapshot: UsageSnapshot, sessionID: string) {
    return usageOf(snapshot.table, { sessionIDs: new Set([sessionID]) }, snapshot.prices).spent;
  }

  it("includes what a server used before, and a turn as soon as it has ended", async function () {
    const [earlier] = await server.client.sessions();
    await untilUsage("what was before is in the ledger", (snapshot) =>
      totalTokens(spentOf(snapshot, earlier!.id).tokens) > 0 ? true : undefined,
    );
    const id = await turn("Now", "say 50");
    const spent = await untilUsage("the turn is in the ledger", (snapshot) => {
      const found = spentOf(snapshot, id);
      return found.recordedUSD > 0 ? found : undefined;
    });
    const session = await server.client.session(id);
    assert.equal(spent.recordedUSD, session.cost);
    assert.equal(spent.tokens.input, session.tokens!.input);
  });

  it("warns once at 80 %, and asks at 100 % whether to stop running sessions", async function () {
    const before = await spentToday();
    const limit = before / 0.85;
    const someone = scriptedUser({ buttons: [undefined, "Stop"] });
    await configure("budgets.limits", [daily(limit)]);
    const warning = await until("a warning", () => someone.messages[0]);
    assert.match(
      warning,
      /^Budget for today on .+: 85% used, \$[\d.]+ of \$[\d.]+ \(recorded cost\)\.$/,
    );
    const { id } = await server.client.createSession({ title: "Runs away" });
    await server.client.promptAsync(
      id,
      "Runs away\nDO say 200 ;; bash sleep 0.2 ;; slow 50 ;; forever",
    );
    const asked = await until("a question", () => someone.messages[1]);
    assert.match(
      asked,
      /^The budget for today on .+ has been reached: \$[\d.]+ of \$[\d.]+, \$[\d.]+ over \(recorded.*\)\. 1 session running: stop\?$/,
    );
    await untilState(handle, "it was stopped", ({ servers }) =>
      servers.get(server.url)?.live.get(id)?.activity.kind === "idle" ? true : undefined,
    );
    // Neither the following fills nor other checks report it again.
    await run("opencodeSessions.refreshUsage");
    assert.equal(someone.messages.length, 2);
    const use = handle.usage.current()!.budgets[0]!;
    assert.equal(use.limit, limit);
    assert.ok(use.used > limit && use.percent > 100);
    assert.ok(Math.abs(use.overshoot - (use.used - limit)) < 1e-9);
    const status = handle.usage.statusExtras({ serverID: server.url, sessionID: id });
    assert.equal(status.budgets?.[0]?.percent, use.percent);
    await configure("budgets.limits", undefined);
    someone.restoreDialogs();
  });

  it("stops sessions automatically if allowed, until the budget is snoozed", async function () {
    const someone = scriptedUser({ buttons: ["Snooze…"], picks: ["1 hour"] });
    await configure("budgets.stopAutomatically", true);
    await configure("budgets.limits", [daily((await spentToday()) / 2)]);
    // Nothing is running yet: the message says so, and is answered with a snooze.
    const told = await until("it is told", () => someone.messages[0]);
    assert.match(told, /has been reached: .* Nothing is running\.$/);
    const free = await server.client.createSession({ title: "Snoozed" });
    await until("the snooze was picked", () => (someone.unusedAnswers() === 0 ? true : undefined));
    await server.client.prompt(free.id, "Snoozed\nDO say 20 ;; wait 2500 ;; say 20");
    assert.deepEqual(someone.messages.slice(1), []);
    const [message] = (await server.client.messages(free.id)).slice(-1);
    assert.ok(message?.info.role === "assistant" && message.info.error === undefined);

    // A different limit is a different budget, which hasn't been snoozed.
    await configure("budgets.limits", [daily((await spentToday()) / 3)]);
    await until("it is told again", () => someone.messages[1]);
    const { id } = await server.client.createSession({ title: "Stopped" });
    await server.client.promptAsync(id, "Stopped\nDO slow 50 ;; forever");
    const stopped = await until("it was stopped", () => someone.messages[2]);
    assert.match(stopped, /has been reached: .* Stopped: 1 running session\.$/);
    const answer = await until("the server says so", async () => {
      const messages = await server.client.messages(id);
      return messages.find(({ info }) => info.role === "assistant" && info.error !== undefined);
    });
    assert.ok(answer.info.role === "assistant");
    assert.equal(answer.info.error?.name, "MessageAbortedError");
    await configure("budgets.stopAutomatically", undefined);
    await configure("budgets.limits", undefined);
    someone.restoreDialogs();
  });

  it("reports bad settings entries, and uses the good ones", async () => {
    const someone = scriptedUser({ buttons: [undefined] });
    await configure("budgets.limits", [
      { period: "yearly", usd: 1 },
      { period: "monthly", usd: 1000 },
    ]);
    const told = await until("it is told", () => someone.messages[0]);
    someone.restoreDialogs();
    assert.match(told, /“opencodeSessions\.budgets\.limits”: entry 1 needs a “period”/);
    const budgets = await untilUsage("the other counts", ({ budgets }) =>
      budgets.length === 1 ? budgets : undefined,
    );
    assert.equal(budgets[0]?.limit, 1000);
    await configure("budgets.limits", undefined);
  });

  it("counts a fork's copied history once, and deleted sessions as also spent", async function () {
    const id = await turn("Original", "say 60");
    const own = await untilUsage("it is in the ledger", (snapshot) => {
      const found = spentOf(snapshot, id).recordedUSD;
      return found > 0 ? found : undefined;
    });
    const all = await spentToday();
    const fork = (await server.client.request("POST", `/session/${id}/fork`, {
      body: {},
    })) as { id: string };
    const sum = await untilUsage("the fork is in the ledger", (snapshot) => {
      const query = { sessionIDs: new Set([fork.id]) };
      const found = usageOf(snapshot.table, query, snapshot.prices);
      return found.copied.recordedUSD > 0 ? found : undefined;
    });
    assert.equal(sum.spent.recordedUSD, 0);
    assert.equal(sum.copied.recordedUSD, own);
    assert.equal(await spentToday(), all);
    await server.client.remove(fork.id);
    await server.client.remove(id);
    await untilUsage("it is also spent", (snapshot) => {
      const query = { sessionIDs: new Set([id]) };
      const { spent, alsoSpent } = usageOf(snapshot.table, query, snapshot.prices);
      return spent.recordedUSD === 0 && alsoSpent.recordedUSD === own ? true : undefined;
    });
    assert.equal(await spentToday(), all);
  });

  it("is on disk: another window sees the same", async () => {
    await run("opencodeSessions.refreshUsage");
    const table = handle.usage.current()!.table;
    const ledger = await UsageLedger.open({
      folder: ledgerFolder(),
      log: SILENT_LOG,
      now: Date.now,
    });
    try {
      assert.ok(table.length > 0);
      assert.deepEqual(idsOf(ledger.table), idsOf(table));
    } finally {
      await ledger.dispose();
    }
  });

  it("exports its data as CSV and JSON", async () => {
    const cases = [
      ["Usage by day, model, agent and project", "usage.csv"],
      ["Sessions with their trees", "sessions.csv"],
      ["Every answer", "answers.csv"],
      ["Usage by day, and sessions", "usage.json"],
    ] as const;
    await run("opencodeSessions.refreshUsage");
    const all = spentIn({});
    const written: string[] = [];
    for (const [form, name] of cases) {
      const uri = vscode.Uri.joinPath(vscode.Uri.file(folder), name);
      const someone = scriptedUser({
        picks: [form, "30 days"],
        files: [uri],
        buttons: [undefined],
      });
      await run("opencodeSessions.exportUsage");
      someone.restoreDialogs();
      assert.match(someone.messages.join(), /^Usage was written to /);
      written.push(readFileSync(uri.fsPath, "utf8"));
    }
    const [days = "", sessions = "", answers = "", json = ""] = written;
    const value = JSON.parse(json) as {
      days: { spent: { costUSD: number }; alsoSpent: { costUSD: number } }[];
    };
    const sum = sumUSD(
      value.days.flatMap(({ spent, alsoSpent }) => [spent.costUSD, alsoSpent.costUSD]),
    );
    assert.equal(sum, all);
    assert.match(days, /^day,model,agent,project,place,answers,/);
    assert.match(days, /scripted\/steady/);
    assert.match(sessions, /Snoozed/);
    const { table } = handle.usage.current()!;
    assert.equal(answers.trimEnd().split("\r\n").length, table.length + 1);
  });

  it("checks the health of servers, database and ledger in a readable report", async function () {
    await run("opencodeSessions.checkHealth");
    const document = await renderedReport("# OpenCode Sessions: health");
    const text = document.getText();
    assert.match(text, /✓ It answers in .* \(OpenCode 1, 1\.18\.33\)/);
    assert.match(text, /✓ Its clock agrees|✓ Its clock is unknown/);
    assert.match(text, /✓ The context window of every model in use is known/);
    assert.match(text, /✓ SQLite [\d.]+ checked its integrity in .* found no faults/);
    assert.match(text, /✓ Its write-ahead log is/);
    assert.match(text, /free on its disk/);
    assert.match(text, /## Usage ledger\n\n- ✓ \d+ answers of \d+ sessions/);
    assert.doesNotMatch(text, /^- ✗/m);
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
  });

  it("backs up the database while its server is running", async function () {
    const { id } = await server.client.createSession({ title: "Meanwhile" });
    await server.client.promptAsync(id, "Meanwhile\nDO slow 20 ;; forever");
    const uri = vscode.Uri.joinPath(vscode.Uri.file(folder), "backup.db");
    const someone = scriptedUser({ files: [uri] });
    await run("opencodeSessions.backUpDatabase");
    someone.restoreDialogs();
    await server.client.abort(id);
    const sessions = (await server.client.sessions()).length;
    assert.match(
      someone.messages.join(),
      new RegExp(`^Backed up ${String(sessions)} sessions \\([\\d.]+ [kM]?B\\) in `),
    );
    assert.equal(readFileSync(uri.fsPath).subarray(0, 15).toString(), "SQLite format 3");
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith("backup")),
      ["backup.db"],
    );
  });

  /** A limit for this server only: other tests have spent on their own servers. */
  function daily(usd: number): object {
    return { period: "daily", usd, server: server.url };
  }

  /** Everything spent on this server, forgotten or not, in US dollars. */
  async function spentToday(): Promise<number> {
    await run("opencodeSessions.refreshUsage");
    const place = handle.usage.placeOf(server.url);
    assert.ok(place !== undefined);
    return spentIn({ placeIDs: new Set([place.id]) });
  }

  function spentIn(query: LedgerQuery): number {
    const { table, prices } = handle.usage.current()!;
    const { spent, alsoSpent } = usageOf(table, query, prices);
    return sumUSD([totalUSD(spent), totalUSD(alsoSpent)]);
  }
});

function idsOf(table: LedgerTable): string[] {
  return Array.from({ length: table.length }, (_, row) => table.messageID(row)).sort();
}
