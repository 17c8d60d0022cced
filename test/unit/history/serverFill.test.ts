import assert from "node:assert/strict";
import { ServerError } from "../../../src/core/errors.ts";
import { usageOf } from "../../../src/core/ledger/usageBy.ts";
import { SILENT_LOG } from "../../../src/core/log.ts";
import type { Message } from "../../../src/core/state/message.ts";
import { failed, ok } from "../../../src/core/result.ts";
import type { Session } from "../../../src/core/state/session.ts";
import type { FillOutcome, FillProgress } from "../../../src/history/fill.ts";
import { fillFromServer, type HistoryReader } from "../../../src/history/serverFill.ts";
import { UsageLedger } from "../../../src/history/usageLedger.ts";
import { aSession, someTokens } from "../../support/seed/builders.ts";
import {
  aCountedAnswer,
  LEDGER_MS,
  rowsOfTable,
  tableIn,
  temporaryFolder,
} from "../../support/seed/ledger.ts";

const PLACE = { id: "http://far:4096", name: "far" };

/** A server's in-memory history, served page by page. */
class TestHistory implements HistoryReader {
  readonly sessions = new Map<string, Session>();
  readonly messages = new Map<string, Message[]>();
  readonly asked: string[] = [];
  failure: ServerError | undefined;
  atOnce = 0;
  mostAtOnce = 0;
  private clock = 0;

  put(id: string, messages: Message[], overrides: Partial<Session> = {}): void {
    const updatedMs = LEDGER_MS + ++this.clock;
    this.sessions.set(id, aSession({ id, createdMs: LEDGER_MS - 1000, updatedMs, ...overrides }));
    this.messages.set(id, messages);
  }

  listSessions(): ReturnType<HistoryReader["listSessions"]> {
    return Promise.resolve(ok([...this.sessions.values()]));
  }

  async listMessages(
    sessionID: string,
    { limit, before }: { limit: number; before?: string },
  ): ReturnType<HistoryReader["listMessages"]> {
    this.asked.push(sessionID);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    this.atOnce--;
    if (this.failure !== undefined) return failed(this.failure);
    const all = this.messages.get(sessionID);
    if (all === undefined) return failed(new ServerError("notFound", "gone"));
    const end = before === undefined ? all.length : Number(before);
    const start = Math.max(0, end - limit);
    return ok({
      messages: all.slice(start, end),
      olderCursor: start === 0 ? undefined : String(start),
    });
  }
}

describe("filling the ledger from a server", () => {
  let folder: string;
  let ledger: UsageLedger;
  let history: TestHistory;
  let nowMs: number;

  const fill = async (
    options: { signal?: AbortSignal; onProgress?: (progress: FillProgress) => void } = {},
  ): Promise<FillOutcome> =>
    await fillFromServer({
      ledger,
      reader: history,
      place: PLACE,
      keepsReverted: false,
      now: () => (nowMs += 2000),
      ...options,
    });
  const spent = (): number => usageOf(ledger.table, {}, new Map()).spent.recordedUSD;

  beforeEach(async () => {
    folder = temporaryFolder();
    nowMs = LEDGER_MS + 3_600_000;
    ledger = await UsageLedger.open({ folder, log: SILENT_LOG, now: () => nowMs });
    history = new TestHistory();
  });
  afterEach(async () => {
    await ledger.dispose();
  });

  it("reads all pages of the changed sessions, newest first, a few sessions at a time", async () => {
    for (let number = 0; number < 12; number++) {
      history.put(`ses_${number}`, [
        aCountedAnswer(`m${number}`),
        { ...aCountedAnswer("u"), role: "user" },
      ]);
    }
    const many = Array.from({ length: 450 }, (_, number) => aCountedAnswer(`n${number}`));
    history.put("ses_long", many, { parentID: "ses_1" });
    const reported: FillProgress[] = [];
    const outcome = await fill({ onProgress: (progress) => reported.push(progress) });
    assert.deepEqual(outcome, { kind: "filled", sessions: 13, rows: 462 });
    assert.equal(history.asked[0], "ses_long");
    assert.equal(history.asked.filter((id) => id === "ses_long").length, 3);
    assert.ok(history.mostAtOnce > 1 && history.mostAtOnce <= 3);
    assert.deepEqual(reported.at(-1), { sessions: 13, allSessions: 13, rows: 462 });
    assert.equal(ledger.session("ses_long")?.parentID, "ses_1");
    assert.equal(ledger.session("ses_long")?.placeID, PLACE.id);
    assert.equal(spent(), 4.62);
    // First nothing has changed, then one session has.
    history.asked.length = 0;
    assert.deepEqual(await fill(), { kind: "unchanged" });
    history.put("ses_3", [aCountedAnswer("m3"), aCountedAnswer("m3b")]);
    assert.deepEqual(await fill(), { kind: "filled", sessions: 1, rows: 2 });
    assert.deepEqual(history.asked, ["ses_3"]);
  });

  it("keeps what it has read when stopped, and resumes there", async () => {
    for (let number = 0; number < 30; number++) {
      history.put(`ses_${number}`, [aCountedAnswer(`m${number}`)]);
    }
    const stop = new AbortController();
    const outcome = await fill({
      signal: stop.signal,
      onProgress: ({ sessions }) => {
        if (sessions === 10) stop.abort();
      },
    });
    assert.deepEqual(outcome, { kind: "cancelled" });
    const before = tableIn(folder).length;
    assert.ok(before >= 10 && before < 20, String(before));
    history.asked.length = 0;
    assert.equal((await fill()).kind, "filled");
    assert.equal(history.asked.length, 30 - before);
    assert.equal(Object.keys(rowsOfTable(ledger.table)).length, 30);
  });

  it("keeps what it has read when the server fails, and reports why", async () => {
    for (let number = 0; number < 6; number++) {
      history.put(`ses_${number}`, [aCountedAnswer(`m${number}`)]);
    }
    await fill();
    history.put("ses_2", [aCountedAnswer("m2"), aCountedAnswer("m2b")]);
    history.failure = new ServerError("timeout", "no answer in 10 s");
    assert.deepEqual(await fill(), {
      kind: "unavailable",
      reason: "unreadable",
      message: "no answer in 10 s",
      logged: "timeout, no answer in 10 s",
    });
    assert.equal(spent(), 0.06);
    history.failure = undefined;
    assert.equal((await fill()).kind, "filled");
    assert.equal(spent(), 0.07);
  });

  it("remembers what the server has forgotten", async () => {
    history.put("ses_1", [aCountedAnswer("m1"), aCountedAnswer("m2")]);
    history.put("ses_2", [aCountedAnswer("m3")]);
    await fill();
    history.put("ses_1", [aCountedAnswer("m2")]);
    history.sessions.delete("ses_2");
    history.messages.delete("ses_2");
    assert.deepEqual(await fill(), { kind: "filled", sessions: 1, rows: 1 });
    const sum = usageOf(ledger.table, {}, new Map());
    assert.equal(sum.spent.recordedUSD, 0.01);
    assert.equal(sum.alsoSpent.recordedUSD, 0.02);
    assert.equal(ledger.session("ses_2")?.isGone, true);
    assert.deepEqual(await fill(), { kind: "unchanged" });
  });

  it("does not treat an answer as forgotten if it began during the read", async () => {
    history.put("ses_1", [aCountedAnswer("m1")]);
    await fill();
    history.put("ses_1", [aCountedAnswer("m1"), aCountedAnswer("m2")]);
    const listMessages = history.listMessages.bind(history);
    history.listMessages = async (...call) => {
      const page = await listMessages(...call);
      // Meanwhile, the stream reports a third one.
      await ledger.record(
        {
          rows: [
            {
              messageID: "m3",
              sessionID: "ses_1",
              createdMs: LEDGER_MS,
              providerID: "",
              modelID: "",
              agent: "",
              tokens: someTokens({ input: 1 }),
              costUSD: 0.04,
              rank: 1,
              isSummary: false,
              endsTurn: false,
              isGone: false,
              hasBadFigures: false,
              recordedAtS: 1,
              observedAtS: 1,
            },
          ],
        },
        PLACE.id,
      );
      return page;
    };
    await fill();
    assert.equal(spent(), 0.06);
  });

  it("knows which slash command started a task", async () => {
    history.put("ses_2", [aCountedAnswer("m2")], { parentID: "ses_1" });
    history.put("ses_1", [
      aCountedAnswer("m1", {
        parts: [
          {
            kind: "tool",
            id: "p1",
            callID: "c1",
            tool: "task",
            status: "completed",
            title: "x",
            input: { command: "review", prompt: "…" },
            output: undefined,
            error: undefined,
            startedMs: undefined,
            endedMs: undefined,
            childSessionID: "ses_2",
          },
        ],
      }),
    ]);
    await fill();
    assert.equal(ledger.session("ses_2")?.command, "review");
  });

  it("picks up a new title without rereading the messages", async () => {
    history.put("ses_1", [aCountedAnswer("m1")]);
    await fill();
    const session = history.sessions.get("ses_1")!;
    history.sessions.set("ses_1", { ...session, title: "Renamed" });
    history.asked.length = 0;
    assert.equal((await fill()).kind, "filled");
    assert.equal(ledger.session("ses_1")?.title, "Renamed");
    assert.deepEqual(history.asked, []);
    assert.deepEqual(await fill(), { kind: "unchanged" });
  });

  it("marks impossible figures as such", async () => {
    history.put("ses_1", [
      aCountedAnswer("m1", { costUSD: -1 }),
      aCountedAnswer("m2", {
        tokens: undefined,
        costUSD: undefined,
        model: undefined,
        agent: undefined,
      }),
      aCountedAnswer("m3", { tokens: someTokens({ input: Number.NaN, output: 5 }), createdMs: -5 }),
    ]);
    await fill();
    assert.deepEqual(rowsOfTable(ledger.table), {
      m1: `ses_1 acme/sonnet build ${LEDGER_MS} 100 10 0 0 0 0 34`,
      m2: `ses_1 /  ${LEDGER_MS} 0 0 0 0 0 0 40`,
      m3: `ses_1 acme/sonnet build 0 0 5 0 0 0 0.01 34`,
    });
  });
});
