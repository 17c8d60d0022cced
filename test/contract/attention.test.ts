import assert from "node:assert/strict";

import {
  type AttentionItem,
  attentionItems,
  newMemory,
  recordFinishedTurns,
  type Presence,
} from "../../src/core/state/attention.ts";
import { getLive, getSession } from "../../src/core/state/lookup.ts";
import { treeUsage } from "../../src/core/state/selectors.ts";
import { sessionState } from "../../src/core/state/sessionState.ts";
import type { State } from "../../src/core/state/state.ts";
import { attentionRow } from "../../src/viewModels/attention/attentionRow.ts";
import { requestModels } from "../../src/viewModels/conversation/requests.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";

describe("what waits for the user, on a real server", function () {
  let server: OpenCodeServer;
  let pool: TestPool;
  const sinceMs = Date.now();
  const ref = (sessionID: string) => ({ serverID: server.url, sessionID });
  const itemsIn = (state: State): readonly AttentionItem[] =>
    attentionItems(state, newMemory(sinceMs));

  before(async () => {
    server = await startOpenCode({
      projects: ["app", "lib"],
      permission: { bash: "ask", edit: "ask" },
    });
    pool = startPool([endpointOf(server.url)]);
    await pool.until(
      (state) => state.servers.get(server.url)?.connection.kind === "connected" || undefined,
      "a connection",
    );
  });

  after(async () => {
    await pool.stop();
    await server.stop();
  });

  const gateway = () => {
    const found = pool.pool.gateway(server.url);
    assert.ok(found !== undefined);
    return found;
  };

  /** Prompts a session and waits for the resulting item. */
  async function waiting(title: string, script: string, directory?: string) {
    const { id } = await server.client.createSession({
      title,
      ...(directory === undefined ? {} : { directory }),
    });
    await server.client.promptAsync(id, `${title}\nDO ${script}`);
    const item = await pool.until(
      (state) =>
        itemsIn(state).find(
          (one) => one.sessionID === id || getSession(state, ref(one.sessionID))?.parentID === id,
        ),
      `an item of ${title}`,
    );
    assert.ok(item.kind === "permission" || item.kind === "question");
    return { id, item, request: item.request };
  }

  const untilIdle = (id: string) =>
    pool.until(
      (state) => sessionState(state, ref(id)).kind === "idle" || undefined,
      "an idle session",
    );
  const untilGone = (key: string) =>
    pool.until((state) => itemsIn(state).every((item) => item.key !== key) || undefined, "no item");

  it("allows once: the same thing is asked again", async () => {
    const { id, item, request } = await waiting("once", "bash echo a ;; bash echo a ;; say 5");
    assert.ok((await gateway().replyPermission(request, "once", undefined)).ok);
    await untilGone(item.key);
    const again = await pool.until(
      (state) => itemsIn(state).find(({ sessionID }) => sessionID === id),
      "the second request",
    );
    assert.ok(again.kind === "permission");
    assert.notEqual(again.key, item.key);
    assert.ok((await gateway().replyPermission(again.request, "once", undefined)).ok);
    await untilIdle(id);
  });

  it("allows always: what the pattern covers isn't asked again", async () => {
    const { id, request } = await waiting("always", "bash printf a ;; bash printf b ;; say 5");
    assert.ok(request.kind === "permission");
    assert.deepEqual(request.always, ["printf *"]);
    assert.ok((await gateway().replyPermission(request, "always", undefined)).ok);
    await untilIdle(id);
    const outputs = (await server.client.messages(id)).flatMap(({ parts }) =>
      parts.flatMap((part) =>
        part.type === "tool" && part.state.status === "completed" ? part.state.output.trim() : [],
      ),
    );
    assert.deepEqual(outputs, ["a", "b"]);
  });

  it("rejects with a reason, which the model receives", async () => {
    const { id, request } = await waiting("reject", "bash rm -rf build ;; say 5");
    const reason = "Clean it with make instead";
    assert.ok((await gateway().replyPermission(request, "reject", reason)).ok);
    await untilIdle(id);
    const errors = (await server.client.messages(id)).flatMap(({ parts }) =>
      parts.flatMap((part) =>
        part.type === "tool" && part.state.status === "error" ? part.state.error : [],
      ),
    );
    assert.equal(errors.length, 1);
    assert.ok(errors[0]!.includes(reason), errors[0]);
  });

  it("shows an edit line by line", async () => {
    const { id, request } = await waiting("edit", "write src/new.ts 3 ;; say 5");
    assert.ok(request.kind === "permission");
    const model = requestModels(pool.store.state, ref(id)).find(
      ({ requestID }) => requestID === request.id,
    );
    assert.ok(model?.kind === "permission");
    assert.equal(model.headline, "edit: src/new.ts");
    assert.deepEqual(
      model.diff.filter(({ kind }) => kind === "added").map(({ text }) => text),
      ["+// src/new.ts, line 1.", "+// src/new.ts, line 2.", "+// src/new.ts, line 3."],
    );
    assert.ok((await gateway().replyPermission(request, "once", undefined)).ok);
    await untilIdle(id);
  });

  it("shows a child's request on the child with its root's name, and counts it on the root", async () => {
    const { id, item, request } = await waiting(
      "Parent",
      "task general Tidy up { bash echo tidy ;; say 5 } ;; say 5",
    );
    assert.notEqual(item.sessionID, id);
    const { state } = pool.store;
    assert.equal(treeUsage(state, ref(id)).requests, 1);
    const row = attentionRow(state, item, Date.now());
    assert.match(row.label, /^Tidy up/);
    assert.match(row.description, /^bash: echo tidy · in Parent · /);
    assert.ok((await gateway().replyPermission(request, "once", undefined)).ok);
    await untilIdle(id);
    assert.equal(treeUsage(pool.store.state, ref(id)).requests, 0);
  });

  it("answers a question in the directory where it was asked", async () => {
    const directory = server.directories[1];
    const { id, request } = await waiting("asks", "ask Which? | A | B ;; say 5", directory);
    assert.equal(request.directory, directory);
    assert.ok((await gateway().replyQuestion(request, new Map([["0", ["B"]]]))).ok);
    await untilIdle(id);
    const answers = (await server.client.messages(id)).flatMap(({ parts }) =>
      parts.flatMap((part) =>
        part.type === "tool" && part.state.status === "completed" ? part.state.output : [],
      ),
    );
    assert.match(answers.join(), /"Which\?"="B"/);
  });

  it("reports that a request is settled when it is answered twice", async () => {
    const { id, item, request } = await waiting("twice", "bash echo twice ;; say 5");
    assert.ok((await gateway().replyPermission(request, "once", undefined)).ok);
    const second = await gateway().replyPermission(request, "reject", undefined);
    assert.ok(!second.ok && second.error.reason === "notFound", "a second answer was taken");
    await untilGone(item.key);
    await untilIdle(id);
    const { request: question } = await waiting("twice asked", "ask Which? | A | B ;; say 5");
    assert.ok((await gateway().replyQuestion(question, new Map([["0", ["A"]]]))).ok);
    for (const late of [
      await gateway().replyQuestion(question, new Map([["0", ["B"]]])),
      await gateway().rejectQuestion(question),
    ]) {
      assert.ok(!late.ok && late.error.reason === "notFound");
    }
  });

  it("drops a request together with its turn or session, which the server never reports", async () => {
    const stopped = await waiting("stopped", "bash echo stopped ;; say 5");
    await server.client.abort(stopped.id);
    await untilGone(stopped.item.key);
    const deleted = await waiting("deleted", "bash echo deleted ;; say 5");
    await server.client.remove(deleted.id);
    await untilGone(deleted.item.key);
    // The server keeps both on its list, but a fresh reader must not show them.
    const listed = (await server.client.permissions()).map(({ sessionID }) => sessionID);
    assert.ok(listed.includes(stopped.id), "the server has learned to forget: the filter can go");
    const fresh = startPool([endpointOf(server.url)]);
    try {
      const held = await waiting("held", "bash echo held ;; say 5");
      await fresh.until(
        (state) => getLive(state, ref(held.id)).requests[0],
        "the request that still waits",
      );
      assert.deepEqual(
        itemsIn(fresh.store.state).map(({ sessionID }) => sessionID),
        [held.id],
      );
      assert.ok((await gateway().replyPermission(held.request, "once", undefined)).ok);
      await untilIdle(held.id);
    } finally {
      await fresh.stop();
    }
  });

  it("marks what was asked before we connected", async () => {
    const { id, request } = await waiting("early", "bash echo early ;; say 5");
    assert.equal(request.wasPending, undefined);
    const fresh = startPool([endpointOf(server.url)]);
    try {
      const found = await fresh.until(
        (state) => getLive(state, ref(id)).requests[0],
        "the request",
      );
      assert.equal(found.wasPending, true);
    } finally {
      await fresh.stop();
    }
    assert.ok((await gateway().replyPermission(request, "once", undefined)).ok);
    await untilIdle(id);
  });

  it("reports turns that finished or failed unseen, but not those that were stopped", async () => {
    let memory = newMemory(Date.now());
    const away: Presence = { isFocused: false, active: undefined };
    let before = pool.store.state;
    const stop = pool.store.onDidChange((changes, state) => {
      memory = recordFinishedTurns(memory, before, state, changes, away, Date.now());
      before = state;
    });
    const start = async (title: string, script: string): Promise<string> => {
      const { id } = await server.client.createSession({ title });
      await server.client.promptAsync(id, `${title}\nDO ${script}`);
      // A turn that fails at once may be over before it is seen as working.
      await pool.until(
        (state) => ["working", "error"].includes(sessionState(state, ref(id)).kind) || undefined,
        "work",
      );
      return id;
    };
    const finished = await start("finishes", "task general Help { say 5 } ;; say 5");
    const failing = await start("fails", "refuse 400 Out of credit");
    const stopped = await start("is stopped", "slow 200 ;; say 200");
    await server.client.abort(stopped);
    for (const id of [finished, failing, stopped]) {
      await pool.until(
        (state) => getLive(state, ref(id)).activity.kind === "idle" || undefined,
        "the end",
      );
    }
    stop();
    const items = attentionItems(pool.store.state, memory);
    assert.deepEqual(
      items.map(({ kind, sessionID }) => [kind, sessionID]).sort(),
      [
        ["failed", failing],
        ["finished", finished],
      ].sort(),
    );
    const failure = items.find(({ kind }) => kind === "failed");
    assert.ok(failure?.kind === "failed" && failure.message.includes("Out of credit"));
  });
});
