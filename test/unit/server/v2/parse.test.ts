import assert from "node:assert/strict";
import { learnFromMessages } from "../../../../src/server/lastMessages.ts";
import { SharedValues } from "../../../../src/server/sharedValues.ts";
import { formAnswer } from "../../../../src/server/v2/formAnswer.ts";
import { parseDefaultModel, parseModel } from "../../../../src/server/v2/parseCatalogue.ts";
import { parseError, parseMessage } from "../../../../src/server/v2/parseMessage.ts";
import { parseForm, parsePermission } from "../../../../src/server/v2/parseRequest.ts";
import { parseSession } from "../../../../src/server/v2/parseSession.ts";

const NOTHINGS: readonly unknown[] = [undefined, null, 7, "x", [], {}, { id: 7 }];

describe("an OpenCode 2 session row", () => {
  const shared = new SharedValues();

  it("is read with whatever fields it has", () => {
    const session = parseSession({ id: "ses_1", location: { directory: "/app" } }, shared);
    assert.equal(session?.title, "");
    assert.equal(session.directory, "/app");
    assert.equal(session.totals, undefined);
    assert.equal(session.isUnread, false);
    for (const value of NOTHINGS) assert.equal(parseSession(value, shared), undefined);
  });

  it("is unread if its last turn ended after it was last viewed", () => {
    const isUnread = (time: unknown): boolean | undefined =>
      parseSession({ id: "ses_1", time }, shared)?.isUnread;
    assert.equal(isUnread({ created: 1 }), false);
    assert.equal(isUnread({ created: 1, idle: 5 }), true);
    assert.equal(isUnread({ created: 1, idle: 5, viewed: 5 }), false);
    assert.equal(isUnread({ created: 1, idle: 9, viewed: 5 }), true);
  });

  it("names the session it was forked from, which is not its parent", () => {
    const fork = { sessionID: "ses_0", boundary: { type: "before", messageID: "msg_1" } };
    const session = parseSession({ id: "ses_1", fork }, shared);
    assert.equal(session?.forkOfID, "ses_0");
    assert.equal(session.parentID, undefined);
  });

  it("accepts times as numbers or as text", () => {
    const time = { created: "2026-11-21T12:00:00.000Z", updated: 7 };
    const session = parseSession({ id: "ses_1", time }, shared);
    assert.equal(session?.createdMs, Date.UTC(2026, 10, 21, 12));
    assert.equal(session.updatedMs, 7);
  });
});

describe("an OpenCode 2 message", () => {
  it("is skipped if it is only a marker", () => {
    for (const type of ["idle", "agent-switched", "model-switched", "system", "future"]) {
      assert.equal(parseMessage({ id: "msg_1", type }), undefined);
    }
    for (const value of NOTHINGS) assert.equal(parseMessage(value), undefined);
  });

  it("numbers the parts of an answer that have no id", () => {
    const message = parseMessage({
      id: "msg_1",
      type: "assistant",
      time: { created: 1 },
      content: [
        { type: "text", text: "a" },
        { type: "reasoning", text: "b" },
        { type: "text", text: "c" },
        { type: "text", id: "own", text: "d" },
        { type: "hologram" },
      ],
    });
    assert.deepEqual(
      message?.parts.map(({ id }) => id),
      ["msg_1/text-0", "msg_1/reasoning-0", "msg_1/text-1", "msg_1/own"],
    );
    assert.equal(message.completedMs, undefined);
  });

  it("describes a tool by its input, and names the child it ran", () => {
    const tool = {
      type: "tool",
      id: "call_1",
      name: "subagent",
      state: {
        status: "completed",
        input: { description: "Look around", prompt: "…" },
        content: [{ type: "text", text: "one" }, { type: "image" }, { type: "text", text: "two" }],
        metadata: { sessionID: "ses_2" },
      },
      time: { created: 1, ran: 2, completed: 3 },
    };
    const message = parseMessage({ id: "msg_1", type: "assistant", content: [tool] });
    assert.deepEqual(message?.parts, [
      {
        kind: "tool",
        id: "msg_1/call_1",
        callID: "call_1",
        tool: "subagent",
        status: "completed",
        title: "Look around",
        input: tool.state.input,
        output: "one\ntwo",
        error: undefined,
        startedMs: 2,
        endedMs: 3,
        childSessionID: "ses_2",
      },
    ]);
  });

  it("has no error if the user stopped it", () => {
    assert.equal(parseError({ type: "aborted", message: "stopped" }), undefined);
    assert.equal(parseError({ name: "MessageAbortedError" }), undefined);
    assert.equal(parseError({ type: "provider", message: "no credit" }), "no credit");
    assert.equal(parseError({ _tag: "RateLimited" }), "RateLimited");
    assert.equal(parseError(undefined), undefined);
  });

  it("gives a context estimate if it is a compaction, with or without figures", () => {
    const compaction = {
      id: "msg_2",
      type: "compaction",
      status: "completed",
      reason: "auto",
      summary: "s".repeat(400),
      recent: "r".repeat(200),
      model: { id: "steady", providerID: "scripted" },
      time: { created: 2 },
    };
    const tokens = { input: 9000, output: 90, reasoning: 0, cache: { read: 0, write: 0 } };
    const contextOf = (raw: unknown): number | undefined => {
      const message = parseMessage(raw);
      assert.ok(message !== undefined);
      const known = learnFromMessages("ses_1", [message], false).find(
        ({ type }) => type === "context.known",
      );
      if (known?.type !== "context.known") return undefined;
      assert.equal(known.context.isEstimate, true);
      return known.context.contextTokens;
    };
    assert.equal(contextOf(compaction), 100 + 50);
    assert.equal(contextOf({ ...compaction, tokens }), 90 + 50);
    assert.equal(contextOf({ ...compaction, status: "running" }), undefined);
    assert.equal(contextOf({ ...compaction, status: "failed" }), undefined);
  });
});

describe("an OpenCode 2 request", () => {
  it("may be a permission with the requested command", () => {
    const request = parsePermission(
      {
        id: "per_1",
        sessionID: "ses_1",
        action: "shell",
        resources: ["rm -rf build"],
        save: ["rm *"],
        source: { type: "tool", messageID: "msg_1", id: "call_1" },
      },
      "/app",
      5,
    );
    assert.equal(request?.command, "rm -rf build");
    assert.deepEqual(request.always, ["rm *"]);
    const edit = { id: "per_1", sessionID: "ses_1", action: "edit", resources: ["a.ts"] };
    assert.equal(parsePermission(edit, undefined, 5)?.command, undefined);
    for (const value of NOTHINGS) {
      assert.equal(parsePermission(value, undefined, 5), undefined);
      assert.equal(parseForm(value, undefined, 5), undefined);
    }
  });

  it("may be a form with its fields by key and options as plain strings", () => {
    const form = parseForm(
      {
        id: "frm_1",
        sessionID: "ses_1",
        fields: { colour: { type: "string", options: ["red", "blue"] }, odd: { type: "future" } },
      },
      undefined,
      5,
    );
    const [colour, odd] = form?.questions ?? [];
    assert.equal(colour?.key, "colour");
    assert.deepEqual(
      colour.options.map(({ value }) => value),
      ["red", "blue"],
    );
    assert.equal(colour.allowsCustom, false);
    assert.equal(odd?.type, "text");
  });

  it("is answered without values that are not the required number", () => {
    const fields = [
      { key: "n", type: "number" },
      { key: "i", type: "integer" },
      { key: "m", type: "multiselect", options: ["a"] },
    ];
    const form = parseForm({ id: "frm_1", sessionID: "ses_1", fields }, undefined, 5);
    assert.ok(form !== undefined);
    const answer = (n: string, i: string) =>
      formAnswer(
        form.questions,
        new Map([
          ["n", [n]],
          ["i", [i]],
        ]),
      );
    assert.deepEqual(answer("1.5", "2"), { n: 1.5, i: 2 });
    assert.deepEqual(answer("much", "2.5"), {});
    assert.deepEqual(answer(" ", ""), {});
  });
});

describe("an OpenCode 2 model", () => {
  it("has the price without a tier, and no limit if that is zero", () => {
    const price = { input: 3, output: 15, cache: { read: 0.3, write: 3.75 } };
    const model = parseModel({
      id: "m",
      modelID: "vendor-m",
      providerID: "p",
      cost: [{ ...price, input: 6, tier: { type: "context", size: 200_000 } }, price],
      limit: { context: 0, output: 1 },
    });
    assert.deepEqual(model, {
      providerID: "p",
      modelID: "m",
      name: "m",
      contextLimit: undefined,
      price: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
    });
    assert.deepEqual(parseDefaultModel({ id: "m", modelID: "vendor-m", providerID: "p" }), {
      providerID: "p",
      modelID: "m",
      variant: undefined,
    });
    assert.equal(parseDefaultModel(null), undefined);
  });
});
