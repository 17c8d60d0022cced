import assert from "node:assert/strict";
import { isCallID, isID, isName } from "../../../src/core/ids.ts";
import { SILENT_LOG } from "../../../src/core/log.ts";
import type { ServerAction } from "../../../src/core/state/actions.ts";
import { logRefusedIDs } from "../../../src/server/refusedIDs.ts";
import { SharedValues } from "../../../src/server/sharedValues.ts";
import { V1EventMapper } from "../../../src/server/v1/eventMapper.ts";
import * as v1Messages from "../../../src/server/v1/parseMessage.ts";
import { parseModels } from "../../../src/server/v1/parseModels.ts";
import * as v1Requests from "../../../src/server/v1/parseRequest.ts";
import * as v1Sessions from "../../../src/server/v1/parseSession.ts";
import { V2EventMapper } from "../../../src/server/v2/eventMapper.ts";
import * as v2Messages from "../../../src/server/v2/parseMessage.ts";
import * as v2Requests from "../../../src/server/v2/parseRequest.ts";
import * as v2Sessions from "../../../src/server/v2/parseSession.ts";
import { CompactionWaits } from "../../../src/server/v2/compactionWaits.ts";
import { Inbox } from "../../../src/server/v2/inbox.ts";

const GOOD = ["ses_e022f49afffe0lkDjY1V6ZObUu", "global", "text-0", "b25d0c5a", "a.b:c"];
const BAD = [
  "",
  "../../../settings",
  "..",
  "/etc/passwd",
  "a/b",
  "a\\b",
  "--dangerous",
  "-x",
  "a b",
  "a&calc",
  "a|b",
  'a"b',
  "%PATH%",
  "a\u001b[2J",
  "a\u202eb",
  "a\nb",
  "a\0",
  "é",
  "x".repeat(129),
];

describe("ids from servers", () => {
  it("are accepted as OpenCode creates them, but not with path, option, shell or terminal characters", () => {
    for (const id of GOOD) assert.ok(isID(id), id);
    for (const id of BAD) assert.ok(!isID(id), JSON.stringify(id));
    for (const other of [undefined, null, 7, {}, ["a"]]) assert.ok(!isID(other));
  });

  it("are accepted for tool calls as model providers assign them", () => {
    for (const id of ["call_1|fc_2", "functions.bash:0", "toolu_01"]) assert.ok(isCallID(id), id);
    for (const id of ["", "a b", "a\u001b", "x".repeat(257)]) assert.ok(!isCallID(id));
  });

  it("may be model names with slashes, spaces and any script, but no options or control characters", () => {
    for (const name of ["@cf/meta/llama-3.1", "openai/gpt-4o:free", "Qwen 3 8B", "通义千问"]) {
      assert.ok(isName(name), name);
    }
    for (const name of [
      "",
      "--yolo",
      " x",
      "a\u001b]0;x\u0007",
      "a\u009bb",
      "a\u202eb",
      "x".repeat(257),
    ]) {
      assert.ok(!isName(name), JSON.stringify(name));
    }
  });

  for (const id of ["../../../settings", "--x", "a&b", "a\u001b[2J"]) {
    it(`exclude rows whose id is ${JSON.stringify(id)}, in both generations`, () => {
      const shared = new SharedValues();
      assert.equal(v1Sessions.parseSession({ id }, shared), undefined);
      assert.equal(v2Sessions.parseSession({ id }, shared), undefined);
      const child = v1Sessions.parseSession({ id: "ses_1", parentID: id, projectID: id }, shared);
      assert.equal(child?.parentID, undefined);
      assert.equal(child?.projectID, "global");
      assert.equal(v1Messages.parseMessageInfo({ id, role: "user" }), undefined);
      assert.equal(v1Messages.parsePart({ id, type: "text" }), undefined);
      assert.equal(v2Messages.parseMessage({ id, type: "user" }), undefined);
      for (const row of [
        { id, sessionID: "ses_1" },
        { id: "per_1", sessionID: id },
      ]) {
        assert.equal(v1Requests.parsePermission(row, undefined, 0), undefined);
        assert.equal(v1Requests.parseQuestion(row, undefined, 0), undefined);
        assert.equal(v2Requests.parsePermission(row, undefined, 0), undefined);
        assert.equal(v2Requests.parseForm(row, undefined, 0), undefined);
      }
    });

    it(`drop events about ${JSON.stringify(id)}, in both generations`, () => {
      assert.deepEqual(actionsOfV1(id), []);
      assert.deepEqual(actionsOfV2(id), []);
      assert.ok(actionsOfV1("ses_1").length > 0);
      assert.ok(actionsOfV2("ses_1").length > 0);
    });
  }

  it("exclude models whose names could be read as options from a catalogue", () => {
    const models = { "--model": {}, "openai/gpt-4o": {} };
    const found = parseModels({
      providers: [
        { id: "router", models },
        { id: "-p", models },
      ],
    });
    assert.deepEqual(
      found.map(({ modelID }) => modelID),
      ["openai/gpt-4o"],
    );
  });

  it("are logged once when refused, without their text", () => {
    const lines: string[] = [];
    const log = { ...SILENT_LOG, warn: (_: string, line: string) => lines.push(line) };
    const stop = logRefusedIDs(log);
    for (let times = 0; times < 3; times++) {
      v1Sessions.parseSession({ id: "../secret" }, new SharedValues());
    }
    stop();
    v1Sessions.parseSession({ id: "../secret" }, new SharedValues());
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines[0]!, /secret/);
  });
});

function sinkOf(actions: ServerAction[]): ConstructorParameters<typeof V1EventMapper>[1] {
  return {
    action: (action) => actions.push(action),
    connected: () => undefined,
    stale: () => undefined,
    resync: () => undefined,
    contextChanged: () => undefined,
    messagesChanged: () => undefined,
  };
}

function line(value: unknown): Uint8Array {
  return Buffer.from(`data: ${JSON.stringify(value)}\n\n`, "utf8");
}

function actionsOfV1(sessionID: string): readonly ServerAction[] {
  const actions: ServerAction[] = [];
  const mapper = new V1EventMapper("server", sinkOf(actions), () => true);
  const events = [
    { type: "session.updated", properties: { sessionID, info: { id: sessionID } } },
    { type: "session.deleted", properties: { sessionID, info: { id: sessionID } } },
    { type: "session.status", properties: { sessionID, status: { type: "busy" } } },
    { type: "session.idle", properties: { sessionID } },
    {
      type: "message.part.delta",
      properties: { sessionID, messageID: "msg_1", partID: "prt_1", field: "text", delta: "x" },
    },
    { type: "message.updated", properties: { sessionID, info: { id: "msg_1", role: "user" } } },
    {
      type: "message.part.updated",
      properties: { sessionID, part: { id: "prt_1", messageID: "msg_1", type: "text" } },
    },
    { type: "permission.replied", properties: { sessionID, requestID: "per_1" } },
  ];
  for (const payload of events) mapper.push(line({ directory: "/", payload }));
  return actions;
}

function actionsOfV2(sessionID: string): readonly ServerAction[] {
  const actions: ServerAction[] = [];
  const memory = { inbox: new Inbox(), compactions: new CompactionWaits(), positions: new Map() };
  const mapper = new V2EventMapper("server", memory, sinkOf(actions), () => true);
  for (const type of ["session.created", "session.deleted", "session.execution.started"]) {
    mapper.push(line({ id: "evt_1", type, data: { sessionID, id: sessionID } }));
  }
  return actions;
}
