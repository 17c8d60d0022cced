import assert from "node:assert/strict";

import { INITIAL_STATE, type State } from "../../../src/core/state/state.ts";
import { type StatusBarContent, statusBarContent } from "../../../src/viewModels/tree/statusBar.ts";
import {
  after,
  aPermission,
  aServer,
  aSession,
  aStep,
  contextKnown,
  minutesAgo,
  NOW_MS,
  someTokens,
  stateWith,
} from "../../support/seed/builders.ts";

const LOCAL = "http://127.0.0.1:4096";

function contentOf(state: State, sessionID?: string): StatusBarContent {
  const active = sessionID === undefined ? undefined : { serverID: LOCAL, sessionID };
  const content = statusBarContent(state, active, NOW_MS);
  assert.ok(content);
  return content;
}

function withContext(contextTokens: number): State {
  return stateWith(
    aServer({
      sessions: [
        aSession({ id: "a", title: "Login", costUSD: 0.2, tokens: 45_000 }),
        aSession({ id: "b", parentID: "a", costUSD: 0.03, tokens: 200 }),
      ],
      live: (serverID) => [
        contextKnown(serverID, "a", contextTokens),
        {
          type: "step.ended",
          serverID,
          sessionID: "b",
          stepID: "s",
          step: aStep({ costUSD: 0, tokens: someTokens({}) }),
        },
      ],
    }),
  );
}

describe("the status bar", () => {
  it("is hidden if there is no server", () => {
    assert.equal(statusBarContent(INITIAL_STATE, undefined, NOW_MS), undefined);
  });

  it("shows the tree's cost, context and title", () => {
    const content = contentOf(withContext(126_000), "a");
    assert.equal(content.text, "$(comment-discussion) $0.23 · 63% · Login");
    assert.equal(content.isWarning, false);
    assert.match(content.tooltip, /\| Own \| With sub-sessions \|/);
    assert.match(
      content.accessibilityLabel,
      /^OpenCode session Login, idle, 0\.23 US dollars, context 63 percent full$/,
    );
  });

  it("shows the parts named in the setting, in that order", () => {
    const active = { serverID: LOCAL, sessionID: "a" };
    const content = statusBarContent(withContext(126_000), active, NOW_MS, ["tokens", "cost"]);
    assert.equal(content?.text, "$(comment-discussion) 45.2k · $0.23");
  });

  it("warns from 80 percent of the context", () => {
    assert.equal(contentOf(withContext(159_999), "a").isWarning, false);
    assert.equal(contentOf(withContext(160_000), "a").isWarning, true);
    assert.equal(contentOf(withContext(400_000), "a").text.includes("200%"), true);
  });

  it("spins while the session is working and says when it is waiting", () => {
    const working = after(withContext(10), {
      type: "activity.changed",
      serverID: LOCAL,
      sessionID: "a",
      activity: { kind: "working", sinceMs: minutesAgo(1) },
    });
    assert.match(contentOf(working, "a").text, /^\$\(loading~spin\) /);
    const waiting = after(working, {
      type: "request.opened",
      serverID: LOCAL,
      request: aPermission("b"),
    });
    assert.match(contentOf(waiting, "a").text, /^\$\(bell-dot\) 1 waiting · /);
  });

  it("shows the last figures as stale when the server is lost", () => {
    const lost = after(withContext(126_000), {
      type: "connection.changed",
      serverID: LOCAL,
      connection: {
        kind: "lost",
        sinceMs: minutesAgo(3),
        reason: "unreachable",
        message: "",
        nextRetryMs: undefined,
      },
    });
    const content = contentOf(lost, "a");
    assert.equal(content.text, "$(debug-disconnect) $0.23 · 63% · Login · stale");
    assert.match(content.accessibilityLabel, /connection lost 3 minutes ago/);
  });

  it("describes the last turn in the tooltip", () => {
    const state = after(withContext(10), {
      type: "step.ended",
      serverID: LOCAL,
      sessionID: "a",
      stepID: "t",
      step: aStep({ costUSD: 0.04, tokens: someTokens({ input: 900, output: 100 }) }),
    });
    assert.match(contentOf(state, "a").tooltip, /Last step: 1k tokens, \$0\.04/);
  });

  it("shows the title of a session without usage, without icons from the title", () => {
    const state = stateWith(aServer({ sessions: [aSession({ id: "a", title: "$(zap) new" })] }));
    assert.equal(contentOf(state, "a").text, "$(comment-discussion) $\u200b(zap) new");
  });

  it("describes the servers if no session is active", () => {
    assert.equal(contentOf(stateWith(aServer())).text, "$(comment-discussion) OpenCode");
    assert.equal(
      contentOf(stateWith(aServer({ hasSnapshot: false }))).text,
      "$(loading~spin) OpenCode",
    );
    const closed = aServer({
      hasSnapshot: false,
      connection: { kind: "unauthorized", needs: "password", sinceMs: 1, message: "" },
    });
    assert.match(contentOf(stateWith(closed)).tooltip, /a password is required/);
    assert.equal(contentOf(stateWith(aServer()), "gone").text, "$(comment-discussion) OpenCode");
  });
});
