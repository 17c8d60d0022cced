import assert from "node:assert/strict";

import type { TestingHandle } from "../../src/extension.ts";
import { usageOf } from "../../src/core/ledger/usageBy.ts";
import { totalTokens } from "../../src/core/usage.ts";
import type { UsageSnapshot } from "../../src/core/usageSource.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencodeServer.ts";
import { startScriptedProvider } from "../support/scriptedProvider.ts";
import { configure, testingHandle, until, untilServer, untilState } from "../support/hostWorld.ts";

describe("Usage", () => {
  let handle: TestingHandle;
  let provider: Awaited<ReturnType<typeof startScriptedProvider>>;
  let server: OpenCodeServer;

  before(async function () {
    this.timeout(60_000);
    handle = await testingHandle();
    provider = await startScriptedProvider();
    server = await startOpenCode({ providerURL: provider.url });
    // What was there before the extension came.
    const { id } = await server.client.createSession({ title: "Earlier" });
    await server.client.prompt(id, "Earlier\nDO say 100");
    await configure("servers", [{ url: server.url }]);
    await untilServer(handle, server.url);
  });

  after(async () => {
    await configure("servers", undefined);
    await server.stop();
    await provider.stop();
  });

  /** Waits until something is so in the ledger. */
  async function untilUsage<T>(
    what: string,
    find: (snapshot: UsageSnapshot) => T | undefined,
  ): Promise<T> {
    return await until(what, () => {
      const snapshot = handle.usage.current();
      return snapshot === undefined ? undefined : find(snapshot);
    });
  }

  async function turn(title: string, script: string): Promise<string> {
    const { id } = await server.client.createSession({ title });
    await server.client.prompt(id, `${title}\nDO ${script}`);
    await untilState(handle, "the turn has ended", ({ servers }) => {
      const one = servers.get(server.url);
      const totals = one?.sessions.get(id)?.totals;
      return totals !== undefined && totals.costUSD > 0 ? true : undefined;
    });
    return id;
  }

  function spentOf(snapshot: UsageSnapshot, sessionID: string) {
    return usageOf(snapshot.table, { sessionIDs: new Set([sessionID]) }, snapshot.prices).spent;
  }

  it("holds what a server used before, and a turn as soon as it has ended", async function () {
    this.timeout(60_000);
    const [earlier] = await server.client.sessions();
    await untilUsage("what was before is in the ledger", (snapshot) =>
      totalTokens(spentOf(snapshot, earlier!.id).tokens) > 0 ? true : undefined,
    );
    const id = await turn("Now", "say 50");
    const spent = await untilUsage("the turn is in the ledger", (snapshot) => {
      const found = spentOf(snapshot, id);
      return found.recordedUSD > 0 ? found : undefined;
    });
    const session = await server.client.session(id);
    assert.equal(spent.recordedUSD, session.cost);
    assert.equal(spent.tokens.input, session.tokens!.input);
  });
});
