import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import {
  countLines,
  parsePatch,
  sidesOf,
  unapplyPatch,
} from "../../../src/viewModels/documents/patch.ts";

/** As OpenCode 1 writes it: the whole file is context. */
const WHOLE = `Index: src/a.ts
===================================================================
--- src/a.ts\t
+++ src/a.ts\t
@@ -1,4 +1,5 @@
 one
-two
+zwei
+2
 three
 four
`;

describe("a patch", () => {
  it("gives both texts if its context is the whole file", () => {
    assert.deepEqual(sidesOf(WHOLE), {
      before: "one\ntwo\nthree\nfour\n",
      after: "one\nzwei\n2\nthree\nfour\n",
      isWhole: true,
    });
  });

  it("distinguishes an added file from a deleted one, and an empty file from none", () => {
    assert.deepEqual(sidesOf("--- a\n+++ a\n@@ -0,0 +1,1 @@\n+x\n\\ No newline at end of file\n"), {
      before: undefined,
      after: "x",
      isWhole: true,
    });
    assert.deepEqual(sidesOf("--- a\n+++ a\n@@ -1,2 +0,0 @@\n-x\n-y\n"), {
      before: "x\ny\n",
      after: undefined,
      isWhole: true,
    });
  });

  it("keeps the final newline and carriage returns on the side they belong to", () => {
    const sides = sidesOf("@@ -1,2 +1,2 @@\n a\r\n-b\n\\ No newline at end of file\n+b\n");
    assert.deepEqual(sides, { before: "a\r\nb", after: "a\r\nb\n", isWhole: true });
  });

  it("puts the known parts on their line numbers if the rest is missing", () => {
    const patch = "@@ -4,2 +4,2 @@\n d\n-e\n+E\n@@ -9 +9,2 @@\n i\n+j\n";
    assert.deepEqual(sidesOf(patch), {
      before: "⋯\n\n\nd\ne\n⋯\n\n\ni\n",
      after: "⋯\n\n\nd\nE\n⋯\n\n\ni\nj\n",
      isWhole: false,
    });
    assert.equal(sidesOf(patch)?.before?.split("\n")[8], "i");
  });

  it("is rejected if it is invalid or truncated", () => {
    for (const text of ["", "hello", "@@ nonsense @@\n x", "@@ -1,3 +1,3 @@\n one\n"]) {
      assert.equal(parsePatch(text), undefined, text);
      assert.equal(sidesOf(text), undefined, text);
    }
  });

  it("is unapplied only if it matches", () => {
    const patch = "@@ -2,2 +2,3 @@\n b\n-c\n+C\n+CC\n@@ -6,0 +8,1 @@\n+g\n";
    const before = "a\nb\nc\nd\ne\nf\n";
    const after = "a\nb\nC\nCC\nd\ne\nf\ng\n";
    assert.equal(unapplyPatch(after, patch), before);
    assert.equal(unapplyPatch("a\nb\nX\nCC\nd\ne\nf\ng\n", patch), undefined);
    assert.equal(unapplyPatch("a\n", patch), undefined);
  });
});

describe("patches and line counts, compared with git", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "patch-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** A small generator, so that the cases are the same every time. */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
  }

  function textOf(next: () => number, lines: number): string {
    const words = ["", "a", "b", "c", "}", "\t", "x\r"];
    const text = Array.from({ length: lines }, () => words[Math.floor(next() * words.length)]);
    return text.join("\n") + (next() < 0.5 ? "\n" : "");
  }

  function git(args: readonly string[]): string {
    const result = spawnSync("git", ["-c", "core.autocrlf=false", "diff", "--no-index", ...args], {
      cwd: folder,
      encoding: "utf8",
    });
    return result.stdout;
  }

  for (const [seed, lines] of [
    [1, 3],
    [2, 12],
    [3, 12],
    [4, 40],
    [5, 120],
  ] as const) {
    it(`case ${seed}: ${lines} lines`, () => {
      const next = random(seed);
      const before = textOf(next, lines);
      const kept = before.split("\n").filter(() => next() < 0.8);
      kept.splice(Math.floor(next() * kept.length), 0, textOf(next, 3));
      const after = kept.join("\n");
      writeFileSync(path.join(folder, "before"), before);
      writeFileSync(path.join(folder, "after"), after);
      for (const context of [0, 3, 100_000]) {
        const patch = git(["--minimal", `-U${context}`, "before", "after"]);
        assert.equal(unapplyPatch(after, patch), before);
        if (context < 100_000) continue;
        assert.deepEqual(sidesOf(patch), { before, after, isWhole: true });
      }
      const [additions, deletions] = git(["--minimal", "--numstat", "before", "after"]).split("\t");
      assert.deepEqual(countLines(before, after), {
        additions: Number(additions),
        deletions: Number(deletions),
      });
    });
  }
});

describe("line counts", () => {
  it("are zero for equal texts and complete for a new text", () => {
    assert.deepEqual(countLines("a\nb\n", "a\nb\n"), { additions: 0, deletions: 0 });
    assert.deepEqual(countLines("", "a\nb"), { additions: 2, deletions: 0 });
    assert.deepEqual(countLines("a\nb", ""), { additions: 0, deletions: 2 });
    assert.deepEqual(countLines("a\nb\nc\n", "a\nB\nc\n"), { additions: 1, deletions: 1 });
  });

  it("are undefined if texts differ too much", () => {
    const lines = (word: string) =>
      Array.from({ length: 2500 }, (_, at) => `${word} ${at}\n`).join("");
    assert.equal(countLines(`x\n${lines("a")}`, `y\n${lines("b")}`), undefined);
  });
});
