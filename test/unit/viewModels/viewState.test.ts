import assert from "node:assert/strict";

import type { ConnectionState } from "../../../src/core/state/state.ts";
import { INITIAL_STATE } from "../../../src/core/state/state.ts";
import { type ShownRows, viewStateOf } from "../../../src/viewModels/tree/viewState.ts";
import { aServer, aSession, minutesAgo, stateWith } from "../../support/seed/builders.ts";

const EMPTY: ShownRows = {
  hasSearched: true,
  rootRows: 0,
  isFiltered: false,
  isWorkspaceOnly: false,
};

function withConnection(connection?: ConnectionState) {
  return stateWith(aServer({ hasSnapshot: false, ...(connection ? { connection } : {}) }));
}

describe("viewStateOf", () => {
  const sinceMs = minutesAgo(1);
  const withSession = stateWith(aServer({ sessions: [aSession({ id: "a" })] }));

  it("is “sessions” as soon as a row is shown", () => {
    assert.equal(viewStateOf(withSession, { ...EMPTY, rootRows: 1 }), "sessions");
  });

  it("is not “noServer” until every place has been searched", () => {
    assert.equal(viewStateOf(INITIAL_STATE, { ...EMPTY, hasSearched: false }), "searching");
    assert.equal(viewStateOf(INITIAL_STATE, EMPTY), "noServer");
  });

  it("describes the only server's state", () => {
    assert.equal(viewStateOf(withConnection(), EMPTY), "connecting");
    assert.equal(
      viewStateOf(
        withConnection({ kind: "unauthorized", needs: "password", sinceMs, message: "" }),
        EMPTY,
      ),
      "unauthorized",
    );
    const lost = { kind: "lost", sinceMs, reason: "timeout", message: "" } as const;
    assert.equal(viewStateOf(withConnection({ ...lost, nextRetryMs: undefined }), EMPTY), "lost");
    const other = { ...lost, reason: "unsupported", nextRetryMs: undefined } as const;
    assert.equal(viewStateOf(withConnection(other), EMPTY), "unsupported");
    assert.equal(viewStateOf(stateWith(aServer()), EMPTY), "noSessions");
  });

  it("names what hides the existing sessions", () => {
    assert.equal(viewStateOf(withSession, { ...EMPTY, isFiltered: true }), "filtered");
    assert.equal(viewStateOf(withSession, { ...EMPTY, isWorkspaceOnly: true }), "otherProjects");
    assert.equal(viewStateOf(withSession, EMPTY), "onlyArchived");
  });
});
