import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getLive, getServer, getSession } from "../../src/core/state/lookup.ts";
import type { Message } from "../../src/core/state/message.ts";
import { ownUsage } from "../../src/core/state/selectors.ts";
import { sessionState } from "../../src/core/state/sessionState.ts";
import type { ConnectionState, ServerState } from "../../src/core/state/state.ts";
import { totalTokens } from "../../src/core/usage/usage.ts";
import { detectServer } from "../../src/server/detectServer.ts";
import type { Gateway } from "../../src/server/gateway.ts";
import { RegistrationSource } from "../../src/sources/registrationSource.ts";
import { ServerSources } from "../../src/sources/serverSources.ts";
import { startOpenCode } from "../support/opencode/opencodeServer.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import type { SessionRecord } from "../support/opencode/v2Double/doubleState.ts";
import {
  startV2Double,
  type V2Double,
  type V2DoubleOptions,
} from "../support/opencode/v2Double/startV2Double.ts";
import { quiet } from "../support/patience.mjs";

describe("the pool on an OpenCode 2 server with faults", function () {
  let double: V2Double;
  let pool: TestPool;
  let passwords: Map<string, string>;

  async function begin(options: V2DoubleOptions = {}): Promise<void> {
    double = await startV2Double(options);
    passwords = new Map([[double.url, double.password]]);
  }

  async function connect(): Promise<void> {
    pool = startPool([endpointOf(double.url)], passwords);
    await until("connected");
  }

  afterEach(async () => {
    await pool.stop();
    await double.stop();
    assert.deepEqual(double.violations, []);
  });

  const server = (): ServerState => {
    const found = getServer(pool.store.state, double.url);
    assert.ok(found !== undefined);
    return found;
  };
  const ref = (sessionID: string) => ({ serverID: double.url, sessionID });
  const gateway = (): Gateway => {
    const found = pool.pool.gateway(double.url);
    assert.ok(found !== undefined);
    return found;
  };

  function until(kind: ConnectionState["kind"]): Promise<ConnectionState> {
    return pool.until((state) => {
      const connection = getServer(state, double.url)?.connection;
      return connection?.kind === kind ? connection : undefined;
    }, kind);
  }

  function seed(count: number): void {
    for (let index = 0; index < count; index++) {
      const { info } = double.state.add({ title: `row ${index}`, directory: "/home/dev/app" });
      info.cost = index;
      if (index % 10 === 0) info.time.archived = Date.now();
    }
  }

  /** Runs a turn on the double itself, and waits until the double's figures are shown. */
  async function turn(record: SessionRecord, text: string): Promise<void> {
    await double.turns.ask(record, text);
    await shown(record);
  }

  async function shown(record: SessionRecord): Promise<void> {
    const { id } = record.info;
    await pool.until((state) => {
      const own = ownUsage(state, ref(id));
      const isSame = totalTokens(own.usage.tokens) === totalTokens(record.info.tokens);
      return (isSame && own.usage.recordedUSD === record.info.cost && !own.isEstimate) || undefined;
    }, `the server's totals of ${id}`);
  }

  it("reads a list of many pages in full, with archived sessions marked", async () => {
    await begin();
    double.faults.pageCap = 50;
    seed(130);
    await connect();
    const sessions = [...server().sessions.values()];
    assert.equal(sessions.length, 130);
    assert.equal(sessions.filter(({ archivedMs }) => archivedMs !== undefined).length, 13);
    const lists = double.calls.filter((call) => call === "GET /api/session");
    assert.ok(lists.length >= 3);
  });

  it("shows rows that have neither title nor model", async () => {
    await begin();
    double.faults.bareRows = true;
    const record = double.state.add({ directory: "/home/dev/app" });
    await connect();
    const session = getSession(pool.store.state, ref(record.info.id));
    assert.equal(session?.title, "");
    assert.equal(session.model, undefined);
    await turn(record, "Go\nDO say 10");
  });

  it("omits rows it can't read and keeps the others", async () => {
    await begin();
    seed(3);
    const broken = [...double.state.sessions.values()][1];
    assert.ok(broken !== undefined);
    Object.assign(broken.info, { id: 7, tokens: null, time: "yesterday" });
    await connect();
    assert.equal(server().sessions.size, 2);
    // The double itself noticed that it violates the contract.
    assert.ok(double.violations.length > 0);
    (double.violations as string[]).length = 0;
  });

  it("reconnects whenever the stream ends, with correct figures again", async () => {
    await begin();
    const record = double.state.add({ title: "cut", directory: "/home/dev/app" });
    double.faults.endStreamAfter = 12;
    await connect();
    await turn(record, "Go\nDO slow 12 ;; say 60");
    double.faults.endStreamAfter = undefined;
    double.hub.overflow();
    await pool.until(
      (state) =>
        (double.hub.streamCount === 1 &&
          getServer(state, double.url)?.connection.kind === "connected" &&
          sessionState(state, ref(record.info.id)).kind === "idle") ||
        undefined,
      "rest",
    );
    await turn(record, "On\nDO say 10");
    const lives = double.calls.filter((call) => call === "GET /api/event").length;
    assert.ok(lives > 2, `${lives} streams`);
  });

  it("fills the gap in a watched session from its own log", async () => {
    await begin();
    const record = double.state.add({ title: "gap", directory: "/home/dev/app" });
    const { id } = record.info;
    await connect();
    const stop = pool.pool.watch(ref(id));
    const key = `${id}@${double.url}` as const;
    await turn(record, "One\nDO say 10");
    await pool.until((state) => state.messages.get(key)?.isComplete || undefined, "messages");
    await double.down();
    await until("lost");
    await double.turns.ask(record, "Two, unseen\nDO think 5 ;; read a.ts ;; say 20");
    const before = double.calls.length;
    await double.up();
    await until("connected");
    const wanted = record.messages.filter(({ type }) => type !== "idle").length;
    await pool.until(
      (state) => state.messages.get(key)?.messages.length === wanted || undefined,
      "the messages of the gap",
    );
    const calls = double.calls.slice(before);
    assert.ok(calls.includes(`GET /api/experimental/session/${id}/log`));
    assert.ok(!calls.includes(`GET /api/session/${id}/message`), "nothing was loaded anew");
    const truth = await gateway().listMessages(id, { limit: 50 });
    assert.ok(truth.ok);
    const known = pool.store.state.messages.get(key)?.messages ?? [];
    assert.deepEqual(known.map(withoutTimes), truth.value.messages.map(withoutTimes));
    stop();
  });

  it("reloads a watched session if its log reports more than it shows", async () => {
    await begin();
    const record = double.state.add({ title: "beyond the log", directory: "/home/dev/app" });
    const { id } = record.info;
    await connect();
    const stop = pool.pool.watch(ref(id));
    const key = `${id}@${double.url}` as const;
    await turn(record, "One\nDO say 10");
    await pool.until((state) => state.messages.get(key)?.isComplete || undefined, "messages");
    await double.down();
    await until("lost");
    await double.turns.ask(record, "Two\nDO say 5");
    const compacted = { id: "msg_compact", sessionID: id, type: "compaction" } as const;
    double.turns.accept(record, { ...compacted, delivery: "steer" });
    await quiet(500);
    await double.up();
    await until("connected");
    // The log reports a compaction, whose message only a reload shows.
    await pool.until(
      (state) => state.messages.get(key)?.messages.some(({ isSummary }) => isSummary) || undefined,
      "the summary",
    );
    stop();
  });

  it("removes messages that a committed revert removed", async () => {
    await begin();
    const record = double.state.add({ title: "revert", directory: "/home/dev/app" });
    const { id } = record.info;
    await connect();
    const stop = pool.pool.watch(ref(id));
    const key = `${id}@${double.url}` as const;
    await turn(record, "One\nDO say 10");
    await turn(record, "Two\nDO say 10");
    await pool.until(
      (state) => state.messages.get(key)?.messages.length === 4 || undefined,
      "four messages",
    );
    const second = record.messages.filter(({ type }) => type === "user").at(-1);
    const session = getSession(pool.store.state, ref(id));
    assert.ok(second !== undefined && session !== undefined);
    const spentUSD = record.info.cost;
    assert.ok((await gateway().revert(session, second.id)).ok);
    const committed = await fetch(`${double.url}/api/session/${id}/revert/commit`, {
      method: "POST",
      headers: { authorization: basic(double.password) },
    });
    assert.equal(committed.status, 204);
    await pool.until(
      (state) => state.messages.get(key)?.messages.length === 2 || undefined,
      "two messages",
    );
    // What was spent remains spent.
    assert.equal(ownUsage(pool.store.state, ref(id)).usage.recordedUSD, spentUSD);
    stop();
  });

  it("accepts totals that arrive after the turn has ended", async () => {
    await begin();
    const record = double.state.add({ title: "late", directory: "/home/dev/app" });
    await connect();
    double.faults.lateTotalsMs = 700;
    await double.turns.ask(record, "Go\nDO say 10");
    await pool.until((state) => {
      const own = ownUsage(state, ref(record.info.id)).usage;
      return own.recordedUSD === record.info.cost || undefined;
    }, "the step's own figures, before the totals");
    assert.equal(sessionState(pool.store.state, ref(record.info.id)).kind, "idle");
    await quiet(1_000);
    await shown(record);
  });

  it("takes the server's totals as soon as it reports them", async () => {
    await begin();
    const record = double.state.add({ directory: "/home/dev/app" });
    await connect();
    await double.turns.ask(record, "Go\nDO say 10");
    await pool.until((state) => {
      // They also include naming the session, which no step reports.
      const totals = getSession(state, ref(record.info.id))?.totals;
      return totals?.costUSD === record.info.cost || undefined;
    }, "the totals, long before anybody would ask");
  });

  it("removes children with their parent, although only the parent's end is reported", async () => {
    await begin();
    const directory = "/home/dev/app";
    const parent = double.state.add({ title: "parent", directory });
    const child = double.state.add({ title: "child", directory, parentID: parent.info.id });
    double.state.add({ title: "grandchild", directory, parentID: child.info.id });
    await connect();
    assert.equal(server().sessions.size, 3);
    const session = getSession(pool.store.state, ref(parent.info.id));
    assert.ok(session !== undefined);
    assert.ok((await gateway().remove(session)).ok);
    await pool.until(
      (state) => getServer(state, double.url)?.sessions.size === 0 || undefined,
      "nothing left",
    );
  });

  it("requests totals that are never reported", async () => {
    await begin();
    const record = double.state.add({ title: "silent", directory: "/home/dev/app" });
    await connect();
    double.faults.losesTotals = true;
    await double.turns.ask(record, "Go\nDO say 10");
    await pool.until(
      (state) =>
        getSession(state, ref(record.info.id))?.totals?.costUSD === record.info.cost || undefined,
      "the row's totals",
    );
    await shown(record);
  });

  it("ignores events it doesn't know", async () => {
    await begin();
    const record = double.state.add({ title: "future", directory: "/home/dev/app" });
    double.faults.unknownEvents = true;
    await connect();
    await turn(record, "Go\nDO task general Look { say 5 } ;; say 10");
    assert.equal(server().connection.kind, "connected");
  });

  it("falls back to 2.0.18 if there is no specification to read", async () => {
    await begin();
    double.faults.hasNoSpecification = true;
    const record = double.state.add({ title: "before", directory: "/home/dev/app" });
    await connect();
    const session = getSession(pool.store.state, ref(record.info.id));
    assert.ok(session !== undefined);
    assert.ok((await gateway().rename(session, "after")).ok);
    assert.equal(record.info.title, "after");
  });

  it("reads the specification once per version", async () => {
    await begin();
    await connect();
    double.hub.overflow();
    await until("lost");
    await until("connected");
    assert.equal(double.calls.filter((call) => call === "GET /openapi.json").length, 1);
  });

  it("reports a web page as unsupported, and connects once it is a server again", async () => {
    await begin();
    double.faults.answersHTML = true;
    pool = startPool([endpointOf(double.url)], passwords);
    const lost = await until("lost");
    assert.ok(lost.kind === "lost" && lost.reason === "unsupported");
    double.faults.answersHTML = false;
    pool.pool.reconnect(double.url);
    await until("connected");
  });

  for (const refuses of ["withBody", "withoutBody"] as const) {
    it(`waits for the user when the password is refused ${refuses}`, async () => {
      await begin();
      const { password } = double;
      passwords.set(double.url, "wrong");
      double.faults.refuses = refuses;
      pool = startPool([endpointOf(double.url)], passwords);
      await until("unauthorized");
      double.faults.refuses = undefined;
      passwords.set(double.url, password);
      pool.pool.reconnect(double.url);
      await until("connected");
      assert.ok(pool.log.every((line) => !line.includes(password)));
    });
  }

  it("retries a refused server when another process is behind its address", async () => {
    await begin();
    const { password } = double;
    passwords.set(double.url, "of the process before");
    pool = startPool([endpointOf(double.url, { pid: 1 })], passwords);
    await until("unauthorized");
    passwords.set(double.url, password);
    pool.pool.setEndpoints([endpointOf(double.url, { pid: 2 })]);
    await until("connected");
  });

  it("answers a form with the types of its fields", async () => {
    await begin();
    const record = double.state.add({ title: "form", directory: "/home/dev/app" });
    const fields = [
      { key: "name", type: "string", title: "Name", required: true },
      { key: "colour", type: "string", options: [{ value: "r", label: "Red" }], custom: true },
      { key: "many", type: "multiselect", options: [{ value: "a" }, { value: "b" }] },
      { key: "count", type: "integer", required: true },
      { key: "ratio", type: "number" },
      { key: "sure", type: "boolean", required: true },
      { key: "why", type: "string", required: true, when: { key: "sure", value: false } },
      { key: "how", type: "string", required: true, when: { key: "sure", value: true } },
      { key: "page", type: "external", url: "https://example.invalid/" },
    ];
    await connect();
    const asked = double.turns.ask(
      record,
      `Go\nDO tool form ${JSON.stringify({ fields })} ;; say 5`,
    );
    const request = await pool.until(
      (state) => getLive(state, ref(record.info.id)).requests[0],
      "a form",
    );
    assert.ok(request.kind === "question");
    assert.deepEqual(
      request.questions.map(({ key, type, isMultiple, isRequired }) => [
        key,
        type,
        isMultiple,
        isRequired,
      ]),
      [
        ["name", "text", false, true],
        ["colour", "choice", false, false],
        ["many", "choice", true, false],
        ["count", "integer", false, true],
        ["ratio", "number", false, false],
        ["sure", "boolean", false, true],
        ["why", "text", false, true],
        ["how", "text", false, true],
        ["page", "external", false, false],
      ],
    );
    assert.equal(request.questions.at(-1)?.url, "https://example.invalid/");
    const incomplete = await gateway().replyQuestion(request, new Map([["name", ["x"]]]));
    assert.ok(!incomplete.ok && incomplete.error.message.includes("count"));
    const replied = await gateway().replyQuestion(
      request,
      new Map([
        ["name", ["Ada"]],
        ["colour", ["own colour"]],
        ["many", ["a", "b"]],
        ["count", ["3"]],
        ["ratio", ["0.5"]],
        ["sure", ["false"]],
        ["why", ["because"]],
        ["how", ["not asked"]],
      ]),
    );
    assert.ok(replied.ok, replied.ok ? "" : replied.error.message);
    await asked;
    const tool = record.messages
      .flatMap((message) => (message.type === "assistant" ? message.content : []))
      .find((content) => content.type === "tool");
    assert.deepEqual(JSON.parse(tool?.state.content[0]?.text ?? ""), {
      name: "Ada",
      colour: "own colour",
      many: ["a", "b"],
      count: 3,
      ratio: 0.5,
      sure: false,
      why: "because",
    });
  });

  it("selects model and agent before a prompt that specifies others", async () => {
    await begin();
    const record = double.state.add({ title: "selects", directory: "/home/dev/app" });
    await connect();
    const session = getSession(pool.store.state, ref(record.info.id));
    assert.ok(session !== undefined);
    const model = { providerID: "scripted", modelID: "swift", variant: undefined };
    assert.ok((await gateway().prompt(session, { text: "Go\nDO say 5", agent: "plan", model })).ok);
    await pool.until((state) => {
      const now = getSession(state, ref(record.info.id));
      return (now?.agent === "plan" && now.model?.modelID === "swift") || undefined;
    }, "agent and model");
    await shown(record);
  });

  it("passes a prompt to the running turn, or keeps it for the next one", async () => {
    await begin();
    const record = double.state.add({ title: "steered", directory: "/home/dev/app" });
    await connect();
    const session = getSession(pool.store.state, ref(record.info.id));
    assert.ok(session !== undefined);
    assert.ok(getServer(pool.store.state, double.url)?.capabilities.has("steer"));
    assert.ok(
      (await gateway().prompt(session, { text: "Go\nDO slow 20 ;; bash ls ;; say 40" })).ok,
    );
    await pool.until(
      (state) => getLive(state, ref(record.info.id)).activity.kind === "working" || undefined,
      "work",
    );
    for (const delivery of ["queue", "steer"] as const) {
      const text = `${delivery}\nDO say 5`;
      assert.ok((await gateway().prompt(session, { text, delivery })).ok);
    }
    await pool.until(
      () => (record.inbox.length === 0 && record.messages.length >= 7) || undefined,
      "all",
    );
    const prompts = record.messages.flatMap((message) =>
      message.type === "user" ? [message.text.split("\n")[0]] : [],
    );
    assert.deepEqual(prompts, ["Go", "steer", "queue"]);
    await shown(record);
  });

  it("adds tools to the server and returns the command that attaches a terminal", async () => {
    await begin();
    const record = double.state.add({ title: "attach", directory: "/home/dev/app" });
    await connect();
    const session = getSession(pool.store.state, ref(record.info.id));
    assert.ok(session !== undefined);
    const added = await gateway().addMcpServer("/home/dev/app", "status", ["node", "x.js"], {
      A: "1",
    });
    assert.ok(added.ok, added.ok ? "" : added.error.message);
    assert.deepEqual(double.mcpServers.get("status"), {
      type: "local",
      command: ["node", "x.js"],
      environment: { A: "1" },
    });
    const removed = await gateway().removeMcpServer("/home/dev/app", "status");
    assert.ok(removed.ok, removed.ok ? "" : removed.error.message);
    assert.deepEqual([...double.mcpServers.keys()], []);
    assert.deepEqual(gateway().attachCommand(session, double.url), {
      program: "opencode",
      args: ["--server", double.url, "--session", session.id],
      cwd: "/home/dev/app",
      passwordVariable: "OPENCODE_PASSWORD",
    });
  });

  it("reports why a compaction failed", async () => {
    await begin();
    const record = double.state.add({ title: "stops", directory: "/home/dev/app" });
    await connect();
    await turn(record, "Go\nDO say 10");
    const session = getSession(pool.store.state, ref(record.info.id));
    assert.ok(session !== undefined);
    const model = { providerID: "scripted", modelID: "steady", variant: undefined };
    const compacting = gateway().compact(session, model);
    await pool.until(
      (state) => getLive(state, ref(session.id)).compaction !== undefined || undefined,
      "a compaction",
    );
    assert.ok((await gateway().interrupt(session)).ok);
    const done = await compacting;
    assert.ok(!done.ok && done.error.reason === "rejected");
    await pool.until(
      (state) => getLive(state, ref(session.id)).compaction === undefined || undefined,
      "its end",
    );
  });

  it("follows the registered service to a new password, and sends it to no other address", async () => {
    await begin({ pid: 1001 });
    const folder = await mkdtemp(join(tmpdir(), "opencode-sessions-"));
    const file = join(folder, "opencode", "service.json");
    await double.register(file);
    const source = new RegistrationSource({
      file,
      probe: detectServer,
      // The double reports process ids that aren't its own.
      whoListens: () => Promise.resolve("itself"),
      unsettledMs: 50,
    });
    const sources = new ServerSources([source]);
    pool = startPool([], new Map(), (endpoint) => sources.passwordOf(endpoint));
    sources.onDidChange((endpoints) => {
      pool.pool.setEndpoints(endpoints);
    });
    try {
      sources.start();
      const connection = (wanted: string) =>
        pool.until(
          (state) => getServer(state, "service")?.connection.kind === wanted || undefined,
          wanted,
        );
      await connection("connected");
      await double.down();
      await connection("lost");
      // The service was replaced by a process with another password, and the file is updated late.
      await double.up({ pid: 1002, password: "new password" });
      await pool.until(
        (state) => getServer(state, "service")?.connection.kind !== "connected" || undefined,
        "nothing, while the file names another process",
      );
      await quiet(500);
      await double.register(file);
      await connection("connected");
      assert.ok(pool.log.every((line) => !line.includes("new password")));
    } finally {
      await sources.dispose();
      await rm(folder, { recursive: true });
    }
  });

  it("notices when another generation answers at the same address", async () => {
    await begin();
    seed(2);
    await connect();
    assert.equal(server().generation, "OpenCode 2");
    const port = Number(new URL(double.url).port);
    const { url } = double;
    await double.down();
    await until("lost");
    const old = await startOpenCode({ port });
    try {
      await old.client.createSession({ title: "of the first generation" });
      pool.pool.reconnect(url);
      await until("connected");
      assert.equal(server().generation, "OpenCode 1");
      await pool.until(
        (state) => getServer(state, url)?.sessions.size === 1 || undefined,
        "the sessions of the first generation",
      );
      assert.ok(server().capabilities.has("archive"));
    } finally {
      await old.stop();
    }
    await until("lost");
    await double.up();
    await until("connected");
    assert.equal(server().generation, "OpenCode 2");
    assert.equal(server().sessions.size, 2);
  });
});

function basic(password: string): string {
  return `Basic ${Buffer.from(`opencode:${password}`).toString("base64")}`;
}

/** A message without its times, which differ slightly between an event and a row. */
function withoutTimes(message: Message): unknown {
  return {
    ...message,
    createdMs: 0,
    completedMs: message.completedMs === undefined ? undefined : 0,
    parts: message.parts.map((part) => ({ ...part, startedMs: 0, endedMs: 0 })),
  };
}
