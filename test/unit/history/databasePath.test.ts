import assert from "node:assert/strict";
import path from "node:path";
import { databasePath } from "../../../src/history/databasePath.ts";

describe("the path of OpenCode's database", () => {
  const home = path.resolve("/home/ada");
  const usual = path.join(home, ".local", "share", "opencode", "opencode.db");

  it("follows from the process's environment", () => {
    const elsewhere = path.resolve("/elsewhere/my.db");
    assert.equal(databasePath({}, home), usual);
    assert.equal(databasePath({ XDG_DATA_HOME: "", OPENCODE_DB: "" }, home), usual);
    assert.equal(
      databasePath({ XDG_DATA_HOME: "/data" }, home),
      path.join("/data/opencode/opencode.db"),
    );
    assert.equal(databasePath({ OPENCODE_DB: elsewhere }, home), elsewhere);
    assert.equal(
      databasePath({ OPENCODE_DB: "mine.db", XDG_DATA_HOME: "/data" }, home),
      path.join("/data/opencode/mine.db"),
    );
    assert.equal(databasePath({ OPENCODE_DB: ":memory:" }, home), undefined);
    assert.equal(databasePath({}, ""), undefined);
  });
});
