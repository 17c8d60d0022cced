import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { requestJSON } from "../../../src/server/http.ts";

describe("a request over a closed connection", () => {
  /** A server that silently closes the first few connections. */
  async function withServer(
    cuts: number,
    run: (url: string, asked: () => number) => Promise<void>,
  ): Promise<void> {
    let asked = 0;
    const server = createServer((request, response) => {
      if (++asked <= cuts) request.socket.destroy();
      else response.setHeader("content-type", "application/json").end('{"well":true}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await run(`http://127.0.0.1:${String(port)}`, () => asked);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }
  const access = (url: string) => ({ url, username: "opencode", password: undefined });

  it("is retried once if it is a read", async () => {
    await withServer(1, async (url, asked) => {
      const answer = await requestJSON(access(url), "/x");
      assert.ok(answer.ok);
      assert.deepEqual(answer.value.body, { well: true });
      assert.equal(asked(), 2);
    });
  });

  it("fails if the retry fails, too", async () => {
    await withServer(9, async (url, asked) => {
      const answer = await requestJSON(access(url), "/x");
      assert.ok(!answer.ok && answer.error.reason === "unreachable");
      assert.equal(asked(), 2);
    });
  });

  it("is not retried if it is a command", async () => {
    await withServer(1, async (url, asked) => {
      const answer = await requestJSON(access(url), "/x", { method: "POST", body: {} });
      assert.ok(!answer.ok);
      assert.equal(asked(), 1);
    });
  });
});
