import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getLive, getServer, getSession } from "../../src/core/state/lookup.ts";
import type { Message } from "../../src/core/state/message.ts";
import { contextUse, ownUsage } from "../../src/core/state/selectors.ts";
import type { Session } from "../../src/core/state/session.ts";
import { totalTokens } from "../../src/core/usage/usage.ts";
import type { Gateway } from "../../src/server/gateway.ts";
import { type APINameMap, startAPINameMap } from "../support/opencode/apiNameMap.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import { quiet } from "../support/patience.mjs";

describe("the second generation's adapter on the real server's early /api", function () {
  let server: OpenCodeServer;
  let map: APINameMap;
  let pool: TestPool;
  const ref = (sessionID: string) => ({ serverID: map.url, sessionID });
  const gateway = (): Gateway => {
    const found = pool.pool.gateway(map.url);
    assert.ok(found !== undefined);
    return found;
  };
  const connected = (of: TestPool): Promise<true> =>
    of.until(
      (state) => getServer(state, map.url)?.connection.kind === "connected" || undefined,
      "a connection",
    );

  before(async () => {
    server = await startOpenCode({
      password: "open sesame",
      permission: { bash: "ask" },
    });
    // The early routes read the configuration only from files, when a directory is first accessed.
    const [directory = ""] = server.directories;
    const configuration = server.env["OPENCODE_CONFIG_CONTENT"] ?? "{}";
    await writeFile(join(directory, "opencode.json"), configuration);
    await server.restart();
    map = await startAPINameMap(server);
    pool = startPool([endpointOf(map.url)], new Map([[map.url, "open sesame"]]));
    await connected(pool);
  });

  after(async () => {
    await pool.stop();
    await map.stop();
    await server.stop();
  });

  async function newSession(): Promise<Session> {
    const model = { providerID: "scripted", modelID: "steady", variant: undefined };
    const made = await gateway().createSession({ directory: server.directories[0], model });
    assert.ok(made.ok, made.ok ? "" : made.error.message);
    const session = await pool.until(
      (state) => getSession(state, ref(made.value.id)),
      "the new session, told by the stream",
    );
    // The row is reread twice after its creation; on these routes its figures always stay zero.
    await quiet(2_500);
    return session;
  }

  const finished = (messages: readonly Message[] | undefined, count: number): boolean =>
    messages?.filter(({ completedMs, role }) => role === "assistant" && completedMs !== undefined)
      .length === count;

  it("is refused without the password", async () => {
    const stranger = startPool([endpointOf(map.url)]);
    try {
      await stranger.until(
        (state) => getServer(state, map.url)?.connection.kind === "unauthorized" || undefined,
        "a refusal",
      );
    } finally {
      await stranger.stop();
    }
  });

  it("reads real pages to their end", async () => {
    const before = getServer(pool.store.state, map.url)?.sessions.size ?? 0;
    const body = { location: { directory: server.directories[0] } };
    const make = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index++) {
        await server.client.request("POST", "/api/session", { body, directory: null });
      }
    };
    await Promise.all(Array.from({ length: 5 }, () => make(41)));
    const fresh = startPool([endpointOf(map.url)], new Map([[map.url, "open sesame"]]));
    try {
      await connected(fresh);
      assert.equal(getServer(fresh.store.state, map.url)?.sessions.size, before + 205);
    } finally {
      await fresh.stop();
    }
  });

  it("receives a real turn's steps, tokens and text, the same live as when read later", async () => {
    const session = await newSession();
    const stop = pool.pool.watch(ref(session.id));
    const key = `${session.id}@${map.url}` as const;
    await pool.until((state) => state.messages.get(key)?.isComplete || undefined, "messages");
    const asked = await gateway().prompt(session, { text: "Go\nDO think 15 ;; say 40" });
    assert.ok(asked.ok, asked.ok ? "" : asked.error.message);
    await pool.until(
      (state) => finished(state.messages.get(key)?.messages, 1) || undefined,
      "a finished answer",
    );
    const page = await gateway().listMessages(session.id, { limit: 50 });
    assert.ok(page.ok);
    const gist = (messages: readonly Message[]) =>
      messages.map(({ id, role, tokens, model, agent, parts }) => ({
        id,
        role,
        tokens,
        model,
        agent,
        parts: parts.map((part) =>
          part.kind === "text" || part.kind === "reasoning" ? [part.kind, part.text] : [part.kind],
        ),
      }));
    assert.deepEqual(
      gist(pool.store.state.messages.get(key)?.messages ?? []),
      gist(page.value.messages),
    );
    const summed = page.value.messages.reduce(
      (sum, { tokens }) => sum + (tokens === undefined ? 0 : totalTokens(tokens)),
      0,
    );
    const own = ownUsage(pool.store.state, ref(session.id));
    assert.ok(summed > 0);
    assert.equal(totalTokens(own.usage.tokens), summed);
    assert.equal(own.isEstimate, false);
    const fill = contextUse(pool.store.state, ref(session.id));
    assert.equal(fill?.contextTokens, summed);
    assert.equal(fill.contextLimit, 200_000);
    stop();
  });

  it("sees a real permission request, also in a new connection, and answers it", async () => {
    const session = await newSession();
    const asked = await gateway().prompt(session, { text: "Go\nDO bash echo hi ;; say 5" });
    assert.ok(asked.ok);
    const request = await pool.until(
      (state) => getLive(state, ref(session.id)).requests[0],
      "a permission request",
    );
    assert.ok(request.kind === "permission" && request.command === "echo hi");
    const tool = getLive(pool.store.state, ref(session.id)).tools[0];
    assert.equal(tool?.tool, "bash");
    const newcomer = startPool([endpointOf(map.url)], new Map([[map.url, "open sesame"]]));
    try {
      await newcomer.until(
        (state) => getLive(state, ref(session.id)).requests[0],
        "the request, read",
      );
    } finally {
      await newcomer.stop();
    }
    const replied = await gateway().replyPermission(request, "once", undefined);
    assert.ok(replied.ok, replied.ok ? "" : replied.error.message);
    await pool.until(
      (state) => getLive(state, ref(session.id)).requests.length === 0 || undefined,
      "the answer's echo",
    );
    await pool.until(
      (state) => getLive(state, ref(session.id)).tools.length === 0 || undefined,
      "the tool's end",
    );
  });

  it("stays on one stream across real heartbeats", async () => {
    const streams = map.streams;
    await quiet(12_000);
    assert.equal(map.streams, streams);
    assert.equal(getServer(pool.store.state, map.url)?.connection.kind, "connected");
  });
});
