import assert from "node:assert/strict";
import { describe, it } from "mocha";

import type { ConnectionState } from "../../../src/core/state/state.ts";
import { INITIAL_STATE } from "../../../src/core/state/state.ts";
import { breakdownModel, sessionFacts } from "../../../src/viewModels/breakdown/breakdown.ts";
import {
  breakdownAbsence,
  type KnownSession,
  knownSession,
  lastFacts,
} from "../../../src/viewModels/breakdown/breakdownAbsence.ts";
import { sessionHead } from "../../../src/viewModels/breakdown/breakdownPage.ts";
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

describe("a session that is gone", () => {
  const live = SCENARIOS.live();
  const deleted = emptyServer({ kind: "connected", sinceMs: NOW_MS });
  const isKnown = (known: KnownSession | undefined, goneMs: number | undefined): KnownSession => {
    assert.ok(known?.state === live, "by the last state that contains it");
    assert.equal(known.goneMs, goneMs);
    return known;
  };

  it("stays known by the last state that contains it, and since when it is missing", () => {
    assert.equal(knownSession(undefined, deleted, REF, NOW_MS), undefined);
    const known = isKnown(knownSession(undefined, live, REF, NOW_MS), undefined);
    const gone = isKnown(knownSession(known, deleted, REF, NOW_MS + 1000), NOW_MS + 1000);
    isKnown(knownSession(gone, INITIAL_STATE, REF, NOW_MS + 2000), NOW_MS + 1000);
    isKnown(knownSession(gone, live, REF, NOW_MS + 3000), undefined);
  });

  it("keeps its figures when it was deleted, and says so", () => {
    const known = breakdownModel(live, REF, NOW_MS)!;
    const last = lastFacts(known, deleted, NOW_MS);
    assert.equal(last.freshness.kind, "removed");
    assert.match(last.compactRefusal!, /deleted/);
    assert.deepEqual(last.points, known.points);
    assert.deepEqual(last.tree, known.tree);
  });

  it("is stale if the server itself is gone", () => {
    const last = lastFacts(sessionFacts(live, REF, NOW_MS + 5000)!, INITIAL_STATE, NOW_MS);
    assert.equal(last.freshness.kind, "stale");
    assert.equal(last.freshness.sinceMs, NOW_MS);
    assert.equal(last.stateKind, "unavailable");
    assert.equal(sessionHead(last, NOW_MS + 5000).badge, "Stale");
  });
});
