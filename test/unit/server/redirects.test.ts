import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { openEventStream } from "../../../src/server/eventStream.ts";
import { requestJSON } from "../../../src/server/http.ts";
import { readLargeList } from "../../../src/server/largeAnswer.ts";
import { V1Client } from "../../../src/server/v1/v1Client.ts";
import { waitMs } from "../../support/patience.mjs";

describe("a redirect to another address", () => {
  let server: Server;
  let elsewhere: Server;
  let status: number;
  let arrived: string[];
  let access: { url: string; username: string; password: string };

  const listen = async (listening: Server): Promise<string> => {
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${String((listening.address() as AddressInfo).port)}`;
  };

  before(async () => {
    elsewhere = createServer((request, response) => {
      arrived.push(`${request.method} ${request.url}`);
      response.setHeader("content-type", "application/json").end("{}");
    });
    const away = await listen(elsewhere);
    server = createServer((request, response) => {
      request.resume();
      response.writeHead(status, { location: `${away}/stolen` }).end();
    });
    access = { url: await listen(server), username: "opencode", password: "secret" };
  });
  beforeEach(() => {
    arrived = [];
  });
  after(() => {
    for (const each of [server, elsewhere]) {
      each.closeAllConnections();
      each.close();
    }
  });

  for (const code of [301, 302, 307, 308]) {
    it(`is not followed, by any kind of request (${code})`, async () => {
      status = code;
      const asked = await requestJSON(access, "/global/health");
      assert.ok(!asked.ok);
      assert.match(asked.error.message, /redirects to another address/);
      const told = await requestJSON(access, "/x", { method: "POST", body: { text: "private" } });
      assert.ok(!told.ok);
      const created = await new V1Client(access).ask(
        (sdk, options) => sdk.session.create({ title: "private" }, options),
        (body) => body,
      );
      assert.ok(!created.ok);
      // A tunnel's fetch may follow redirects unless told not to.
      for (const each of [access, { ...access, fetch }]) {
        const stream = await openEventStream(each, "/event", {
          silenceMs: 1_000,
          signal: new AbortController().signal,
          onChunk: () => undefined,
        });
        assert.ok(!stream.ok);
        const list = await readLargeList(each, "/session", (item) => item, waitMs, undefined);
        assert.ok(!list.ok);
      }
      assert.deepEqual(arrived, []);
    });
  }
});
