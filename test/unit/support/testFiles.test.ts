import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { dealFiles, findTestFiles } from "../../support/testFiles.mjs";

describe("test files", () => {
  let dir = "";
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), "test-files-"));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it("are found in a folder at any depth, in order, without other files", () => {
    mkdirSync(path.join(dir, "deep"));
    for (const name of ["b.test.ts", "a.test.ts", "deep/c.test.ts", "helper.ts"]) {
      writeFileSync(path.join(dir, name), "");
    }
    assert.deepEqual(
      findTestFiles([dir]).map((file) => path.relative(dir, file)),
      ["a.test.ts", "b.test.ts", path.join("deep", "c.test.ts")],
    );
  });

  it("must exist", () => {
    assert.throws(() => findTestFiles([path.join(dir, "gone")]), /does not exist/);
    assert.throws(() => findTestFiles([dir]), /contains no tests/);
  });

  it("are dealt out by size, each to one process", () => {
    const files = [1, 2, 3, 4, 5, 6, 7].map((size) => path.join(dir, `${String(size)}.test.ts`));
    for (const [index, file] of files.entries()) writeFileSync(file, "x".repeat(index + 1));
    const namesOf = (parts: readonly (readonly string[])[]) =>
      parts.map((part) => part.map((file) => path.basename(file, ".test.ts")).join(""));
    assert.deepEqual(namesOf(dealFiles(files, 3)), ["721", "63", "54"]);
    assert.deepEqual(namesOf(dealFiles(files.slice(0, 2), 3)), ["2", "1"]);
  });
});
