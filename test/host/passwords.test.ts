import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import * as vscode from "vscode";

import type { TestingHandle } from "../../src/extension.ts";
import { PREFIX } from "../../src/platform/ids.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  configure,
  scriptedUser,
  run,
  testingHandle,
  until,
  untilServer,
  untilState,
} from "../support/vscode/hostWorld.ts";

const PASSWORD = "open sesame";

/** The user's configured list of servers. */
function listed(): unknown {
  return vscode.workspace.getConfiguration(PREFIX).inspect("servers")?.globalValue;
}

describe("adding servers and their passwords", () => {
  let handle: TestingHandle;
  let server: OpenCodeServer;

  before(async function () {
    handle = await testingHandle();
    server = await startOpenCode({ password: PASSWORD });
  });

  after(async () => {
    await configure("servers", undefined);
    await handle.passwords.forget(server.url);
    await server.stop();
  });

  it("waits for a password, asks again when it is refused, and stores the one that worked", async () => {
    await configure("servers", [{ url: server.url }]);
    await untilServer(handle, server.url, "unauthorized");
    const someone = scriptedUser({ inputs: ["wrong", PASSWORD] });
    await run("opencodeSessions.enterPassword");
    someone.restoreDialogs();
    assert.match(someone.prompts[1]!, /rejected the password/);
    await untilServer(handle, server.url, "connected");
    assert.equal(await handle.passwords.get(server.url), PASSWORD);
  });

  it("stores nothing when the user gives up", async () => {
    await handle.passwords.forget(server.url);
    await untilServer(handle, server.url, "unauthorized");
    const someone = scriptedUser({ inputs: ["wrong", undefined] });
    await run("opencodeSessions.enterPassword");
    someone.restoreDialogs();
    assert.equal(await handle.passwords.get(server.url), undefined);
    assert.deepEqual(someone.messages, []);
  });

  it("forgets the password of a removed server", async () => {
    await handle.passwords.store(server.url, PASSWORD);
    await untilServer(handle, server.url, "connected");
    const someone = scriptedUser({ buttons: ["Remove"] });
    await run("opencodeSessions.removeServer", `server:${server.url}`);
    someone.restoreDialogs();
    assert.deepEqual(listed(), []);
    assert.equal(await handle.passwords.get(server.url), undefined);
    await untilState(handle, "the server is gone", ({ servers }) =>
      servers.size === 0 ? true : undefined,
    );
  });

  it("adds a server with its password and a name", async () => {
    const someone = scriptedUser({
      inputs: [`${server.url}/`, "opencode", "wrong", "opencode", PASSWORD, "Far away"],
    });
    await run("opencodeSessions.addServer");
    someone.restoreDialogs();
    assert.deepEqual(listed(), [{ url: server.url, name: "Far away" }]);
    const { endpoint } = await untilServer(handle, server.url, "connected");
    assert.equal(endpoint.name, "Far away");
  });

  it("rejects a duplicate server, and an address that contains a password", async () => {
    const before = listed();
    for (const [url, problem] of [
      [server.url, /already in the list/],
      ["http://me:secret@127.0.0.1:1", /asked for them separately/],
      ["ftp://127.0.0.1", /not an http or https address/],
    ] as const) {
      const someone = scriptedUser({ inputs: [url] });
      await run("opencodeSessions.addServer");
      someone.restoreDialogs();
      assert.match(someone.messages.join(), problem);
    }
    assert.deepEqual(listed(), before);
  });

  it("changes a server, and leaves the rest of the list untouched", async () => {
    await configure("servers", ["not a server", { url: server.url, name: "Far away" }]);
    await untilServer(handle, server.url, "connected");
    const someone = scriptedUser({ inputs: [server.url, "Near", "", "/somewhere"] });
    await run("opencodeSessions.editServer", `server:${server.url}`);
    someone.restoreDialogs();
    assert.deepEqual(listed(), [
      "not a server",
      { url: server.url, name: "Near", directory: "/somewhere" },
    ]);
    await until("the name is taken over", () =>
      handle.store.state.servers.get(server.url)?.endpoint.name === "Near" ? true : undefined,
    );
    await configure("servers", []);
  });

  it("asks before plain HTTP to another machine, and doesn't add the server if declined", async () => {
    const someone = scriptedUser({ inputs: ["http://192.0.2.1:4096"], buttons: [undefined] });
    await run("opencodeSessions.addServer");
    someone.restoreDialogs();
    assert.match(someone.messages[0]!, /not encrypted/);
    assert.deepEqual(listed(), []);
  });

  it("connects to a configured server by plain HTTP only once that is allowed, and for as long as it is", async () => {
    const url = "http://sessions.invalid:4096";
    await configure("servers", [{ url }]);
    const { connection } = await untilServer(handle, url, "unauthorized");
    assert.ok(connection.kind === "unauthorized" && connection.needs === "plainHTTP");
    const someone = scriptedUser({ buttons: ["Use It Anyway"] });
    await run("opencodeSessions.allowPlainHttp");
    someone.restoreDialogs();
    assert.match(someone.messages[0]!, /not encrypted/);
    await untilServer(handle, url, "lost");
    await configure("allowedPlainHttp", undefined);
    await untilServer(handle, url, "unauthorized");
    await configure("servers", []);
  });

  it("keeps a server that doesn't answer only after a confirmation", async () => {
    const someone = scriptedUser({
      inputs: ["http://127.0.0.1:9", "Later"],
      buttons: ["Keep It Anyway"],
    });
    await run("opencodeSessions.addServer");
    someone.restoreDialogs();
    assert.match(someone.messages[0]!, /does not answer:/);
    assert.deepEqual(listed(), [{ url: "http://127.0.0.1:9", name: "Later" }]);
    await untilServer(handle, "http://127.0.0.1:9", "lost");
    await configure("servers", []);
  });

  it("refuses a site that answers but isn't an OpenCode server", async () => {
    const site = createServer((_request, response) => {
      response.setHeader("content-type", "text/html").end("<html>hello</html>");
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    const { port } = site.address() as AddressInfo;
    const someone = scriptedUser({ inputs: [`127.0.0.1:${String(port)}`], buttons: [undefined] });
    await run("opencodeSessions.addServer");
    someone.restoreDialogs();
    site.close();
    assert.match(someone.messages[0]!, /^Add Server failed: .*not an OpenCode server/);
    assert.deepEqual(listed(), []);
  });
});
