import assert from "node:assert/strict";
import { processURLs } from "../../../src/sources/localProcess.ts";
import {
  parseWindowsProcesses,
  splitWindowsCommandLine,
} from "../../../src/sources/windowsProcesses.ts";

const TWO = {
  processes: [
    {
      ProcessId: 4712,
      CommandLine: '"C:\\Users\\Ann Lee\\AppData\\Roaming\\npm\\opencode.exe" serve --port 0',
    },
    { ProcessId: 4713, CommandLine: "opencode  --port=16500" },
    { ProcessId: 4714, CommandLine: null },
    { ProcessId: 4715, CommandLine: "opencode.exe" },
  ],
  listeners: [
    { LocalAddress: "127.0.0.1", LocalPort: 4096, OwningProcess: 4712 },
    { LocalAddress: "::", LocalPort: 4097, OwningProcess: 4712 },
    { LocalAddress: "192.168.1.5", LocalPort: 4098, OwningProcess: 4712 },
  ],
};

describe("OpenCode processes on Windows", () => {
  it("combine command lines and ports", () => {
    const found = parseWindowsProcesses(`\uFEFF${JSON.stringify(TWO)}\r\n`);
    assert.deepEqual(
      found?.map((process) => [process.pid, processURLs(process)]),
      [
        [4712, ["http://127.0.0.1:4096", "http://127.0.0.1:4097"]],
        [4713, ["http://127.0.0.1:16500"]],
        [4715, []],
      ],
    );
  });

  it("are read from lists as Windows PowerShell 5 writes them", () => {
    const single = { processes: TWO.processes[0], listeners: TWO.listeners[0] };
    const wrapped = {
      processes: { value: [TWO.processes[0]], Count: 1 },
      listeners: { value: [TWO.listeners[0]], Count: 1 },
    };
    for (const answer of [single, wrapped]) {
      const found = parseWindowsProcesses(JSON.stringify(answer));
      assert.deepEqual(found?.flatMap(processURLs), ["http://127.0.0.1:4096"]);
    }
  });

  it("distinguish empty output from unreadable output", () => {
    assert.deepEqual(parseWindowsProcesses('{"processes":[],"listeners":[]}'), []);
    assert.deepEqual(parseWindowsProcesses('{"listeners":null,"processes":null}'), []);
    assert.equal(parseWindowsProcesses(""), undefined);
    assert.equal(parseWindowsProcesses("Get-CimInstance : Access denied"), undefined);
    assert.equal(parseWindowsProcesses("[]"), undefined);
  });

  it("skip rows with unexpected types", () => {
    const answer = {
      processes: [1, "x", { ProcessId: "4712", CommandLine: "opencode serve" }, { ProcessId: -1 }],
      listeners: [{ LocalAddress: 1, LocalPort: "4096", OwningProcess: 4712 }, null],
    };
    assert.deepEqual(parseWindowsProcesses(JSON.stringify(answer)), []);
  });

  const lines: readonly (readonly [string, readonly string[]])[] = [
    ["opencode", ["opencode"]],
    ['"C:\\a b\\opencode.exe" serve', ["C:\\a b\\opencode.exe", "serve"]],
    ['"C:\\a b\\opencode.exe', ["C:\\a b\\opencode.exe"]],
    ["opencode \t serve   --port\t1 ", ["opencode", "serve", "--port", "1"]],
    ['opencode --prompt "two words" x', ["opencode", "--prompt", "two words", "x"]],
    ['opencode --prompt "say \\"hi\\""', ["opencode", "--prompt", 'say "hi"']],
    ['opencode "C:\\dir\\\\" serve', ["opencode", "C:\\dir\\", "serve"]],
    ["opencode C:\\dir\\sub x", ["opencode", "C:\\dir\\sub", "x"]],
    ['opencode "" x', ["opencode", "", "x"]],
    ['opencode --prompt="a b"c', ["opencode", "--prompt=a bc"]],
    ["", [""]],
  ];
  for (const [line, words] of lines) {
    it(`have their arguments split: «${line}»`, () => {
      assert.deepEqual(splitWindowsCommandLine(line), words);
    });
  }
});
