import assert from "node:assert/strict";
import { addressKey, mergeServers } from "../../../src/sources/mergeServers.ts";
import { found } from "./foundServer.ts";

const LOCAL = "http://127.0.0.1:4096";

describe("merging servers from several sources", () => {
  it("keeps different servers separate, in the order of the sources", () => {
    const merged = mergeServers([
      {
        sourceID: "settings",
        servers: [found("http://a:1", "settings"), found("https://a:1", "settings")],
      },
      {
        sourceID: "local",
        servers: [found("http://[::1]:1", "local"), found("http://a:1/x", "local")],
      },
    ]);
    assert.deepEqual(
      merged.map(({ endpoint }) => endpoint.url),
      ["http://a:1", "https://a:1", "http://[::1]:1", "http://a:1/x"],
    );
  });

  it("lets settings name a server that was also found on this machine", () => {
    const [merged, ...rest] = mergeServers([
      {
        sourceID: "settings",
        servers: [found("http://localhost:4096", "settings", { name: "Mine", directory: "/srv" })],
      },
      { sourceID: "local", servers: [found(LOCAL, "local", { pid: 11 })] },
    ]);
    assert.deepEqual(rest, []);
    assert.deepEqual(merged, {
      endpoint: {
        serverID: "http://localhost:4096",
        url: "http://localhost:4096",
        name: "Mine",
        origin: "settings",
        username: "opencode",
        directory: "/srv",
        pid: 11,
      },
      password: undefined,
      sourceIDs: ["settings", "local"],
    });
  });

  it("takes the password from the source that knows it, only for the same user", () => {
    const managed = {
      sourceID: "managed",
      servers: [found(LOCAL, "managed", { serverID: "managed", password: "pw", pid: 5 })],
    };
    const [same] = mergeServers([
      { sourceID: "settings", servers: [found(LOCAL, "settings")] },
      managed,
    ]);
    assert.equal(same?.password, "pw");
    assert.deepEqual(same.sourceIDs, ["settings", "managed"]);
    assert.equal(same.endpoint.serverID, LOCAL);
    assert.equal(same.endpoint.origin, "managed", "it can still be stopped");
    const [other] = mergeServers([
      { sourceID: "settings", servers: [found(LOCAL, "settings", { username: "ann" })] },
      managed,
    ]);
    assert.equal(other?.endpoint.username, "ann");
    assert.equal(other.password, undefined);
    const [elsewhere] = mergeServers([
      { sourceID: "settings", servers: [found("http://localhost:4096", "settings")] },
      managed,
    ]);
    assert.equal(elsewhere?.password, undefined, "localhost may be another program's at ::1");
  });

  it("recognises different names for the same address", () => {
    assert.equal(addressKey("http://localhost:1"), "http://127.0.0.1:1");
    assert.equal(addressKey("https://localhost/x"), "https://127.0.0.1/x");
    assert.equal(addressKey("http://localhost"), "http://127.0.0.1");
    assert.equal(addressKey("http://localhost.example:1"), "http://localhost.example:1");
  });
});
