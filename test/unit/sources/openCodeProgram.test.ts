import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { candidatePaths, findProgram } from "../../../src/sources/openCodeProgram.ts";
import type { ProgramPlaces } from "../../../src/sources/openCodeProgram.ts";

describe("finding the OpenCode program", () => {
  let root: string;
  let places: ProgramPlaces;

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), "program-"));
    places = {
      environment: { PATH: `relative:${path.join(root, "a")}:${path.join(root, "b c")}` },
      homeDir: path.join(root, "home"),
      platform: "linux",
    };
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function install(file: string, mode = 0o755): string {
    const full = path.join(root, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, "");
    chmodSync(full, mode);
    return full;
  }

  async function find(program: string): Promise<string | undefined> {
    return (await findProgram(program, places))?.file;
  }

  it("picks the first executable on PATH", async () => {
    mkdirSync(path.join(root, "a/opencode"), { recursive: true });
    const second = install("b c/opencode");
    assert.equal(await find("opencode"), second);
    assert.equal(await find(" opencode "), second);
    chmodSync(second, 0o644);
    assert.equal(await find("opencode"), undefined);
  });

  it("searches the installers' locations if PATH is incomplete", async () => {
    const installed = install("home/.opencode/bin/opencode");
    assert.equal(await find("opencode"), installed);
    const onPath = install("a/opencode");
    assert.equal(await find("opencode"), onPath, "PATH comes first");
  });

  it("uses a path as is, with ~ as the home folder", async () => {
    const file = install("home/my tools/oc");
    assert.equal(await find(file), file);
    assert.equal(await find("~/my tools/oc"), file);
    assert.equal(await find(path.join(root, "none")), undefined);
    assert.equal(await find(""), undefined);
  });

  it("knows the program extensions on Windows, and which need a shell", async () => {
    const windows: ProgramPlaces = {
      environment: { Path: "C:\\bin;rel" },
      homeDir: "C:\\Users\\Ann",
      platform: "win32",
    };
    assert.deepEqual(candidatePaths("opencode", windows).slice(0, 4), [
      "C:\\bin\\opencode.exe",
      "C:\\bin\\opencode.cmd",
      "C:\\bin\\opencode.bat",
      "C:\\Users\\Ann\\.opencode\\bin\\opencode.exe",
    ]);
    assert.deepEqual(candidatePaths("D:\\x\\opencode.exe", windows), ["D:\\x\\opencode.exe"]);
    const batch = install("npm/opencode.cmd", 0o644);
    const found = await findProgram(batch, windows);
    assert.deepEqual(found, { file: batch, needsShell: true });
    assert.equal((await findProgram(install("x.exe"), windows))?.needsShell, false);
  });
});
