import assert from "node:assert/strict";
import { SettingsSource, parseServerSettings } from "../../../src/sources/settingsSource.ts";
import { itIsAServerSource } from "./sourceContract.ts";

describe("servers from settings", () => {
  itIsAServerSource(() => {
    const source = new SettingsSource([{ url: "127.0.0.1:4096/" }]);
    return {
      source,
      urls: ["http://127.0.0.1:4096"],
      change: () => {
        source.setValue([{ url: "127.0.0.1:4096" }, { url: "https://build.example/oc" }]);
      },
      changedURLs: ["http://127.0.0.1:4096", "https://build.example/oc"],
    };
  });

  it("accept all four keys", () => {
    const { servers, problems } = parseServerSettings([
      {
        url: "https://build.example:8443/",
        name: " Build ",
        username: "ann",
        directory: "/srv/app",
      },
    ]);
    assert.deepEqual(problems, []);
    assert.deepEqual(servers, [
      {
        endpoint: {
          serverID: "https://build.example:8443",
          url: "https://build.example:8443",
          name: "Build",
          origin: "settings",
          username: "ann",
          directory: "/srv/app",
          pid: undefined,
        },
        password: undefined,
      },
    ]);
  });

  it("default to the address as the name and to opencode as the user", () => {
    const { servers } = parseServerSettings([{ url: "https://h:1/x/", name: " ", username: "" }]);
    assert.equal(servers[0]?.endpoint.name, "h:1/x");
    assert.equal(servers[0].endpoint.username, "opencode");
  });

  it("yield no server and no problem if nothing is set", () => {
    assert.deepEqual(parseServerSettings(undefined), { servers: [], problems: [] });
    assert.deepEqual(parseServerSettings(null), { servers: [], problems: [] });
    assert.deepEqual(parseServerSettings([]), { servers: [], problems: [] });
  });

  for (const value of ["http://a", 7, true, { url: "http://a" }]) {
    it(`report that ${JSON.stringify(value)} is not a list`, () => {
      const { servers, problems } = parseServerSettings(value);
      assert.deepEqual(servers, []);
      assert.equal(problems.length, 1);
      assert.match(problems[0]!.message, /^The setting “opencodeSessions\.servers” must be a list/);
    });
  }

  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ["a text", "http://a:1", /must be an object/],
    ["nothing", null, /must be an object/],
    ["a list", [], /must be an object/],
    ["an entry without url", { name: "x" }, /has no “url”/],
    ["an empty url", { url: "  " }, /has no “url”/],
    ["a url that is a number", { url: 4096 }, /has no “url”/],
    ["another scheme", { url: "ftp://a" }, /not an http or https address/],
    ["no address at all", { url: "http://" }, /not an http or https address/],
    ["a port out of range", { url: "http://a:99999" }, /not an http or https address/],
    ["a name that is not text", { url: "http://a", name: 3 }, /“name” that is not text/],
    [
      "a username that is not text",
      { url: "http://a", username: {} },
      /“username” that is not text/,
    ],
    [
      "a directory that is not text",
      { url: "http://a", directory: [] },
      /“directory” that is not text/,
    ],
    ["a relative directory", { url: "http://a", directory: "src" }, /not an absolute path/],
  ];
  for (const [what, entry, message] of bad) {
    it(`refuse ${what}, report its position, and keep the others`, () => {
      const { servers, problems } = parseServerSettings([
        { url: "http://ok:1" },
        entry,
        { url: "http://ok:2" },
      ]);
      assert.deepEqual(
        servers.map(({ endpoint }) => endpoint.url),
        ["http://ok:1", "http://ok:2"],
      );
      assert.equal(problems.length, 1);
      assert.equal(problems[0]!.subject, "The setting “opencodeSessions.servers”: entry 2");
      assert.equal(problems[0]!.severity, "error");
      assert.match(problems[0]!.message, message);
    });
  }

  it("never repeat a password", () => {
    const { servers, problems } = parseServerSettings([
      { url: "http://ann:s3cret@host:1" },
      { url: "http://host:2", password: "s3cret" },
    ]);
    assert.equal(servers.length, 1);
    assert.equal(problems.length, 2);
    assert.match(problems[0]!.message, /remove them/);
    assert.match(problems[1]!.message, /remove it/);
    assert.doesNotMatch(JSON.stringify({ servers, problems }), /s3cret/);
  });

  it("keep an entry with an unknown key and name the key", () => {
    const { servers, problems } = parseServerSettings([{ url: "http://a:1", user: "ann" }]);
    assert.equal(servers.length, 1);
    assert.equal(problems[0]?.severity, "warning");
    assert.match(problems[0].message, /unknown field “user”/);
  });

  it("include an address only once, however it is written", () => {
    const { servers, problems } = parseServerSettings([
      { url: "http://Host:80/" },
      { url: "http://other" },
      { url: "host", name: "again" },
    ]);
    assert.deepEqual(
      servers.map(({ endpoint }) => endpoint.url),
      ["http://host", "http://other"],
    );
    assert.equal(problems.length, 1);
    assert.equal(problems[0]!.subject, "The setting “opencodeSessions.servers”: entry 3");
    assert.match(problems[0]!.message, /same server as entry 1/);
  });

  it("accept both POSIX and Windows directories", () => {
    for (const directory of ["/a b", "C:\\work", "d:/work", "\\\\host\\share"]) {
      const { servers, problems } = parseServerSettings([{ url: "http://a", directory }]);
      assert.deepEqual(problems, []);
      assert.equal(servers[0]?.endpoint.directory, directory);
    }
  });
});
