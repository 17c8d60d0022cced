import assert from "node:assert/strict";
import {
  isOpenCodeProgram,
  loopbackHost,
  parseOpenCodeCommand,
} from "../../../src/sources/openCodeCommand.ts";

describe("an OpenCode command line", () => {
  const silent = { listens: false, port: undefined, hostname: undefined };
  const listens = { listens: true, port: undefined, hostname: undefined };
  const rows: readonly (readonly [string, object | undefined])[] = [
    ["opencode", silent],
    ["opencode /home/dev/app", silent],
    ["opencode --port 0", silent],
    ["opencode --port=", silent],
    ["opencode --port nonsense", silent],
    ["opencode --port 70000", silent],
    ["opencode attach http://127.0.0.1:4096 -s ses_1", silent],
    ["opencode run say --model serve", silent],
    ["opencode --model serve", silent],
    ["opencode -- --port 5000", silent],
    ["opencode serve", listens],
    ["opencode web", listens],
    ["opencode --log-level DEBUG serve --port 0", listens],
    ["opencode --port 5000", { listens: true, port: 5000, hostname: undefined }],
    ["opencode serve --port=5001", { listens: true, port: 5001, hostname: undefined }],
    ["opencode serve --port 1 --port 2", { listens: true, port: 2, hostname: undefined }],
    [
      "opencode serve --hostname 0.0.0.0 --port 5002",
      { listens: true, port: 5002, hostname: "0.0.0.0" },
    ],
    ["opencode --hostname=:: --port=5003 dir", { listens: true, port: 5003, hostname: "::" }],
    ["opencode serve --port", listens],
    ["/opt/x/bin/opencode serve", listens],
    ["C:\\x\\OpenCode.EXE web", listens],
    ["/nix/store/abc/bin/.opencode-wrapped serve", listens],
    ["", undefined],
    ["vim opencode serve --port 80", undefined],
    ["/srv/opencode/bin/worker serve --port 80", undefined],
    ["opencode-desktop serve --port 80", undefined],
    ["myopencode serve", undefined],
  ];
  for (const [line, expected] of rows) {
    it(`is parsed: «${line}»`, () => {
      assert.deepEqual(parseOpenCodeCommand(line === "" ? [] : line.split(" ")), expected);
    });
  }

  it("is recognised only by the program's last path segment", () => {
    assert.equal(isOpenCodeProgram("/a b/opencode"), true);
    assert.equal(isOpenCodeProgram("/opencode/sh"), false);
    assert.equal(isOpenCodeProgram("opencode.js"), false);
    assert.equal(isOpenCodeProgram(""), false);
  });

  it("yields a loopback address only for a server listening on loopback or everywhere", () => {
    assert.equal(loopbackHost("127.0.0.1"), "127.0.0.1");
    assert.equal(loopbackHost("127.1.2.3"), "127.1.2.3");
    assert.equal(loopbackHost("0.0.0.0"), "127.0.0.1");
    assert.equal(loopbackHost("*"), "127.0.0.1");
    assert.equal(loopbackHost("::"), "127.0.0.1");
    assert.equal(loopbackHost("[::]"), "127.0.0.1");
    assert.equal(loopbackHost("::ffff:0.0.0.0"), "127.0.0.1");
    assert.equal(loopbackHost("::ffff:127.0.0.1"), "127.0.0.1");
    assert.equal(loopbackHost("::1"), "[::1]");
    assert.equal(loopbackHost("localhost"), "localhost");
    assert.equal(loopbackHost("192.168.1.5"), undefined);
    assert.equal(loopbackHost("::ffff:10.0.0.1"), undefined);
    assert.equal(loopbackHost("fe80::1"), undefined);
    assert.equal(loopbackHost("box.local"), undefined);
    assert.equal(loopbackHost("127.0.0.1.example.com"), undefined);
  });
});
