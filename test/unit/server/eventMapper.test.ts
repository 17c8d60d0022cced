import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Action, ServerAction } from "../../../src/core/state/actions.ts";
import { getLive, getSession } from "../../../src/core/state/lookup.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import { ownUsage } from "../../../src/core/state/selectors.ts";
import { INITIAL_STATE } from "../../../src/core/state/state.ts";
import { V1EventMapper } from "../../../src/server/v1/eventMapper.ts";

const serverID = "http://127.0.0.1:4096";
const recording = readFileSync(
  new URL("../../fixtures/opencode-1.18.33-events-global.jsonl", import.meta.url),
  "utf8",
);
const ROOT = "ses_e022f5bf9ffecNYwjK2Q7ijVx9";
const CHILD = "ses_e022f49afffe0lkDjY1V6ZObUu";

/** The recorded events, framed like the server does. */
const frames = recording
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => {
    const event = JSON.parse(line) as Record<string, unknown>;
    // The recording has its own arrival times.
    delete event["t"];
    return `data: ${JSON.stringify(event)}\n\n`;
  });

interface Told {
  readonly actions: ServerAction[];
  readonly stale: string[];
  readonly contexts: string[];
  connected: number;
}

function mapped(
  chunks: readonly Uint8Array[],
  isWatched: (id: string) => boolean = () => false,
): Told {
  // Each reading of the clock is later than the last by more than any interval.
  let nowMs = 0;
  const told: Told = { actions: [], stale: [], contexts: [], connected: 0 };
  const mapper = new V1EventMapper(
    serverID,
    {
      action: (action) => told.actions.push(action),
      connected: () => told.connected++,
      stale: (id) => told.stale.push(id),
      resync: () => undefined,
      contextChanged: (id) => told.contexts.push(id),
      messagesChanged: () => undefined,
    },
    isWatched,
    () => (nowMs += 100),
    () => (nowMs += 100),
  );
  for (const chunk of chunks) mapper.push(chunk);
  return told;
}

const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");

/** Applies the actions to a known server. */
function stateOf(actions: readonly Action[]) {
  const endpoint = {
    serverID,
    url: serverID,
    name: "test",
    origin: "settings",
    username: "opencode",
    directory: undefined,
    pid: undefined,
  } as const;
  return reduce(INITIAL_STATE, [{ type: "server.found", endpoint }, ...actions]).state;
}

describe("event mapper of OpenCode 1", () => {
  const whole = mapped([bytes(frames.join(""))]);

  it("gives the same result however the bytes are split", () => {
    const all = bytes(frames.join(""));
    for (const size of [1, 7, 1000, 65_536]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size));
      const told = mapped(chunks);
      // Times and estimates depend on when a chunk arrived.
      const facts = (actions: readonly ServerAction[]) =>
        actions.flatMap((action) => {
          if (action.type === "text.streamed") return [];
          return JSON.stringify(action, (key, value: unknown) =>
            /Ms$/.test(key) && key !== "createdMs" && key !== "updatedMs" ? 0 : value,
          );
        });
      assert.deepEqual(facts(told.actions), facts(whole.actions));
    }
  });

  it("counts streaming text, and drops the count once its step is known", () => {
    const delta = (text: string): string => {
      const properties = {
        sessionID: ROOT,
        messageID: "m",
        partID: "p",
        field: "text",
        delta: text,
      };
      return `data: ${JSON.stringify({ directory: "/d", payload: { id: "e", type: "message.part.delta", properties } })}\n\n`;
    };
    const told = mapped([bytes(delta("four") + delta("12")), bytes(delta("three"))]);
    assert.deepEqual(
      told.actions.map((action) => (action.type === "text.streamed" ? action.characters : action)),
      [6, 5],
    );
    const part = { id: "p9", type: "step-finish", messageID: "m", tokens: { input: 1 }, cost: 1 };
    const finish = { type: "message.part.updated", id: "e", properties: { sessionID: ROOT, part } };
    const both = mapped([
      bytes(`${delta("gone")}data: ${JSON.stringify({ payload: finish })}\n\n`),
    ]);
    assert.deepEqual(
      both.actions.map((action) => action.type),
      ["step.ended"],
    );
  });

  it("arrives at the server's last reported totals, step by step", () => {
    const last = whole.actions.findLast(
      (action) => action.type === "session.upserted" && action.session.id === CHILD,
    );
    assert.ok(last?.type === "session.upserted");
    const untilRemoved = whole.actions.slice(
      0,
      whole.actions.findIndex((action) => action.type === "session.removed"),
    );
    const state = stateOf(untilRemoved);
    const own = ownUsage(state, { serverID, sessionID: CHILD });
    assert.equal(own.usage.recordedUSD, last.session.totals?.costUSD);
    assert.equal(own.isEstimate, false);
    const steps = untilRemoved.filter(
      (action) => action.type === "step.ended" && action.sessionID === CHILD,
    );
    const sum = steps.reduce(
      (total, action) => total + (action.type === "step.ended" ? action.step.costUSD : 0),
      0,
    );
    assert.ok(steps.length > 1);
    assert.ok(Math.abs(sum - own.usage.recordedUSD) < 1e-12);
  });

  it("reports requests, tools, todos, the child and the compaction", () => {
    const types = new Map<string, number>();
    for (const action of whole.actions) types.set(action.type, (types.get(action.type) ?? 0) + 1);
    assert.equal(types.get("request.opened"), 3);
    assert.equal(types.get("request.closed"), 3);
    assert.equal(types.get("compaction.started"), 1);
    assert.equal(types.get("compaction.ended"), 1);
    assert.deepEqual(whole.contexts.slice(0, 1), [ROOT]);
    const request = whole.actions.find((action) => action.type === "request.opened");
    assert.ok(request?.type === "request.opened" && request.request.kind === "permission");
    assert.equal(request.request.directory, "/home/dev/proj-a");
    assert.equal(request.request.command, "echo hello > h.txt");
    const task = whole.actions.find(
      (action) => action.type === "tool.running" && action.tool.childSessionID !== undefined,
    );
    assert.ok(task?.type === "tool.running");
    assert.equal(task.tool.childSessionID, CHILD);
    const todo = whole.actions.find((action) => action.type === "todo.changed");
    assert.deepEqual(todo, { type: "todo.changed", serverID, sessionID: ROOT, done: 0, total: 3 });
    const child = whole.actions.find(
      (action) => action.type === "session.upserted" && action.session.id === CHILD,
    );
    assert.ok(child?.type === "session.upserted" && child.session.parentID === ROOT);
  });

  it("leaves no tool running and no prompt queued at the end", () => {
    const beforeRemoval = whole.actions.filter((action) => action.type !== "session.removed");
    const live = getLive(stateOf(beforeRemoval), { serverID, sessionID: ROOT });
    assert.deepEqual([live.tools, live.queuedPrompts], [[], 0]);
    assert.equal(live.activity.kind, "idle");
  });

  it("removes what was deleted", () => {
    assert.equal(getSession(stateOf(whole.actions), { serverID, sessionID: ROOT }), undefined);
  });

  it("reads text only in watched sessions", () => {
    const isText = (action: ServerAction): boolean =>
      action.type === "part.streamed" || action.type === "part.upserted";
    assert.equal(whole.actions.some(isText), false);
    const watched = mapped([bytes(frames.join(""))], (id) => id === CHILD);
    const parts = watched.actions.filter(isText);
    assert.ok(parts.length > 5);
    assert.ok(parts.every((action) => "sessionID" in action && action.sessionID === CHILD));
    const streamed = parts.find((action) => action.type === "part.streamed");
    assert.ok(streamed?.type === "part.streamed" && streamed.text.length > 0);
  });

  it("reports the same figures, watched or not", () => {
    const watched = mapped([bytes(frames.join(""))], () => true);
    const figures = (actions: readonly ServerAction[]) =>
      actions.filter(
        (action) =>
          action.type === "step.ended" ||
          action.type === "session.upserted" ||
          action.type === "context.known" ||
          action.type === "prompts.queued",
      );
    assert.deepEqual(figures(watched.actions), figures(whole.actions));
  });

  it("ignores comments, unknown events, broken lines and texts that look like events", () => {
    const event = (type: string, properties: unknown): string =>
      `data: ${JSON.stringify({ directory: "/d", payload: { id: "evt_1", type, properties } })}\n\n`;
    const trap = '"payload":{"id":"x","type":"session.deleted"';
    const told = mapped([
      bytes(": heartbeat\n\nid: 7\n\nretry: 5\n\n"),
      bytes(event("something.new", { sessionID: ROOT, text: trap })),
      bytes('data: {"directory":"/d","payload":{"id":"evt","type":"session.deleted","prop\n\n'),
      bytes("data: not json\n\n"),
      bytes(event("message.part.updated", { sessionID: ROOT, part: { type: "text", text: trap } })),
    ]);
    assert.deepEqual(told.actions, []);
  });

  it("reports an error from the last turn, but not from an older one reported again", () => {
    const told = (info: Record<string, unknown>): string => {
      const properties = { sessionID: ROOT, info: { sessionID: ROOT, ...info } };
      return `data: ${JSON.stringify({ payload: { id: "e", type: "message.updated", properties } })}\n\n`;
    };
    const failed = told({
      id: "msg_2",
      parentID: "msg_1",
      role: "assistant",
      time: { created: 2, completed: 3 },
      error: { name: "APIError", data: { message: "too large" } },
    });
    const asked = (id: string): string => told({ id, role: "user", time: { created: 1 } });
    const failures = (text: string): number =>
      mapped([bytes(text)]).actions.filter((action) => action.type === "session.failed").length;
    assert.equal(failures(asked("msg_1") + failed), 1);
    assert.equal(failures(asked("msg_1") + asked("msg_3") + failed), 0);
  });

  it("reports the context of an answer whose start looks like its end, but not of an older one", () => {
    const event = (type: string, properties: Record<string, unknown>): string =>
      `data: ${JSON.stringify({ payload: { id: "e", type, properties } })}\n\n`;
    const ended = (id: string): string =>
      event("message.updated", {
        sessionID: ROOT,
        info: {
          ...{ id, sessionID: ROOT, parentID: "msg_1", role: "assistant" },
          ...{ providerID: "acme", modelID: "sonnet", time: { created: 2, completed: 3 } },
        },
      });
    const finish = (messageID: string, input: number): string => {
      const tokens = { input, output: 1, reasoning: 0, cache: { read: 0, write: 0 } };
      const part = { id: `prt_${messageID}`, type: "step-finish", messageID, tokens, cost: 0 };
      return event("message.part.updated", { sessionID: ROOT, part });
    };
    const contexts = (text: string): readonly number[] =>
      mapped([bytes(text)]).actions.flatMap((action) =>
        action.type === "context.known" ? [action.context.contextTokens] : [],
      );
    assert.deepEqual(contexts(ended("msg_2") + finish("msg_2", 9) + ended("msg_2")), [10]);
    assert.deepEqual(contexts(ended("msg_3") + ended("msg_2") + finish("msg_3", 9)), [10]);
    assert.deepEqual(contexts(ended("msg_3") + finish("msg_2", 9)), []);
  });

  it("starts an answer whose start looks like its end before its step ends, unless a fork copied it", () => {
    const event = (type: string, properties: Record<string, unknown>): string =>
      `data: ${JSON.stringify({ payload: { id: "e", type, properties } })}\n\n`;
    const created = event("session.created", {
      sessionID: "ses_1",
      info: { id: "ses_1", title: "", directory: "/d", time: { created: 5, updated: 5 } },
    });
    const busy = event("session.status", { sessionID: "ses_1", status: { type: "busy" } });
    const answer = event("message.updated", {
      sessionID: "ses_1",
      info: {
        ...{
          id: "msg_2",
          sessionID: "ses_1",
          parentID: "msg_1",
          role: "assistant",
          agent: "build",
        },
        ...{ providerID: "acme", modelID: "sonnet", time: { created: 2, completed: 3 } },
      },
    });
    const tokens = { input: 9, output: 1, reasoning: 0, cache: { read: 0, write: 0 } };
    const part = { id: "prt_1", type: "step-finish", messageID: "msg_2", tokens, cost: 0 };
    const finish = event("message.part.updated", { sessionID: "ses_1", part });
    const steps = (text: string): readonly string[] =>
      mapped([bytes(text)])
        .actions.map(({ type }) => type)
        .filter((type) => type.startsWith("step."));
    assert.deepEqual(steps(created + busy + answer + finish + answer), [
      "step.started",
      "step.ended",
    ]);
    assert.deepEqual(steps(answer + finish), ["step.started", "step.ended"], "not seen being made");
    assert.deepEqual(steps(created + answer + finish), ["step.ended"], "a fork");
  });

  it("handles titles and paths in any script", () => {
    const info = {
      id: "ses_1",
      title: 'Ünï "quoted" 🙂\nline',
      directory: "C:\\Users\\ö",
      projectID: "p",
      time: { created: 1, updated: 2 },
    };
    const event = {
      directory: "C:\\Users\\ö",
      payload: { id: "evt", type: "session.updated", properties: { sessionID: "ses_1", info } },
    };
    const told = mapped([bytes(`data: ${JSON.stringify(event)}\n\n`)]);
    const [action] = told.actions;
    assert.ok(action?.type === "session.upserted");
    assert.equal(action.session.title, info.title);
    assert.equal(action.session.totals, undefined);
    assert.deepEqual(told.stale, ["ses_1"]);
  });
});
