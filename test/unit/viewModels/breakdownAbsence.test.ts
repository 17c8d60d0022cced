import assert from "node:assert/strict";
import { describe, it } from "mocha";

import type { ConnectionState } from "../../../src/core/state/state.ts";
import { INITIAL_STATE } from "../../../src/core/state/state.ts";
import { breakdownModel } from "../../../src/viewModels/breakdown/breakdown.ts";
import {
  breakdownAbsence,
  lastBreakdown,
} from "../../../src/viewModels/breakdown/breakdownAbsence.ts";
import {
  makeState,
  NOW_MS,
  REF,
  SCENARIOS,
  SERVER_ID,
} from "../../support/seed/breakdownScenarios.ts";

function emptyServer(connection: ConnectionState) {
  const later = [{ serverID: SERVER_ID, type: "connection.changed", connection }] as const;
  return makeState({ sessions: [], later });
}

const LOST: ConnectionState = {
  kind: "lost",
  sinceMs: NOW_MS,
  reason: "unreachable",
  message: "Connection refused",
  nextRetryMs: undefined,
};

describe("breakdownAbsence", () => {
  it("says why there is nothing to show, and whether waiting helps", () => {
    assert.deepEqual(breakdownAbsence(INITIAL_STATE, REF).isOver, false);
    assert.deepEqual(breakdownAbsence(emptyServer({ kind: "connecting" }), REF), {
      isOver: false,
      message: "Connecting to 127.0.0.1:4096…",
    });
    const lost = breakdownAbsence(emptyServer(LOST), REF);
    assert.equal(lost.isOver, false);
    assert.match(lost.message, /Connection refused/);
    const gone = breakdownAbsence(emptyServer({ kind: "connected", sinceMs: NOW_MS }), REF);
    assert.equal(gone.isOver, true);
    assert.match(gone.message, /no longer exists/);
    const locked = {
      kind: "unauthorized",
      needs: "password",
      sinceMs: NOW_MS,
      message: "401",
    } as const;
    assert.match(breakdownAbsence(emptyServer(locked), REF).message, /password/);
  });
});

describe("lastBreakdown", () => {
  const known = breakdownModel(SCENARIOS.live(), REF, NOW_MS)!;

  it("keeps the figures of a deleted session, and says that it is deleted", () => {
    const state = emptyServer({ kind: "connected", sinceMs: NOW_MS });
    const last = lastBreakdown(known, state, NOW_MS + 5000, NOW_MS);
    assert.equal(last.freshness.kind, "removed");
    assert.match(last.compactRefusal!, /deleted/);
    assert.deepEqual(last.points, known.points);
    assert.deepEqual(last.tree, known.tree);
    assert.equal(last.nowMs, NOW_MS + 5000);
  });

  it("marks the figures as stale if the server itself is gone", () => {
    const last = lastBreakdown(known, INITIAL_STATE, NOW_MS + 5000, NOW_MS);
    assert.equal(last.freshness.kind, "stale");
    assert.equal(last.freshness.sinceMs, NOW_MS);
    assert.equal(last.stateKind, "unavailable");
  });
});
