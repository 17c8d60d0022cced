import assert from "node:assert/strict";
import { isAbsolutePath, reachProgramUnchanged } from "../../../src/core/shellArguments.ts";

describe("shell arguments with names from servers", () => {
  it("include a directory only if it cannot be read as an option", () => {
    for (const path of ["/home/dev", "C:\\code", "c:/code", "\\\\host\\share"]) {
      assert.ok(isAbsolutePath(path), path);
    }
    for (const path of ["", "--yolo", "-p", "code", "C:code"])
      assert.ok(!isAbsolutePath(path), path);
  });

  it("are refused on Windows if cmd.exe would interpret them again", () => {
    for (const path of ["C:\\a&calc", 'C:\\"', "C:\\%PATH%", "C:\\a|b", "C:\\a\nb", "C:\\a^b"]) {
      assert.ok(!reachProgramUnchanged(["attach", path], "win32"), path);
      assert.ok(reachProgramUnchanged(["attach", path], "linux"), path);
    }
    assert.ok(reachProgramUnchanged(["attach", "http://127.0.0.1:4096", "C:\\my code"], "win32"));
  });
});
