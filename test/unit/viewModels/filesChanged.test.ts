import assert from "node:assert/strict";

import {
  filePatches,
  filesChanged,
  fileSides,
  linesText,
} from "../../../src/viewModels/documents/filesChanged.ts";
import { aDiff, anAnswer, aPrompt, aText } from "../../support/seed/messages.ts";

const messages = [
  aPrompt("m1", "Add the parser\nwith tests", {
    diffs: [aDiff("src/b.ts", undefined, "one\n"), aDiff("src/a.ts", "x\n", "x\ny\n")],
  }),
  anAnswer("m2", "done"),
  aPrompt("m3", "Only talk"),
  anAnswer("m4", "talked"),
  aPrompt("m5", "Change it", {
    diffs: [
      aDiff("src/b.ts", "one\n", "one\ntwo\nthree\n"),
      aDiff("src/a.ts", "x\ny\n", "x\n"),
      aDiff("old.ts", "gone\n", undefined),
    ],
  }),
  anAnswer("m6", "changed"),
];

describe("the files a session changed", () => {
  it("are net of all turns, without files that are back to their original state", () => {
    const { session } = filesChanged(messages, undefined);
    assert.deepEqual(session, [
      {
        file: "old.ts",
        status: "deleted",
        lines: { additions: 0, deletions: 1 },
      },
      {
        file: "src/b.ts",
        status: "added",
        lines: { additions: 3, deletions: 0 },
      },
    ]);
  });

  it("are listed turn by turn, newest first, with the prompt's first line", () => {
    const { turns } = filesChanged(messages, undefined);
    assert.deepEqual(
      turns.map(({ messageID, title, files }) => [
        messageID,
        title,
        files.map(({ file, status, lines }) => `${file} ${status} ${linesText(lines)}`),
      ]),
      [
        [
          "m5",
          "Change it",
          ["old.ts deleted +0 −1", "src/a.ts modified +1 −2", "src/b.ts modified +3 −1"],
        ],
        ["m1", "Add the parser", ["src/a.ts modified +2 −1", "src/b.ts added +1 −0"]],
      ],
    );
  });

  it("leave out reverted changes, and mark the reverted turns", () => {
    const { session, turns } = filesChanged(messages, "m5");
    assert.deepEqual(
      session.map(({ file }) => file),
      ["src/a.ts", "src/b.ts"],
    );
    assert.deepEqual(
      turns.map(({ messageID, isReverted }) => [messageID, isReverted]),
      [
        ["m5", true],
        ["m1", false],
      ],
    );
    // Even if the revert begins at a turn that changed nothing.
    assert.equal(filesChanged(messages, "m3").turns[0]?.isReverted, true);
  });

  it("label a turn that the server started automatically", () => {
    const prompt = aPrompt("m1", "", {
      parts: [aText("p", "Continue if you have next steps", true)],
      diffs: [aDiff("a", undefined, "a\n")],
    });
    assert.equal(filesChanged([prompt], undefined).turns[0]?.title, "Continued automatically");
  });

  it("have no invented figures if the server keeps no patch or only parts of it", () => {
    const binary = { file: "logo.png", additions: 0, deletions: 0, patch: undefined };
    const part = { file: "b", additions: 1, deletions: 1, patch: "@@ -7 +7 @@\n-a\n+b\n" };
    const prompts = [
      aPrompt("m1", "One", { diffs: [binary, part] }),
      aPrompt("m2", "Two", { diffs: [binary, part] }),
    ];
    const { session } = filesChanged(prompts, undefined);
    assert.deepEqual(
      session.map(({ file, lines }) => [file, linesText(lines)]),
      [
        ["b", "changed"],
        ["logo.png", "changed"],
      ],
    );
    assert.equal(filePatches(prompts, undefined, "logo.png", undefined), undefined);
  });
});

describe("the two versions of a changed file", () => {
  const sides = (messageID: string | undefined, revertMessageID?: string) => {
    const patches = filePatches(messages, revertMessageID, "src/b.ts", messageID);
    return patches === undefined ? undefined : fileSides(patches);
  };

  it("are from before and after one turn", () => {
    assert.deepEqual(sides("m5"), { before: "one\n", after: "one\ntwo\nthree\n", isWhole: true });
  });

  it("are from before the first and after the last turn of the session", () => {
    assert.deepEqual(sides(undefined), {
      before: undefined,
      after: "one\ntwo\nthree\n",
      isWhole: true,
    });
    assert.deepEqual(sides(undefined, "m5"), { before: undefined, after: "one\n", isWhole: true });
  });

  it("are complete if a partial patch leads to the file's current contents", () => {
    const patch = "@@ -7 +7 @@\n-g\n+G\n";
    const patches = { first: patch, last: patch };
    const before = "a\nb\nc\nd\ne\nf\ng\nh\n";
    const present = before.replace("g", "G");
    assert.deepEqual(fileSides(patches, present), { before, after: present, isWhole: true });
    assert.equal(fileSides(patches, `new line\n${present}`)?.isWhole, false);
    assert.equal(fileSides(patches)?.isWhole, false);
  });

  it("are undefined for an unknown file or turn", () => {
    assert.equal(sides("m9"), undefined);
    assert.equal(filePatches(messages, undefined, "nope", undefined), undefined);
  });
});
