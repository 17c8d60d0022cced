import assert from "node:assert/strict";
import { isAtListPrice, sessionCosts } from "../../../src/core/ledger/sessionCosts.ts";
import { ownUsage, treeUsage } from "../../../src/core/state/selectors.ts";
import { costState } from "../../../src/core/usage/usage.ts";
import { after, aServer, aSession, someTokens, stateWith } from "../../support/seed/builders.ts";
import { aLedgerSession, aRow, aTable } from "../../support/seed/ledger.ts";

const SERVER = "http://127.0.0.1:4096";
const PRICES = new Map<string, never>();

/** A session with one priced turn and one unpriced turn. */
const TABLE = aTable({
  sessions: [aLedgerSession({ id: "child" }), aLedgerSession({ id: "priced" })],
  rows: [
    aRow({ messageID: "m1", sessionID: "child", costUSD: 0.0037 }),
    aRow({ messageID: "m2", sessionID: "child", costUSD: 0, modelID: "free" }),
    aRow({ messageID: "m3", sessionID: "priced", costUSD: 0.01 }),
    aRow({ messageID: "m4", sessionID: "priced", costUSD: 0, isGone: true }),
  ],
});

describe("the cost state of a session with priced and unpriced turns", () => {
  const costs = sessionCosts(TABLE, "db", PRICES);
  const totals = { costUSD: 0.0037, tokens: someTokens({ input: 200, output: 20 }) };
  const state = after(
    stateWith(
      aServer({
        id: SERVER,
        sessions: [
          aSession({ id: "root", costUSD: 1, tokens: 10 }),
          aSession({ id: "child", parentID: "root", ...totals }),
        ],
      }),
    ),
    { type: "costs.known", serverID: SERVER, costs, prices: PRICES },
  );

  it("is given only for the sessions that need it", () => {
    assert.deepEqual([...costs.keys()], ["child"]);
  });

  it("is partial for the session and for its tree, with the server's own figures", () => {
    const own = ownUsage(state, { serverID: SERVER, sessionID: "child" }).usage;
    assert.equal(costState(own), "partial");
    assert.equal(own.recordedUSD, 0.0037);
    assert.equal(own.unpricedTokens, 110);
    const tree = treeUsage(state, { serverID: SERVER, sessionID: "root" }).usage;
    assert.equal(costState(tree), "partial");
    assert.equal(tree.recordedUSD, 1.0037);
  });

  it("is recorded again when the ledger knows a cost for everything", () => {
    const later = after(state, {
      type: "costs.known",
      serverID: SERVER,
      costs: new Map(),
      prices: PRICES,
    });
    const tree = treeUsage(later, { serverID: SERVER, sessionID: "root" }).usage;
    assert.equal(costState(tree), "recorded");
  });

  it("uses a price the ledger remembers after it has left the catalogue", () => {
    const price = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 };
    const prices = new Map([["acme/free", price]]);
    const remembered = sessionCosts(TABLE, "db", prices);
    const known = { type: "costs.known", serverID: SERVER, costs: remembered, prices } as const;
    const later = after(state, known);
    const own = ownUsage(later, { serverID: SERVER, sessionID: "child" }).usage;
    assert.equal(costState(own), "estimated");
    assert.equal(own.estimatedUSD, 110 / 1e6);
  });

  it("uses a remembered price even for sessions the ledger has not read yet", () => {
    const price = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 };
    const gone = { providerID: "acme", modelID: "gone", variant: undefined };
    const session = aSession({ id: "new", parentID: "root", costUSD: 0, tokens: 50, model: gone });
    const upserted = {
      type: "session.upserted",
      serverID: SERVER,
      session,
      origin: "event",
    } as const;
    const before = after(state, upserted);
    const own = (now: typeof before) => ownUsage(now, { serverID: SERVER, sessionID: "new" }).usage;
    assert.equal(costState(own(before)), "unpriced");
    const prices = new Map([["acme/gone", price]]);
    const known = { type: "costs.known", serverID: SERVER, costs, prices } as const;
    const later = after(before, known);
    assert.equal(costState(own(later)), "estimated");
    const tree = treeUsage(later, { serverID: SERVER, sessionID: "root" }).usage;
    assert.equal(tree.estimatedUSD, 50 / 1e6, "its tree follows");
  });

  it("prices everything newer than the ledger in one sum", () => {
    const newer = someTokens({ input: 400, output: 20 });
    const session = aSession({ id: "child", parentID: "root", costUSD: 0.0037 });
    const later = after(state, {
      type: "session.upserted",
      serverID: SERVER,
      session: { ...session, totals: { costUSD: 0.0037, tokens: newer } },
      origin: "event",
    });
    const own = ownUsage(later, { serverID: SERVER, sessionID: "child" }).usage;
    assert.equal(own.unpricedTokens, 110);
    // 200 more input tokens, of a priced model.
    assert.equal(own.estimatedUSD, (200 * 3) / 1e6);
    assert.equal(costState(own), "partial");
  });
});

describe("isAtListPrice", () => {
  const price = { input: 3, output: 15, cacheRead: 0, cacheWrite: 0 };
  const tokens = someTokens({ input: 1_000_000, output: 100_000 });

  it("holds if the cost equals all tokens at one price", () => {
    // With the rounding error of a sum of doubles.
    assert.ok(isAtListPrice({ tokens, costUSD: 4.500000000000002 }, price));
    assert.ok(isAtListPrice({ tokens: someTokens({}), costUSD: 0 }, undefined));
  });

  it("fails if one token is missing, if there was no cost, or if no price is known", () => {
    const more = someTokens({ input: 1_000_001, output: 100_000 });
    assert.ok(!isAtListPrice({ tokens: more, costUSD: 4.5 }, price));
    assert.ok(!isAtListPrice({ tokens, costUSD: 0 }, price));
    assert.ok(!isAtListPrice({ tokens, costUSD: 0 }, { ...price, input: 0, output: 0 }));
    assert.ok(!isAtListPrice({ tokens, costUSD: 4.5 }, undefined));
  });
});
