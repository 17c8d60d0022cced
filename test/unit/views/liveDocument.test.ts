import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

import type { Action } from "../../../src/core/actions.ts";
import { Store } from "../../../src/core/store.ts";
import { transcript } from "../../../src/viewModels/transcript.ts";
import { LiveDocument } from "../../../src/views/liveDocument.ts";
import { aServer, aSession } from "../../support/builders.ts";
import { anAnswer, aPrompt, aText } from "../../support/messages.ts";

const serverID = "http://127.0.0.1:4096";
const ref = { serverID, sessionID: "ses_1" };

describe("a document that is kept up to date", () => {
  let store: Store;
  let watches: number;
  let changes: string[];
  let document: LiveDocument;

  beforeEach(() => {
    store = new Store(0);
    watches = 0;
    changes = [];
    document = new LiveDocument({
      store,
      ref,
      watch: () => {
        watches++;
        return () => {
          watches--;
        };
      },
      render: (state) => transcript(state, ref)?.text ?? "gone",
      onDidChange: () => {
        changes.push(document.text);
      },
    });
  });

  afterEach(() => {
    document.dispose();
    store.dispose();
  });

  function happen(...actions: readonly Action[]): void {
    for (const action of actions) store.dispatch(action);
    store.flush();
  }

  function server(): readonly Action[] {
    return aServer({ sessions: [aSession({ id: "ses_1", title: "Fix" })] }).actions;
  }

  function loaded(text = "Go"): Action {
    return {
      type: "messages.loaded",
      serverID,
      sessionID: "ses_1",
      messages: [aPrompt("m1", text), anAnswer("m2", [aText("t", "")], { completedMs: undefined })],
      isComplete: true,
      error: undefined,
    };
  }

  function word(text: string): Action {
    return {
      type: "part.streamed",
      serverID,
      sessionID: "ses_1",
      messageID: "m2",
      partID: "t",
      text,
    };
  }

  async function read(): Promise<string> {
    return Buffer.from((await document.read()).bytes).toString("utf8");
  }

  it("gives the last version to a reader whose first one was overtaken", async () => {
    const answers: ((text: string) => void)[] = [];
    const asking = new LiveDocument({
      store,
      ref,
      watch: () => () => undefined,
      isReady: () => true,
      render: () => new Promise((resolve) => answers.push(resolve)),
      onDidChange: () => changes.push(asking.text),
    });
    happen(...server());
    const reading = asking.read();
    happen(loaded("Again"));
    while (answers.length < 3) await delay(20);
    for (const answer of answers.slice(0, -1)) answer("an early one");
    await delay(20);
    answers.at(-1)?.("the last");
    const { bytes } = await reading;
    assert.equal(Buffer.from(bytes).toString(), "the last");
    asking.dispose();
  });

  it("waits for the server, the session and its messages before it is first read", async () => {
    const reading = read();
    await delay(20);
    happen(...server());
    assert.equal(watches, 1);
    await delay(20);
    happen(loaded());
    assert.match(await reading, /## You [^\n]*\n\nGo/);
    assert.deepEqual(changes, []);
  });

  it("says at once that a session does not exist", async () => {
    happen(...aServer({ sessions: [] }).actions);
    assert.equal(await read(), "gone");
  });

  it("gives each version a later time, and tells of it a few times a second at most", async () => {
    happen(...server(), loaded());
    const first = await document.read();
    const stop = document.hold();
    const startMs = Date.now();
    let words = 0;
    while (Date.now() - startMs < 1000) {
      happen(word(`word${words++} `));
      await delay(5);
    }
    await delay(400);
    assert.ok(words > 20, `only ${words} words`);
    assert.ok(changes.length >= 2 && changes.length <= 6, `${changes.length} versions`);
    assert.match(changes.at(-1) ?? "", new RegExp(`word${words - 1} *\\n`));
    const last = await document.read();
    assert.ok(last.modifiedMs > first.modifiedMs);
    stop();
  });

  it("tells nothing of what does not change its text", async () => {
    happen(...server(), loaded());
    await read();
    const stop = document.hold();
    happen({ type: "session.changed", serverID, sessionID: "ses_1", changes: { updatedMs: 5 } });
    await delay(400);
    assert.deepEqual(changes, []);
    stop();
  });

  it("takes up again where it was let go, without going back to an empty page", async () => {
    happen(...server(), loaded());
    await read();
    document.dispose();
    assert.equal(watches, 0);
    happen({ type: "messages.dropped", serverID, sessionID: "ses_1" });
    const stop = document.hold();
    assert.equal(watches, 1);
    await delay(350);
    assert.deepEqual(changes, []);
    happen(loaded("Something else"));
    await delay(350);
    assert.equal(changes.length, 1);
    assert.match(changes[0]!, /Something else/);
    stop();
    stop();
  });

  it("watches anew when its server went and came back", () => {
    happen(...server(), loaded());
    const stop = document.hold();
    assert.equal(watches, 1);
    happen({ type: "server.removed", serverID });
    happen(...server());
    // The first watch went with its server.
    assert.equal(watches, 2);
    stop();
  });
});
