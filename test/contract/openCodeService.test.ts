import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startOpenCodeService } from "../../src/sources/openCodeService.ts";
import { opencodeProgram } from "../support/opencode/opencodeServer.ts";
import { quiet } from "../support/patience.mjs";

describe("starting the background service of OpenCode 2", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "service-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** A program that accepts the two OpenCode 2 commands used here. */
  function install(version: string, start: string): string {
    const file = path.join(folder, "opencode");
    writeFileSync(
      file,
      `#!/bin/sh
echo "$*" >> '${folder}/asked'
case "$1" in
  --version) echo ${version} ;;
  service) ${start} ;;
esac
`,
    );
    chmodSync(file, 0o755);
    return file;
  }

  function start(program: string, signal = new AbortController().signal) {
    const environment = { ...process.env, VSCODE_PID: "1" };
    return startOpenCodeService({ program, environment, homeDir: folder }, signal);
  }

  async function refusal(program: string, signal?: AbortSignal): Promise<[string, string]> {
    const started = await start(program, signal);
    assert.ok(!started.ok);
    return [started.error.reason, started.error.message];
  }

  it("is refused for the real OpenCode 1, which has none", async () => {
    const [reason, message] = await refusal(opencodeProgram(folder));
    assert.equal(reason, "unsupported");
    assert.match(message, /^OpenCode 1\.\d+\.\d+ has no background service/);
  });

  it("runs a version 2 program without the editor's own environment variables", async () => {
    const program = install("2.0.3", `env > '${folder}/environment'`);
    const started = await start(program);
    assert.ok(started.ok);
    assert.equal(started.value, "2.0.3");
    assert.equal(readFileSync(path.join(folder, "asked"), "utf8"), "--version\nservice start\n");
    const environment = readFileSync(path.join(folder, "environment"), "utf8");
    assert.match(environment, /^PATH=/m);
    assert.doesNotMatch(environment, /^VSCODE_/m);
  });

  it("reports why it failed", async () => {
    const program = install("2.1.0", "echo 'port 49374 already in use' >&2; exit 3");
    assert.deepEqual(await refusal(program), [
      "rejected",
      "“opencode service start” failed: port 49374 already in use.",
    ]);
  });

  it("reports a missing or unrelated program", async () => {
    const [reason, message] = await refusal(path.join(folder, "none"));
    assert.equal(reason, "notFound");
    assert.match(message, /opencodePath/);
    const other = install("hello", "exit 0");
    assert.equal((await refusal(other))[0], "unsupported");
  });

  it("stops waiting when cancelled", async () => {
    const program = install("2.0.0", "sleep 60");
    const abort = new AbortController();
    void quiet(200).then(() => {
      abort.abort();
    });
    assert.equal((await refusal(program, abort.signal))[0], "cancelled");
  });
});
