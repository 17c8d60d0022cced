import assert from "node:assert/strict";
import { setImmediate as settled } from "node:timers/promises";

import type { Message, TurnDiff } from "../../../src/core/state/message.ts";
import type { State } from "../../../src/core/state/state.ts";
import { TURN_DIFFS_RETRY_MS, TurnDiffs } from "../../../src/views/documents/turnDiffs.ts";
import { after, aServer, aSession, stateWith } from "../../support/seed/builders.ts";
import { aDiff, aPrompt } from "../../support/seed/messages.ts";

const ref = { serverID: "http://127.0.0.1:4096", sessionID: "ses_1" };

function stateOf(messages: readonly Message[]): State {
  return after(stateWith(aServer({ sessions: [aSession({ id: "ses_1" })] })), {
    type: "messages.loaded",
    ...ref,
    messages,
    isComplete: true,
    error: undefined,
  });
}

describe("requested turn diffs", () => {
  const state = stateOf([aPrompt("msg_1", "Fix it")]);
  let asked: number;
  let learnt: number;
  let answer: readonly TurnDiff[] | undefined;
  let nowMs: number;
  let diffs: TurnDiffs;

  beforeEach(() => {
    [asked, learnt, answer, nowMs] = [0, 0, undefined, 1_000_000];
    diffs = new TurnDiffs(
      () => {
        asked++;
        return Promise.resolve(answer);
      },
      () => learnt++,
      () => nowMs,
    );
  });

  async function look(): Promise<readonly TurnDiff[]> {
    const [prompt] = diffs.messages(state, ref);
    await settled();
    return prompt!.diffs;
  }

  it("are requested once and kept", async () => {
    answer = [aDiff("a.ts", "1\n", "2\n")];
    assert.deepEqual(await look(), []);
    assert.equal(learnt, 1);
    assert.deepEqual(await look(), answer);
    assert.deepEqual([asked, learnt], [1, 1]);
  });

  it("are not requested on every access while they are unavailable", async () => {
    for (let looks = 0; looks < 5; looks++) await look();
    assert.equal(asked, 1);
    nowMs += TURN_DIFFS_RETRY_MS - 1;
    await look();
    assert.equal(asked, 1);
    nowMs += 1;
    answer = [aDiff("a.ts", "1\n", "2\n")];
    await look();
    assert.deepEqual([asked, learnt], [2, 1]);
    assert.deepEqual(await look(), answer);
  });
});
