import assert from "node:assert/strict";
import { ExactUSD } from "../../src/core/usage/exactUSD.ts";
import type { LedgerSum } from "../../src/core/ledger/ledgerSum.ts";
import { viewLedger } from "../../src/core/ledger/ledgerView.ts";
import { usageBy, usageOf } from "../../src/core/ledger/usageBy.ts";
import type { LedgerTable } from "../../src/core/ledger/table.ts";
import { SILENT_LOG } from "../../src/core/log.ts";
import { totalTokens, type Usage } from "../../src/core/usage/usage.ts";
import type { FillOutcome } from "../../src/history/fill.ts";
import { LiveSteps } from "../../src/history/liveSteps.ts";
import { fillFromServer } from "../../src/history/serverFill.ts";
import { UsageLedger } from "../../src/history/usageLedger.ts";
import { rowsOfTable, serversUsage, tableIn, temporaryFolder } from "../support/seed/ledger.ts";
import { fillInNode24 } from "../support/seed/ledgerWorker.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { poll } from "../support/opencode/client.ts";
import { ccusage, type CcusageTotals, runOpenCode } from "../support/opencode/opencodeTools.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import { seedServer } from "../support/seed/seed.ts";
import { quiet } from "../support/patience.mjs";

const PLACE = { id: "db", name: "This machine" };
const NO_PRICES = new Map<string, never>();

/** Both counters add doubles one by one, so the last digits differ from the exact sum. */
function assertSameUSD(actual: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(actual - expected) <= 1e-12 * Math.max(1, expected) * 10,
    `${what}: ${actual} instead of ${expected}`,
  );
}

function assertSameAsCcusage(usage: Usage, truth: CcusageTotals, what: string): void {
  const { tokens } = usage;
  assert.deepEqual(
    [tokens.input, tokens.output, tokens.cache.read, tokens.cache.write, totalTokens(tokens)],
    [
      truth.inputTokens,
      truth.outputTokens,
      truth.cacheReadTokens,
      truth.cacheWriteTokens,
      truth.totalTokens,
    ],
    what,
  );
  assertSameUSD(usage.recordedUSD, truth.costUSD, what);
}

/** Formats a token count as `opencode stats` does. */
function shortCount(count: number): string {
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)}M`;
  return count >= 1000 ? `${(count / 1000).toFixed(1)}K` : String(count);
}

describe("the ledger on a real OpenCode 1 server", function () {
  let server: OpenCodeServer;
  let pool: TestPool;
  let live: LiveSteps;
  let liveLedger: UsageLedger;
  const folder = temporaryFolder();

  const fill = async (): Promise<FillOutcome> => {
    const outcome = await fillInNode24(folder, server.databasePath, PLACE);
    assert.ok(outcome.kind === "filled" || outcome.kind === "unchanged", JSON.stringify(outcome));
    return outcome;
  };
  const table = (): LedgerTable => tableIn(folder);
  const sum = (): LedgerSum => usageOf(table(), {}, NO_PRICES);
  const sumOf = (...sessionIDs: string[]): LedgerSum =>
    usageOf(table(), { sessionIDs: new Set(sessionIDs) }, NO_PRICES);

  /** Asserts that ccusage, `opencode stats` and the server's session rows agree with the ledger. */
  const assertCountersAgree = async (): Promise<void> => {
    const all = serversUsage(sum());
    const report = await ccusage(server);
    assertSameAsCcusage(all, report.totals, "all sessions");
    const bySession = new Map(
      usageBy(table(), "session", {}, NO_PRICES).map(({ key, sum }) => [key, sum]),
    );
    for (const [id, truth] of report.sessions) {
      const own = bySession.get(id);
      assert.ok(own !== undefined, id);
      assertSameAsCcusage(serversUsage(own), truth, id);
    }
    const rows = new ExactUSD();
    for (const session of await server.client.sessions()) {
      rows.add(session.cost ?? 0);
      const own = bySession.get(session.id);
      if (own === undefined) continue;
      assertSameUSD(serversUsage(own).recordedUSD, session.cost ?? 0, session.title);
      assert.deepEqual(serversUsage(own).tokens, session.tokens);
    }
    assertSameUSD(all.recordedUSD, rows.usd, "the session rows");
    const stats = (await runOpenCode(server, ["stats"])).stdout;
    const said = (name: string): string | undefined =>
      new RegExp(`│${name} +(\\S+) │`).exec(stats)?.[1];
    assert.equal(said("Input"), shortCount(all.tokens.input));
    assert.equal(said("Output"), shortCount(all.tokens.output));
    assert.equal(said("Cache Read"), shortCount(all.tokens.cache.read));
    assert.equal(said("Cache Write"), shortCount(all.tokens.cache.write));
    assert.equal(said("Total Cost"), `$${all.recordedUSD.toFixed(2)}`);
  };

  before(async () => {
    server = await startOpenCode({
      projects: ["app", "lib"],
      config: {
        command: {
          audit: {
            template: "Audit $ARGUMENTS\nDO say 10",
            description: "Audit",
            subtask: true,
            agent: "general",
          },
        },
      },
    });
    liveLedger = await UsageLedger.open({
      folder: temporaryFolder(),
      log: SILENT_LOG,
      now: Date.now,
    });
    live = new LiveSteps({
      ledger: liveLedger,
      placeOf: () => PLACE,
      keepsReverted: () => false,
      getState: () => pool.store.state,
      now: Date.now,
      log: SILENT_LOG,
    });
    pool = startPool([endpointOf(server.url)], undefined, undefined, (action) => {
      live.onAction(action);
    });
    await pool.until(
      (state) => state.servers.get(server.url)?.connection.kind === "connected" || undefined,
      "a connection",
    );
  });

  after(async () => {
    await live.dispose();
    await liveLedger.dispose();
    await pool.stop();
    await server.stop();
  });

  it("equals the counters for sessions with children, commands, compaction and an abort", async () => {
    const { client } = server;
    const family = await client.createSession({ title: "family" });
    await client.prompt(
      family.id,
      "Go\nDO think 9 ;; task general Outer { task general Inner { say 20 } ;; say 9 } ;; say 5",
      { model: "deep" },
    );
    const compacted = await client.createSession({
      title: "compacted",
      directory: server.directories[1]!,
    });
    await client.prompt(compacted.id, "Fill\nDO context 9000 ;; say 40");
    await client.compact(compacted.id, "steady");
    await client.prompt(compacted.id, "On\nDO say 4");
    const aborted = await client.createSession({ title: "aborted" });
    await client.promptAsync(aborted.id, "Go\nDO slow 40 ;; forever");
    await quiet(1500);
    await client.abort(aborted.id);
    await client.waitUntilIdle(aborted.id);
    const commanded = await client.createSession({ title: "commanded" });
    await client.request("POST", `/session/${commanded.id}/command`, {
      body: { command: "audit", arguments: "it" },
    });
    await client.waitUntilIdle(commanded.id);
    const free = await client.createSession({ title: "free" });
    await client.prompt(free.id, "Go\nDO say 7", { model: "free" });

    assert.equal((await fill()).kind, "filled");
    await assertCountersAgree();
    assert.deepEqual(await fill(), { kind: "unchanged" });

    const all = table();
    const [child] = await client.children(commanded.id);
    assert.equal(all.sessions[all.sessionIndex(child!.id)!]?.command, "audit");
    const trees = usageBy(all, "tree", { treeIDs: new Set([family.id]) }, NO_PRICES);
    assert.equal(trees.length, 1);
    assert.ok(
      trees[0]!.sum.spent.recordedUSD > sumOf(family.id).spent.recordedUSD * 1.5,
      "children are in the tree's cost",
    );
    const agents = usageBy(all, "agent", {}, NO_PRICES).map(({ key }) => key);
    assert.deepEqual([...agents].sort(), ["build", "compaction", "general"]);
    const unpriced = sumOf(free.id);
    assert.ok(unpriced.spent.unpricedTokens > 0 && unpriced.spent.recordedUSD === 0);
  });

  it("counts copied history in forks once, and still equals the counters", async () => {
    const { client } = server;
    const original = await client.createSession({ title: "original" });
    await client.prompt(original.id, "Go\nDO think 3 ;; todo 1/2 a, b ;; say 5");
    await client.prompt(original.id, "More\nDO say 8", { model: "swift" });
    const fork = async (sessionID: string, messageID?: string): Promise<string> => {
      const body = messageID === undefined ? {} : { messageID };
      const made = (await client.request("POST", `/session/${sessionID}/fork`, { body })) as {
        id: string;
      };
      return made.id;
    };
    await fill();
    const once = sum().spent.recordedUSD;
    const own = sumOf(original.id).spent.recordedUSD;

    const whole = await fork(original.id);
    const users = (await client.messages(original.id)).filter(({ info }) => info.role === "user");
    const partly = await fork(original.id, users[1]!.info.id);
    await client.rename(whole, "nothing tells that this is a fork");
    await client.prompt(whole, "Elsewhere\nDO say 6");
    const forkOfFork = await fork(whole);
    await fill();
    await assertCountersAgree();

    const added = sumOf(whole).spent.recordedUSD;
    assert.ok(added > 0);
    assertSameUSD(sum().spent.recordedUSD, once + added, "every message once");
    assertSameUSD(sumOf(whole).copied.recordedUSD, own, "the fork's copies");
    assert.equal(sumOf(partly).spent.recordedUSD, 0);
    assert.ok(sumOf(partly).copied.recordedUSD > 0);
    assertSameUSD(sumOf(forkOfFork).copied.recordedUSD, own + added, "copies of copies");

    // The original is deleted: its cost is still in the fork, and must not count as forgotten too.
    await client.remove(original.id);
    await fill();
    await assertCountersAgree();
    const after = sum();
    assertSameUSD(after.spent.recordedUSD, once + added, "a copy stands in for the original");
    assertSameUSD(sumOf(original.id).alsoSpent.recordedUSD, 0, "nothing forgotten yet");
    await client.remove(whole);
    await client.remove(partly);
    await client.remove(forkOfFork);
    await fill();
    await assertCountersAgree();
    assertSameUSD(sum().spent.recordedUSD, once - own, "all copies gone");
    assertSameUSD(sum().alsoSpent.recordedUSD, own + added, "spent once, forgotten once");
  });

  it("follows the server for archived, reverted and deleted sessions, and remembers what it forgot", async () => {
    const { client } = server;
    const before = sum();
    const archived = await client.createSession({ title: "archived" });
    await client.prompt(archived.id, "Go\nDO say 5");
    await client.request("PATCH", `/session/${archived.id}`, { body: { time: { archived: 1 } } });
    const reverted = await client.createSession({ title: "reverted" });
    await client.prompt(reverted.id, "One\nDO say 5");
    await client.prompt(reverted.id, "Two\nDO say 50");
    const deleted = await client.createSession({ title: "deleted" });
    await client.prompt(deleted.id, "Go\nDO task general Child { say 9 } ;; say 2");
    await fill();
    await assertCountersAgree();

    const messages = await client.messages(reverted.id);
    const second = messages.filter(({ info }) => info.role === "user")[1]!;
    await client.request("POST", `/session/${reverted.id}/revert`, {
      body: { messageID: second.info.id },
    });
    await fill();
    await assertCountersAgree();
    assertSameUSD(
      sum().alsoSpent.recordedUSD,
      before.alsoSpent.recordedUSD,
      "a revert alone forgets nothing",
    );
    const two = sumOf(reverted.id).spent.recordedUSD;
    await client.prompt(reverted.id, "Three\nDO say 3");
    const [child] = await client.children(deleted.id);
    const lost = sumOf(deleted.id, child!.id).spent.recordedUSD;
    await client.remove(deleted.id);
    await fill();
    await assertCountersAgree();

    const forgotten = sumOf(reverted.id);
    assert.ok(forgotten.alsoSpent.recordedUSD > 0 && forgotten.alsoSpent.recordedUSD < two);
    assert.equal(forgotten.messages, 2);
    assertSameUSD(sumOf(deleted.id, child!.id).alsoSpent.recordedUSD, lost, "deleted");
    assertSameUSD(
      sum().alsoSpent.recordedUSD,
      before.alsoSpent.recordedUSD + forgotten.alsoSpent.recordedUSD + lost,
      "all that was forgotten",
    );
  });

  it("learns the same from the server's API as from its database", async () => {
    const gateway = pool.pool.gateway(server.url);
    assert.ok(gateway !== undefined);
    const ledger = await UsageLedger.open({
      folder: temporaryFolder(),
      log: SILENT_LOG,
      now: Date.now,
    });
    const options = { ledger, reader: gateway, place: PLACE, keepsReverted: false, now: Date.now };
    assert.equal((await fillFromServer(options)).kind, "filled");
    const known = table();
    const fromDatabase = rowsOfTable(known);
    const gone = new Set(
      Array.from({ length: known.length }, (_, row) => row)
        .filter((row) => (known.flags[row]! & 1) !== 0)
        .map((row) => known.messageID(row)),
    );
    assert.ok(gone.size > 0);
    const stillThere = Object.entries(fromDatabase).filter(([id]) => !gone.has(id));
    assert.deepEqual(rowsOfTable(ledger.table), Object.fromEntries(stillThere));
    assert.equal(viewLedger(ledger.table).table.length, stillThere.length);
    const commands = (of: LedgerTable): string[] =>
      of.sessions.flatMap(({ command, isGone }) =>
        command === undefined || isGone ? [] : [command],
      );
    assert.deepEqual(commands(ledger.table), commands(known));
    assert.deepEqual(await fillFromServer(options), { kind: "unchanged" });
    await ledger.dispose();
  });

  it("learns the same from the live stream, including what was forgotten", async () => {
    const fromDatabase = sum();
    // The last reports may still be on their way.
    await poll("the last answer has come", async () => {
      await live.flush();
      const now = usageOf(liveLedger.table, {}, NO_PRICES);
      const hasAll = (kind: "spent" | "alsoSpent"): boolean =>
        totalTokens(now[kind].tokens) >= totalTokens(fromDatabase[kind].tokens);
      return hasAll("spent") && hasAll("alsoSpent") ? true : undefined;
    }).catch(() => undefined);
    const fromStream = usageOf(liveLedger.table, {}, NO_PRICES);
    for (const kind of ["spent", "alsoSpent"] as const) {
      assert.deepEqual(fromStream[kind].tokens, fromDatabase[kind].tokens, kind);
      assertSameUSD(fromStream[kind].recordedUSD, fromDatabase[kind].recordedUSD, kind);
    }
    const byAgent = (of: LedgerTable): [string, number][] =>
      usageBy(of, "agent", {}, NO_PRICES)
        .filter(({ sum }) => totalTokens(sum.spent.tokens) > 0)
        .map(({ key, sum }): [string, number] => [key, totalTokens(sum.spent.tokens)])
        .sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(byAgent(liveLedger.table), byAgent(table()));
  });

  it("equals ccusage on a year of seeded sessions", async () => {
    const { client } = server;
    for (const session of await client.sessions()) {
      if (session.parentID === undefined) await client.remove(session.id);
    }
    await live.flush();
    const summary = await seedServer(server, {
      sessions: 800,
      messages: 12_000,
      largestSession: 900,
    });
    assert.equal((await fill()).kind, "filled");
    const { spent, messages } = sum();
    assertSameAsCcusage(spent, (await ccusage(server)).totals, "the seeded sessions");
    assertSameUSD(spent.recordedUSD, summary.totals.costUSD, "what was written");
    assert.equal(messages, summary.totals.messages);
    for (const { key, sum } of usageBy(table(), "model", {}, NO_PRICES)) {
      const written = summary.perModel[key];
      if (written === undefined) {
        assert.equal(sum.messages, 0, key);
        continue;
      }
      assertSameUSD(sum.spent.recordedUSD, written.costUSD, key);
      assert.equal(sum.spent.tokens.input, written.input);
      assert.equal(sum.messages, written.messages);
    }
  });
});
