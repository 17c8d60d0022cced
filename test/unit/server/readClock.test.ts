import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readClock } from "../../../src/server/http.ts";

describe("a server's clock", () => {
  it("is read from an answer that needs no password, and not where only a tunnel leads", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${String(request.headers.authorization)}`);
      response.writeHead(401, { date: "Sat, 01 Jan 2000 10:00:00 GMT" }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const { signal } = new AbortController();
    try {
      assert.equal(await readClock({ url, isTunnel: true }, signal), undefined);
      assert.deepEqual(asked, []);
      assert.equal(await readClock({ url }, signal), Date.UTC(2000, 0, 1, 10));
      assert.deepEqual(asked, ["HEAD undefined"]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
