import assert from "node:assert/strict";
import { mock } from "node:test";
import type { LedgerPlace, LedgerTable } from "../../../src/core/ledger/table.ts";
import type { ServerAction } from "../../../src/core/state/actions.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import type { State } from "../../../src/core/state/state.ts";
import { treeUsage } from "../../../src/core/state/selectors.ts";
import { costState, type ModelPrice } from "../../../src/core/usage/usage.ts";
import { feedCosts, MIN_PAUSE_MS } from "../../../src/history/costFeed.ts";
import { aServer, aSession, someTokens, stateWith } from "../../support/seed/builders.ts";
import { aLedgerSession, aRow, aTable } from "../../support/seed/ledger.ts";

const ONE = "http://127.0.0.1:4096";
const OTHER = "http://127.0.0.1:4097";
const DATABASE: LedgerPlace = { id: "db", name: "This machine" };
const PRICE: ModelPrice = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 };

/** Half of the tokens are priced, the others are not. */
const MIXED = aTable({
  sessions: [aLedgerSession({ id: "mixed" })],
  rows: [
    aRow({ messageID: "m1", sessionID: "mixed", costUSD: 0.0037 }),
    aRow({ messageID: "m2", sessionID: "mixed", costUSD: 0, modelID: "free" }),
  ],
});

function serverOf(id: string): Parameters<typeof aServer>[0] {
  const totals = { costUSD: 0.0037, tokens: someTokens({ input: 200, output: 20 }) };
  return { id, sessions: [aSession({ id: "mixed", ...totals })] };
}

describe("the cost feed from the ledger to the servers' state", () => {
  let state: State;
  let places: Map<string, LedgerPlace>;
  let table: LedgerTable;
  let prices: ReadonlyMap<string, ModelPrice>;
  let dispatched: ServerAction[];
  let changed: () => void;
  let stop: () => void;

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    state = stateWith(aServer(serverOf(ONE)), aServer(serverOf(OTHER)));
    places = new Map([[ONE, DATABASE]]);
    table = MIXED;
    prices = new Map();
    dispatched = [];
    changed = () => undefined;
    stop = feedCosts({
      usage: {
        current: () => ({ table, prices }),
        placeOf: (serverID) => places.get(serverID),
        onDidChange: (listener) => {
          changed = listener;
          return () => {
            changed = () => undefined;
          };
        },
      },
      getState: () => state,
      dispatch: (action) => {
        dispatched.push(action);
        state = reduce(state, [action]).state;
      },
    });
  });
  afterEach(() => {
    stop();
    mock.timers.reset();
  });

  const stateOf = (serverID: string) =>
    costState(treeUsage(state, { serverID, sessionID: "mixed" }).usage);
  /** Signals a ledger change and lets the pause elapse. */
  const change = (): void => {
    changed();
    mock.timers.tick(MIN_PAUSE_MS);
  };

  it("starts automatically", () => {
    assert.equal(stateOf(ONE), "recorded");
    mock.timers.tick(0);
    assert.equal(stateOf(ONE), "partial");
  });

  it("dispatches once, however often the ledger signals a change", () => {
    mock.timers.tick(0);
    change();
    change();
    assert.equal(dispatched.length, 1);
  });

  it("waits between two updates, then picks up all changes", () => {
    mock.timers.tick(0);
    table = aTable({ rows: [aRow({ messageID: "m1", sessionID: "mixed", costUSD: 0.0037 })] });
    changed();
    changed();
    mock.timers.tick(MIN_PAUSE_MS - 1);
    assert.equal(stateOf(ONE), "partial");
    mock.timers.tick(1);
    assert.equal(stateOf(ONE), "recorded");
    assert.equal(dispatched.length, 2);
  });

  it("reaches a server whose place is found while the ledger does not change", () => {
    mock.timers.tick(0);
    assert.equal(stateOf(OTHER), "recorded");
    places.set(OTHER, DATABASE);
    change();
    assert.equal(stateOf(OTHER), "partial");
    assert.equal(dispatched.length, 2, "the first server is not told again");
  });

  it("reaches a server that disappeared and came back", () => {
    mock.timers.tick(0);
    state = stateWith(aServer(serverOf(ONE)));
    change();
    assert.equal(stateOf(ONE), "partial");
  });

  it("dispatches changed prices, including those only the ledger remembers", () => {
    mock.timers.tick(0);
    prices = new Map([["acme/free", PRICE]]);
    change();
    assert.equal(stateOf(ONE), "estimated");
    assert.equal(state.servers.get(ONE)?.prices, prices);
  });

  it("dispatches nothing after it is stopped", () => {
    stop();
    changed();
    mock.timers.tick(MIN_PAUSE_MS);
    assert.deepEqual(dispatched, []);
  });
});
