import assert from "node:assert/strict";
import type { ServerAction } from "../../../../src/core/state/actions.ts";
import { CompactionWaits } from "../../../../src/server/v2/compactionWaits.ts";
import { V2EventMapper } from "../../../../src/server/v2/eventMapper.ts";
import { Inbox } from "../../../../src/server/v2/inbox.ts";
import type { StreamMemory } from "../../../../src/server/v2/streamMemory.ts";

const sessionID = "ses_1";

interface Tap {
  readonly actions: readonly ServerAction[];
  readonly asked: readonly string[];
  readonly memory: StreamMemory;
  /** Sends events, one per line, split into chunks of the given number of bytes. */
  readonly send: (events: readonly unknown[], chunkSize?: number) => void;
  readonly raw: (text: string) => void;
}

function tap(watched: readonly string[] = []): Tap {
  const actions: ServerAction[] = [];
  const asked: string[] = [];
  const memory = {
    inbox: new Inbox(),
    compactions: new CompactionWaits(),
    positions: new Map<string, number>(),
  };
  let clockMs = 0;
  const mapper = new V2EventMapper(
    "server",
    memory,
    {
      action: (action) => actions.push(action),
      connected: () => asked.push("connected"),
      stale: (id) => asked.push(`stale ${id}`),
      resync: () => asked.push("resync"),
      contextChanged: (id) => asked.push(`context ${id}`),
      messagesChanged: (id) => asked.push(`messages ${id}`),
    },
    (id) => watched.includes(id),
    () => 1000,
    () => (clockMs += 100),
  );
  const raw = (text: string, size = text.length): void => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) mapper.push(bytes.subarray(at, at + size));
  };
  return {
    actions,
    asked,
    memory,
    raw,
    send: (events, chunkSize) => {
      raw(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""), chunkSize);
    },
  };
}

function event(type: string, data: object, seq?: number): unknown {
  return {
    id: "evt_1",
    created: 500,
    type,
    ...(seq === undefined ? {} : { durable: { aggregateID: sessionID, seq, version: 1 } }),
    data: { sessionID, ...data },
  };
}

const tokens = { input: 100, output: 20, reasoning: 0, cache: { read: 5, write: 0 } };
const model = { id: "steady", providerID: "scripted", variant: "default" };
const step = { assistantMessageID: "msg_1" };

describe("events of OpenCode 2", () => {
  it("report a turn: working, a step with its figures and context, totals, idle", () => {
    const { actions, send } = tap();
    send([
      event("session.execution.started", {}),
      event("session.step.started", { ...step, agent: "build", model, started: 400 }),
      event("session.step.ended", { ...step, finish: "stop", cost: 0.5, tokens }),
      event("session.usage.updated", { cost: 0.75, tokens }),
      event("session.execution.succeeded", {}),
    ]);
    assert.deepEqual(
      actions.map(({ type }) => type),
      [
        "activity.changed",
        "step.started",
        "step.ended",
        "session.changed",
        "context.known",
        "session.totals",
        "activity.changed",
        "session.changed",
      ],
    );
    const ended = actions.find(({ type }) => type === "step.ended");
    assert.ok(ended?.type === "step.ended");
    assert.deepEqual(ended.step, { messageID: "msg_1", costUSD: 0.5, tokens });
    assert.equal(ended.stepID, "msg_1");
    const context = actions.find(({ type }) => type === "context.known");
    assert.ok(context?.type === "context.known");
    assert.equal(context.context.contextTokens, 125);
    assert.equal(context.context.modelKey, "scripted/steady");
  });

  it("count streaming text, even if it looks like an event", () => {
    for (const chunkSize of [1, 7, 4096]) {
      const { actions, send } = tap();
      const delta = 'say "type":"session.deleted" and {"delta":"x"} \\ é\n';
      send([event("session.text.delta", { ...step, textID: "text-0", delta })], chunkSize);
      const characters = actions.reduce(
        (sum, action) => sum + (action.type === "text.streamed" ? action.characters : 0),
        0,
      );
      assert.equal(characters, delta.length);
      assert.ok(actions.every(({ type }) => type === "text.streamed"));
    }
  });

  it("stream parts to watchers, whether or not the parts have an id", () => {
    for (const named of [true, false]) {
      const { actions, send } = tap([sessionID]);
      const ids = named ? { textID: "text-7" } : {};
      send([
        event("session.step.started", { ...step, agent: "build", model }),
        event("session.text.started", { ...step, ...ids }),
        event("session.text.delta", { ...step, ...ids, delta: "Grüße" }),
        event("session.text.ended", { ...step, ...ids, text: "Grüße!" }),
      ]);
      const partID = named ? "msg_1/text-7" : "msg_1/text-0";
      const parts = actions.flatMap((action) =>
        action.type === "part.upserted"
          ? [action.part.id]
          : action.type === "part.streamed"
            ? [action.partID, action.text]
            : [],
      );
      assert.deepEqual(parts, [partID, partID, "Grüße", partID]);
    }
  });

  it("are dropped unread if nobody needs them, and skipped if they are broken", () => {
    const { actions, asked, send, raw } = tap();
    send([
      event("session.text.ended", { ...step, text: "long" }),
      event("filesystem.changed", {}),
      event("future.thing", {}),
      { type: "server.connected", id: "evt_0", data: {} },
    ]);
    raw(': heartbeat\n\ndata: {broken\n\ndata: {"type":"session.renamed","data":{\n\nid: 7\n');
    assert.deepEqual(actions, []);
    assert.deepEqual(asked, ["connected"]);
  });

  it("are read with their keys in any order", () => {
    const { actions, send } = tap();
    send([{ data: { type: "x", sessionID, title: "new" }, type: "session.renamed", created: 7 }]);
    assert.deepEqual(actions, [
      {
        type: "session.changed",
        serverID: "server",
        sessionID,
        changes: { title: "new", updatedMs: 7 },
      },
    ]);
  });

  it("report a new session from its flat data, and request its row", () => {
    const { actions, asked, send } = tap();
    send([
      event("session.created", {
        projectID: "p",
        location: { directory: "/app" },
        parentID: "ses_0",
        model,
      }),
    ]);
    const action = actions[0];
    assert.ok(action?.type === "session.upserted");
    assert.equal(action.session.id, sessionID);
    assert.equal(action.session.parentID, "ses_0");
    assert.equal(action.session.directory, "/app");
    assert.equal(action.session.createdMs, 500);
    assert.equal(action.session.title, "");
    assert.equal(action.session.model?.variant, undefined);
    assert.deepEqual(asked, [`stale ${sessionID}`]);
  });

  it("report a fork, but not as a child", () => {
    const { actions, send } = tap();
    send([event("session.forked", { parentID: "ses_0" })]);
    const action = actions[0];
    assert.ok(action?.type === "session.changed");
    assert.equal(action.changes.forkOfID, "ses_0");
    assert.ok(!("parentID" in action.changes));
  });

  it("report a retry, and its end when something follows", () => {
    for (const next of [
      event("session.step.started", { ...step, agent: "build", model }),
      event("session.text.delta", { ...step, delta: "x" }),
    ]) {
      const { actions, send } = tap();
      const error = { type: "provider", message: "overloaded" };
      send([event("session.retry.scheduled", { attempt: 2, at: 9000, error }), next]);
      const activities = actions.flatMap((action) =>
        action.type === "activity.changed" ? [action.activity] : [],
      );
      assert.deepEqual(activities, [
        { kind: "retry", sinceMs: 1000, attempt: 2, message: "overloaded", nextMs: 9000 },
        { kind: "working", sinceMs: 1000 },
      ]);
    }
  });

  it("count queued prompts, but not requests to compact", () => {
    const { actions, send, memory } = tap();
    const item = (id: string, type: string) => ({ inboxID: id, item: { id, sessionID, type } });
    send([
      event("session.inbox.enqueued", item("msg_1", "prompt")),
      event("session.inbox.enqueued", item("msg_2", "prompt")),
      event("session.inbox.enqueued", item("msg_3", "compaction")),
      event("session.inbox.delivered", { inboxID: "msg_3" }),
      event("session.inbox.delivered", { inboxID: "msg_1" }),
      event("session.inbox.cancelled", { inboxID: "msg_2" }),
    ]);
    const counts = actions.flatMap((action) =>
      action.type === "prompts.queued" ? [action.count] : [],
    );
    assert.deepEqual(counts, [1, 2, 1, 0]);
    // A response that was already in flight does not bring back settled items.
    assert.equal(memory.inbox.replace(sessionID, ["msg_1", "msg_9"]), 1);
  });

  it("remember the stream position of watched sessions only", () => {
    const watched = tap([sessionID]);
    watched.send([event("session.renamed", { title: "a" }, 41)]);
    assert.equal(watched.memory.positions.get(sessionID), 41);
    const other = tap();
    other.send([event("session.renamed", { title: "a" }, 41)]);
    assert.equal(other.memory.positions.size, 0);
  });

  it("have messages reread if a step began before the stream", () => {
    const { asked, actions, send } = tap([sessionID]);
    send([event("session.step.ended", { ...step, finish: "stop", cost: 1, tokens })]);
    assert.deepEqual(asked, [`context ${sessionID}`, `messages ${sessionID}`]);
    assert.ok(actions.every(({ type }) => type !== "message.upserted"));
  });

  it("end the wait for a compaction that is done, failed, withdrawn, stopped or lost", async () => {
    const ends: readonly (readonly [string, (tapped: Tap) => void, boolean])[] = [
      [
        "done",
        ({ send }) => {
          send([event("session.compaction.ended", { text: "s" })]);
        },
        true,
      ],
      [
        "failed",
        ({ send }) => {
          send([event("session.compaction.failed", {})]);
        },
        false,
      ],
      [
        "withdrawn",
        ({ send }) => {
          send([event("session.inbox.cancelled", { inboxID: "msg_9" })]);
        },
        false,
      ],
      [
        "stopped",
        ({ send }) => {
          send([event("session.execution.interrupted", { reason: "user" })]);
        },
        false,
      ],
      [
        "lost",
        ({ memory }) => {
          memory.compactions.lostTrack();
        },
        true,
      ],
    ];
    for (const [what, end, isOK] of ends) {
      const tapped = tap();
      const wait = tapped.memory.compactions.begin(sessionID);
      wait.accepted("msg_9");
      tapped.send([event("session.execution.succeeded", {})]);
      end(tapped);
      assert.equal((await wait.ended).ok, isOK, what);
    }
  });
});
