import assert from "node:assert/strict";

import { promptItems } from "../../../src/viewModels/documents/promptItems.ts";
import { revertPlan, unrevertPlan } from "../../../src/viewModels/documents/revertPreview.ts";
import { aServer, aSession, minutesAgo, NOW_MS, stateWith } from "../../support/seed/builders.ts";
import { aDiff, anAnswer, aPrompt, aText } from "../../support/seed/messages.ts";

const serverID = "http://127.0.0.1:4096";
const ref = { serverID, sessionID: "ses_1" };
const session = aSession({ id: "ses_1", title: "Fix login" });
const rests = stateWith(aServer({ sessions: [session] }));

const messages = [
  aPrompt("m1", "First"),
  anAnswer("m2", "a"),
  aPrompt("m3", "Second\nwith more", {
    createdMs: minutesAgo(5),
    diffs: [aDiff("src/a.ts", "1\n", "1\n2\n3\n"), aDiff("b.txt", undefined, "b\n")],
  }),
  anAnswer("m4", "b"),
  anAnswer("m5", "c"),
  aPrompt("m6", "", { parts: [aText("s", "Continue", true)] }),
  anAnswer("m7", "d", { costUSD: 0.02 }),
  aPrompt("m8", "Third", { diffs: [aDiff("src/a.ts", "1\n2\n3\n", "1\n")] }),
];

describe("the preview of a revert", () => {
  it("lists messages, cost and files, and how long it can be undone", () => {
    const plan = revertPlan(rests, ref, messages, "m3");
    assert.ok(plan.kind === "ready");
    assert.equal(plan.question, "Revert “Fix login” to before “Second”?");
    assert.match(plan.detail, /Hidden from the model: 3 prompts and 3 answers \(\$0\.04\)\./);
    // In reverse: added lines are removed.
    assert.match(plan.detail, /^src\/a\.ts \(\+4 −4\)$/m);
    assert.match(plan.detail, /^b\.txt \(\+0 −1\)$/m);
    assert.match(plan.detail, /until the next prompt.*drop by \$0\.04/);
  });

  it("says if no file is changed and nothing was spent", () => {
    const plan = revertPlan(rests, ref, [aPrompt("m1", "Hello")], "m1");
    assert.ok(plan.kind === "ready");
    assert.match(plan.detail, /1 prompt and 0 answers\.\n\nNo file is changed\./);
    assert.doesNotMatch(plan.detail, /drop by/);
  });

  it("names twelve files and counts the rest", () => {
    const diffs = Array.from({ length: 14 }, (_, at) => aDiff(`f${at}`, undefined, "x\n"));
    const plan = revertPlan(rests, ref, [aPrompt("m1", "Go", { diffs })], "m1");
    assert.ok(plan.kind === "ready");
    assert.match(plan.detail, /^f11 \(\+0 −1\)\nand 2 more$/m);
  });

  it("is refused while the session is working, and for a message that is gone", () => {
    const busy = stateWith(
      aServer({
        sessions: [session],
        activities: { ses_1: { kind: "working", sinceMs: minutesAgo(1) } },
      }),
    );
    assert.equal(revertPlan(busy, ref, messages, "m3").kind, "refused");
    assert.deepEqual(revertPlan(rests, ref, messages, "m99"), {
      kind: "refused",
      message: "This message no longer exists.",
    });
  });

  it("is reversed for undoing the revert", () => {
    const plan = unrevertPlan(rests, ref, messages, "m8");
    assert.ok(plan.kind === "ready");
    assert.match(plan.detail, /Restored: 1 prompt and 0 answers\./);
    assert.match(plan.detail, /^src\/a\.ts \(\+1 −3\)$/m);
    assert.equal(unrevertPlan(rests, ref, messages, undefined).kind, "refused");
  });
});

describe("the list of prompts to pick from", () => {
  it("contains the user's prompts, newest first, with the turn's age, files and cost", () => {
    const items = promptItems(messages, NOW_MS);
    assert.deepEqual(
      items.map(({ messageID, label, description }) => [messageID, label, description]),
      [
        ["m8", "Third", "20m · 1 file"],
        ["m3", "Second", "5m · 2 files · $0.02"],
        ["m1", "First", "20m · $0.01"],
      ],
    );
    assert.match(items[1]?.detail ?? "", / · Second with more$/);
  });

  it("names a prompt without text by its file", () => {
    const file = { kind: "file", id: "f", filename: "shot.png", mime: "image/png" } as const;
    const [item] = promptItems([aPrompt("m2", "", { parts: [file] })], NOW_MS);
    assert.equal(item?.label, "shot.png");
  });
});
