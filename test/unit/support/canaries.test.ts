import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Canaries } from "../../support/canaries.ts";
import { startFaultProxy } from "../../support/faultProxy.ts";
import type { SeenRequest } from "../../support/seenRequest.ts";

/** The requests that a server is sent by `send`. */
async function seenWhen(send: (url: string) => Promise<unknown>): Promise<readonly SeenRequest[]> {
  const server = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const proxy = await startFaultProxy(`http://127.0.0.1:${String(port)}`);
  await send(proxy.url);
  await proxy.stop();
  server.close();
  return proxy.requests;
}

describe("the search for canaries in requests", () => {
  const canaries = new Canaries([
    {
      what: ["password"],
      place: /^header authorization of a request to its server$/,
      why: "the server's own password",
    },
  ]);
  const { password, prompt, answer } = canaries;
  const leaks = async (
    send: (url: string) => Promise<unknown>,
    server = "its server",
  ): Promise<readonly string[]> =>
    canaries.leaks({ folders: {}, requests: { [server]: await seenWhen(send) } });
  const authorization = `Basic ${Buffer.from(`someone:${password}`).toString("base64")}`;

  it("finds them in a path and in a query, as they are and encoded", async () => {
    const query = new URLSearchParams({ text: `Say “${prompt}”\n` }).toString();
    assert.deepEqual(await leaks((url) => fetch(`${url}/session?${query}`)), [
      `prompt in address of a request to its server: GET /session?${query}`,
    ]);
    const path = `/find/${encodeURIComponent(`a/${answer} b`)}`;
    assert.deepEqual(await leaks((url) => fetch(url + path, { method: "POST", body: "x" })), [
      `answer in address of a request to its server: POST ${path}`,
    ]);
    for (const before of ["", "a", "ab", "abc"]) {
      const encoded = Buffer.from(`${before}${prompt} and more`).toString("base64url");
      assert.deepEqual(await leaks((url) => fetch(`${url}/?${encoded}`)), [
        `prompt in address of a request to its server: GET /?${encoded}`,
      ]);
    }
  });

  it("finds a password in any header but the one that is for it, and at any other server", async () => {
    assert.deepEqual(await leaks((url) => fetch(url, { headers: { authorization } })), []);
    assert.deepEqual(await leaks((url) => fetch(url, { headers: { authorization } }), "another"), [
      "password in header authorization of a request to another",
    ]);
    assert.deepEqual(await leaks((url) => fetch(url, { headers: { "x-token": authorization } })), [
      "password in header x-token of a request to its server",
    ]);
    assert.deepEqual(await leaks((url) => fetch(url, { headers: { [`x-${password}`]: "1" } })), [
      `password in header x-${password} of a request to its server`,
    ]);
  });

  it("does not search bodies, which are for the server alone", async () => {
    const body = JSON.stringify({ text: prompt });
    assert.deepEqual(await leaks((url) => fetch(url, { method: "POST", body })), []);
  });
});
