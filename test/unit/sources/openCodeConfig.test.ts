import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  openCodeConfigFiles,
  parseConfiguredServer,
  readConfiguredServers,
} from "../../../src/sources/openCodeConfig.ts";

describe("OpenCode's configuration", () => {
  it("is searched for in the same places as by OpenCode", () => {
    const names = ["config.json", "opencode.json", "opencode.jsonc"];
    assert.deepEqual(
      openCodeConfigFiles({}, "/home/ann"),
      names.map((name) => `/home/ann/.config/opencode/${name}`),
    );
    const files = openCodeConfigFiles(
      { XDG_CONFIG_HOME: "/cfg", OPENCODE_CONFIG_DIR: "/own", OPENCODE_CONFIG: "/x/my.json" },
      "/home/ann",
    );
    assert.deepEqual(files, [
      ...names.map((name) => `/cfg/opencode/${name}`),
      ...names.map((name) => `/own/${name}`),
      "/x/my.json",
    ]);
  });

  const rows: readonly (readonly [string, string, string | undefined, RegExp | undefined])[] = [
    ["a port", '{"server":{"port":5000}}', "http://127.0.0.1:5000", undefined],
    [
      "comments and trailing commas",
      '{\n // mine\n "server": { "port": 5000, /* all */ "hostname": "0.0.0.0", },\n}',
      "http://127.0.0.1:5000",
      undefined,
    ],
    [
      "another loopback address",
      '{"server":{"port":1,"hostname":"::1"}}',
      "http://[::1]:1",
      undefined,
    ],
    [
      "an address of another interface",
      '{"server":{"port":1,"hostname":"10.0.0.7"}}',
      undefined,
      undefined,
    ],
    ["no server", '{"model":"x"}', undefined, undefined],
    ["nothing", "", undefined, undefined],
    ["a server of another kind", '{"server":"x"}', undefined, undefined],
    ["port 0", '{"server":{"port":0}}', undefined, undefined],
    ["a port that is no number", '{"server":{"port":"5000"}}', undefined, /not a port number/],
    ["a port out of range", '{"server":{"port":70000}}', undefined, /not a port number/],
    [
      "a broken text, as far as it goes",
      '{"server":{"port":5000',
      "http://127.0.0.1:5000",
      /not valid JSON/,
    ],
    ["something else altogether", "port = 1", undefined, /not valid JSON/],
  ];
  for (const [what, text, url, message] of rows) {
    it(`gives the address for ${what}`, () => {
      const parsed = parseConfiguredServer(text);
      assert.equal(parsed.url, url);
      if (message === undefined) assert.equal(parsed.message, undefined);
      else assert.match(parsed.message ?? "", message);
    });
  }

  it("merges all files, skips missing ones, and names a broken one", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "config-"));
    try {
      const [good, broken, absent, odd] = ["a", "b", "c", "d"].map((name) =>
        path.join(folder, name),
      );
      writeFileSync(good!, '{"server":{"port":5000}}');
      writeFileSync(broken!, "{");
      mkdirSync(odd!);
      const { urls, problems } = await readConfiguredServers([
        good!,
        good!,
        broken!,
        absent!,
        odd!,
      ]);
      assert.deepEqual(urls, ["http://127.0.0.1:5000"]);
      assert.deepEqual(
        problems.map(({ subject, severity }) => [subject, severity]),
        [
          [broken, "warning"],
          [odd, "warning"],
        ],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
