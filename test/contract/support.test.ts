import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { after, before, describe, it } from "mocha";
import type { MessageWithParts } from "../support/opencode/client.ts";
import { poll } from "../support/opencode/client.ts";
import { buildEventStream } from "../support/opencode/eventStream.ts";
import type { EventTap } from "../support/opencode/eventTap.ts";
import { at } from "../support/json.ts";
import { startOpenCode } from "../support/opencode/opencodeServer.ts";
import type { OpenCodeServer } from "../support/opencode/opencodeServer.ts";
import { ccusage, runOpenCode } from "../support/opencode/opencodeTools.ts";
import { startScriptedProvider } from "../support/opencode/scriptedProvider.ts";
import type { ScriptedProvider } from "../support/opencode/scriptedProvider.ts";
import { seedServer } from "../support/seed/seed.ts";

/** Tests the scripted provider, the launcher and the seeding, on which every other contract test relies. */
describe("the real OpenCode server with the scripted model", function () {
  let provider: ScriptedProvider;
  let server: OpenCodeServer;
  let events: EventTap;

  before(async () => {
    provider = await startScriptedProvider();
    server = await startOpenCode({
      providerURL: provider.url,
      projects: ["webshop", "billing"],
      permission: { bash: { "*": "allow", "git push*": "ask" } },
    });
    events = await server.client.events();
  });

  after(async () => {
    events.close();
    await server.stop();
    await provider.stop();
  });

  it("gives two git projects two ids, and no network provider", async () => {
    const ids = await Promise.all(
      server.directories.map(async (directory) =>
        at(await server.client.request("GET", "/project/current", { directory }), "id"),
      ),
    );
    assert.equal(new Set([...ids, "global"]).size, 3);
    const providers = await server.client.request("GET", "/config/providers");
    const list = at(providers, "providers");
    assert(Array.isArray(list));
    assert.deepEqual(
      list.map((each) => at(each, "id")),
      ["scripted"],
    );
  });

  it("runs a script step by step, one tool call each, and titles the session", async () => {
    const session = await server.client.createSession();
    await server.client.prompt(
      session.id,
      "Fix flaky login test\nDO think 20 ;; say 10 ;; bash echo hi ;; todo 1/3 a, b, c ;; write src/new.ts 3 ;; edit src/new.ts :: line 2. => line two. ;; say 12",
    );
    const messages = await server.client.messages(session.id);
    assert.deepEqual(toolsOf(messages), [
      "bash completed",
      "todowrite completed",
      "write completed",
      "edit completed",
    ]);
    const after = await server.client.session(session.id);
    assert.equal(after.title, "Fix flaky login test");
    const steps = messages.flatMap(({ parts }) =>
      parts.filter((part) => part.type === "step-finish"),
    );
    assert.equal(steps.length, 5);
    for (const kind of ["input", "output", "reasoning"] as const) {
      assert.equal(
        after.tokens?.[kind],
        steps.reduce((sum, step) => sum + step.tokens[kind], 0),
        kind,
      );
      assert(after.tokens[kind] > 0, `${kind} is counted`);
    }
    assert((after.tokens?.cache.read ?? 0) > 0, "the prompt of the step before is cached");
    assert((after.tokens?.cache.write ?? 0) > 0, "the default model reports cache writes");
  });

  it("nests three levels of children, the last of which asks for permission", async () => {
    const { client } = server;
    const session = await client.createSession();
    await client.promptAsync(
      session.id,
      "Nest\nDO task general One { task general Two { task explore Three { bash git push x ;; say 5 } ;; say 5 } && task explore Beside { say 5 } ;; say 5 } ;; say 5",
    );
    const request = await client.nextPermission();
    const path = [request.sessionID];
    for (let id: string | undefined = request.sessionID; id !== undefined;) {
      id = (await client.session(id)).parentID;
      if (id !== undefined) path.unshift(id);
    }
    assert.equal(path.length, 4);
    assert.equal(path[0], session.id);
    const busy = await client.status();
    for (const id of path) assert.equal(busy[id]?.type, "busy");
    await client.replyPermission(request.id, "once");
    await client.waitUntilIdle(session.id);
    assert.equal((await client.children(path[1]!)).length, 2, "two calls of one step");
  });

  it("asks a question and continues with the answer", async () => {
    const { client } = server;
    const session = await client.createSession();
    await client.promptAsync(session.id, "DO ask* Which? | Postgres | SQLite ;; say 5");
    const question = await client.nextQuestion({ sessionID: session.id });
    assert.equal(question.questions[0]?.multiple, true);
    await client.replyQuestion(question.id, [["Postgres", "SQLite"]]);
    await client.waitUntilIdle(session.id);
    assert.deepEqual(toolsOf(await client.messages(session.id)), ["question completed"]);
  });

  it("fails as often as the script says, then answers", async () => {
    const session = await server.client.createSession();
    await server.client.prompt(session.id, "DO fail 2 20 ;; say 5");
    const attempts = events.events
      .filter(({ properties }) => properties["sessionID"] === session.id)
      .map(({ properties }) => at(properties, "status", "attempt"))
      .filter((attempt) => attempt !== undefined);
    assert.deepEqual(attempts, [1, 2]);
    const answer = await server.client.prompt(session.id, "DO refuse 401 The key has expired");
    assert.equal(at(answer.info, "error", "data", "message"), "The key has expired");
  });

  it("compacts: the context is smaller afterwards, and the summary is counted", async () => {
    const { client } = server;
    const session = await client.createSession();
    await client.prompt(session.id, "DO context 30000 ;; say 5");
    const full = contextOf(await client.prompt(session.id, "DO say 5"));
    const costBefore = (await client.session(session.id)).cost ?? 0;
    await client.compact(session.id, "swift");
    assert((await client.session(session.id)).cost! > costBefore);
    const after = contextOf(await client.prompt(session.id, "DO say 5"));
    assert(full > 37_000 && after < 12_000, `${full} -> ${after}`);
  });

  it("aborts an answer that never ends", async () => {
    const { client } = server;
    const session = await client.createSession();
    await client.promptAsync(session.id, "DO forever");
    await poll("the stream", () => Promise.resolve(provider.openStreams() > 0 ? true : undefined));
    await client.abort(session.id);
    const last = await client.waitUntilIdle(session.id);
    assert.equal(at(last.info, "error", "name"), "MessageAbortedError");
    await poll("the stream's end", () =>
      Promise.resolve(provider.openStreams() === 0 ? true : undefined),
    );
  });

  it("agrees with ccusage and opencode stats, including a second process", async () => {
    const directory = server.directories[1]!;
    const run = await runOpenCode(server, ["run", "--model", "scripted/deep", "DO say 10"], {
      directory,
    });
    assert.equal(run.exitCode, 0, run.stderr);
    const sessions = await server.client.sessions();
    assert(sessions.some((session) => session.directory === directory));
    const report = await ccusage(server);
    const counted = sessions.filter(({ tokens }) => (tokens?.output ?? 0) > 0);
    assert.equal(report.sessions.size, counted.length);
    for (const { id, cost, tokens } of counted) {
      const theirs = report.sessions.get(id);
      assert(theirs, id);
      assert.equal(theirs.inputTokens, tokens?.input);
      assert.equal(theirs.outputTokens, tokens?.output);
      assert.equal(theirs.cacheReadTokens, tokens?.cache.read);
      assert.equal(theirs.cacheWriteTokens, tokens?.cache.write);
      assert(Math.abs(theirs.costUSD - (cost ?? NaN)) < 1e-9, `${theirs.costUSD} ${cost}`);
    }
    const stats = await runOpenCode(server, ["stats"]);
    const cost = sessions.reduce((sum, session) => sum + (session.cost ?? 0), 0);
    assert(stats.stdout.includes(`$${cost.toFixed(2)} `), stats.stdout);
  });

  it("writes its frames as JSON.stringify does, like the amplified recording", () => {
    const frames = framesOf(events.chunks);
    assert(frames.length > 300);
    for (const frame of frames) {
      assert.equal(`data: ${JSON.stringify(JSON.parse(frame.slice(6)))}`, frame);
    }
    const amplified = buildEventStream({ events: 2000, sessions: 4 });
    const copies = framesOf(amplified.chunks);
    assert.equal(copies.length, amplified.events);
    const sessionIDs = new Set(
      copies.flatMap((frame) => {
        const value: unknown = JSON.parse(frame.slice(6));
        return at(value, "payload", "properties", "sessionID") ?? [];
      }),
    );
    assert.deepEqual([...sessionIDs].sort(), [...amplified.sessionIDs].sort());
  });

  it("comes back on the same port and folders, with a seeded database", async () => {
    const before = await server.client.sessions();
    const { url } = server;
    const sums = before.reduce((sum, session) => sum + (session.cost ?? 0), 0);
    events.close();
    const seeded = await seedServer(server, { sessions: 120, messages: 1500, largestSession: 400 });
    assert.equal(server.url, url);
    const sessions = await server.client.sessions();
    assert.equal(sessions.length, before.length + 120);
    const cost = sessions.reduce((sum, session) => sum + (session.cost ?? 0), 0);
    assert(Math.abs(cost - sums - seeded.totals.costUSD) < 1e-6);
    const input = (await ccusage(server)).totals.inputTokens;
    assert.equal(
      input,
      sessions.reduce((sum, session) => sum + (session.tokens?.input ?? 0), 0),
    );
    assert.equal(seeded.deepestPath.length, 6);
    assert.equal((await server.client.messages(seeded.largestSessionID)).length, 400);
    const [root = ""] = seeded.newestRootIDs;
    await server.client.prompt(root, "DO say 5", { model: "swift" });
  });

  it("requires the password and leaves nothing behind", async () => {
    const guarded = await startOpenCode({ providerURL: provider.url, password: "s3cret" });
    try {
      assert.equal((await fetch(`${guarded.url}/global/health`)).status, 401);
      assert.deepEqual(await guarded.client.sessions(), []);
    } finally {
      await guarded.stop();
    }
    await assert.rejects(fetch(`${guarded.url}/global/health`));
    await assert.rejects(access(guarded.sandbox.root));
  });
});

function toolsOf(messages: readonly MessageWithParts[]): string[] {
  return messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === "tool" ? [`${part.tool} ${part.state.status}`] : [])),
  );
}

function contextOf({ info }: MessageWithParts): number {
  assert.equal(info.role, "assistant");
  const { input, output, reasoning, cache } = info.tokens;
  return input + output + reasoning + cache.read + cache.write;
}

function framesOf(chunks: readonly Uint8Array[]): string[] {
  return Buffer.concat(chunks).toString("utf8").split("\n\n").slice(0, -1);
}
