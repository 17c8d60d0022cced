import assert from "node:assert/strict";
import { statusInWindow, type WindowSources } from "../../../src/agents/windowAnswers.ts";
import { Store } from "../../../src/core/state/store.ts";
import { aServer, aSession, minutesAgo } from "../../support/seed/builders.ts";

const A = "http://127.0.0.1:4096";
const TWIN = "http://127.0.0.1:4097";

describe("a window's answer", () => {
  it("comes from the server that a shared session is shown from", async () => {
    const store = new Store();
    const sessions = [aSession({ id: "root" })];
    const connection = {
      kind: "lost",
      sinceMs: minutesAgo(1),
      reason: "unreachable",
      message: "gone",
      nextRetryMs: undefined,
    } as const;
    for (const { actions } of [
      aServer({ id: A, name: "away", sessions, connection }),
      aServer({ id: TWIN, name: "here", sessions }),
    ]) {
      for (const action of actions) store.dispatch(action);
    }
    store.flush();
    const watched: string[] = [];
    const none = (): undefined => undefined;
    const sources: WindowSources = {
      store,
      activeSession: { current: undefined },
      usage: {
        open: () => Promise.resolve(),
        current: none,
        failure: "none here",
        onDidChange: () => none,
        refill: () => Promise.resolve(),
        cancelFill: none,
        placeOf: none,
        statusExtras: () => ({ nowMs: Date.now() }),
      },
      watch: ({ serverID, sessionID }) => {
        watched.push(serverID);
        store.dispatch({
          type: "messages.loaded",
          serverID,
          sessionID,
          messages: [],
          isComplete: true,
          error: undefined,
        });
        store.flush();
        return none;
      },
      learnContext: none,
    };
    const status = await statusInWindow(sources, "root");
    assert.equal(status?.server, "here");
    assert.deepEqual(watched, [TWIN]);
    assert.equal(await statusInWindow(sources, "nowhere"), undefined);
    store.dispose();
  });
});
