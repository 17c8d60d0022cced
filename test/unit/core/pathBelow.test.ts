import assert from "node:assert/strict";

import { pathBelow } from "../../../src/core/pathBelow.ts";

describe("a path below a directory", () => {
  it("is found for relative and absolute files in it", () => {
    assert.equal(pathBelow("/home/dev/app", "src/a.ts"), "/home/dev/app/src/a.ts");
    assert.equal(pathBelow("/home/dev/app/", "/home/dev/app/a..b"), "/home/dev/app/a..b");
    assert.equal(pathBelow("C:\\app", "src\\a.ts"), "C:/app/src/a.ts");
  });

  it("is refused for files that lead out of it", () => {
    for (const file of ["../.ssh/id_rsa", "src/../../x", "/etc/passwd", "..", "..\\x"]) {
      assert.equal(pathBelow("/home/dev/app", file), undefined, file);
    }
    assert.equal(pathBelow("/home/dev/app", "/home/dev/app/../x"), undefined);
    assert.equal(pathBelow("/home/dev/app", "/home/dev/apple/x"), undefined);
  });
});
