import assert from "node:assert/strict";

import { dueForCompaction } from "../../src/core/state/autoCompact.ts";
import { getLive, sessionModel } from "../../src/core/state/lookup.ts";
import { contextUse } from "../../src/core/state/selectors.ts";
import { sessionState } from "../../src/core/state/sessionState.ts";
import { startOpenCode } from "../support/opencode/opencodeServer.ts";
import { endpointOf, startPool } from "../support/opencode/pool.ts";

describe("a server that compacts automatically", function () {
  before(async () => {});
  after(async () => {});

  /** Fills a session with a window of 32,000 tokens, and returns what is then known about it. */
  async function fillSession(autoCompaction: boolean, tokens: number) {
    const server = await startOpenCode({
      model: "narrow",
      autoCompaction,
    });
    const pool = startPool([endpointOf(server.url)]);
    try {
      await pool.until(
        (state) => state.servers.get(server.url)?.connection.kind === "connected" || undefined,
        "a connection",
      );
      const { id } = await server.client.createSession({ title: "fills" });
      const ref = { serverID: server.url, sessionID: id };
      await server.client.prompt(id, `Fill\nDO context ${String(tokens)} ;; say 10`);
      await server.client.prompt(id, "More\nDO say 10");
      await server.client.waitUntilIdle(id);
      await pool.until(
        (state) =>
          (sessionState(state, ref).kind === "idle" &&
            contextUse(state, ref)?.percent !== undefined) ||
          undefined,
        "a context",
      );
      const { state } = pool.store;
      const model = sessionModel(state, ref);
      const gateway = pool.pool.gateway(server.url);
      assert.ok(model !== undefined && gateway !== undefined);
      const point = await gateway.compactsAt(server.directories[0], model);
      assert.ok(point.ok);
      return {
        point: point.value,
        use: contextUse(state, ref),
        turnCompaction: getLive(state, ref).turnCompaction,
        due: dueForCompaction(state, ref, { mode: "on", thresholdPercent: 70 }),
      };
    } finally {
      await pool.stop();
      await server.stop();
    }
  }

  it("reports from which fill on it compacts, and is left to do so", async () => {
    const { point, turnCompaction, due } = await fillSession(true, 22_000);
    assert.equal(point, 28_000);
    assert.equal(turnCompaction, "auto");
    assert.equal(due, undefined);
  });

  it("leaves compacting below that fill to the extension, if a lower threshold is set", async () => {
    const { point, use, turnCompaction, due } = await fillSession(true, 16_000);
    assert.ok(use !== undefined && point !== undefined && use.contextTokens < point);
    assert.equal(turnCompaction, undefined);
    assert.ok(due !== undefined && due >= 70 && due < 87.5);
  });

  it("reports that it never compacts when that is switched off", async () => {
    const { point, turnCompaction, due } = await fillSession(false, 22_000);
    assert.equal(point, undefined);
    assert.equal(turnCompaction, undefined);
    assert.ok(due !== undefined && due > 90);
  });
});
