import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { MAX_BODY_BYTES, MAX_LINE_BYTES, MAX_PAGES } from "../../../src/core/limits.ts";
import { ok } from "../../../src/core/result.ts";
import { allMessages } from "../../../src/core/state/messagePages.ts";
import { openEventStream } from "../../../src/server/eventStream.ts";
import { requestJSON, type ServerAccess } from "../../../src/server/http.ts";
import { readLargeList } from "../../../src/server/largeAnswer.ts";
import { LineReader } from "../../../src/server/lines.ts";
import { V1Client } from "../../../src/server/v1/v1Client.ts";

const MEGABYTE = Buffer.alloc(1024 * 1024, " ");

describe("limits on what a server may send", () => {
  let server: Server | undefined;

  async function serve(listener: RequestListener): Promise<ServerAccess> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, username: "opencode", password: undefined };
  }

  /** A body that never ends; counts the bytes read from it. */
  function endless(type: string, sent: { bytes: number }): RequestListener {
    return (_request, response) => {
      response.writeHead(200, { "content-type": type });
      const write = (): void => {
        while (!response.destroyed) {
          sent.bytes += MEGABYTE.length;
          if (!response.write(MEGABYTE)) {
            response.once("drain", write);
            return;
          }
        }
      };
      write();
    };
  }

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it("cut off an endless response, and report the allowed length", async function () {
    const sent = { bytes: 0 };
    const access = await serve(endless("application/json", sent));
    for (const answer of [
      await requestJSON(access, "/session"),
      await readLargeList(access, "/session", (item) => item, 60_000, undefined),
      await new V1Client(access).ask(
        (sdk, options) => sdk.session.list(undefined, options),
        (body) => body,
      ),
    ]) {
      assert.ok(!answer.ok);
      assert.equal(answer.error.reason, "invalidResponse");
      assert.match(answer.error.message, /longer than 128 MB/);
    }
    assert.ok(sent.bytes < 4 * MAX_BODY_BYTES, `${sent.bytes} bytes were taken`);
  });

  it("apply to a compressed response's decompressed length", async function () {
    const bomb = gzipSync(Buffer.alloc(MAX_BODY_BYTES + MEGABYTE.length));
    const access = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(bomb);
    });
    const answer = await requestJSON(access, "/session");
    assert.ok(!answer.ok);
    assert.match(answer.error.message, /longer than 128 MB/);
  });

  it("cut off an event stream with an endless line, and report the reason", async function () {
    const sent = { bytes: 0 };
    const access = await serve(endless("text/event-stream", sent));
    const lines = new LineReader();
    const stream = await openEventStream(access, "/event", {
      silenceMs: 20_000,
      signal: new AbortController().signal,
      onChunk: (chunk) => {
        lines.push(chunk);
      },
    });
    assert.ok(stream.ok);
    const error = await stream.value.ended;
    assert.equal(error.reason, "invalidResponse");
    assert.match(error.message, /event longer than 64 MB/);
    assert.ok(sent.bytes < 4 * MAX_LINE_BYTES, `${sent.bytes} bytes were taken`);
  });

  it("stop the requests for pages if a server always names one more", async () => {
    let asked = 0;
    const messages = await allMessages(() =>
      Promise.resolve(ok({ messages: [], olderCursor: `cursor-${String(asked++)}` })),
    );
    assert.ok(!messages.ok);
    assert.match(messages.error.message, /more than 5000 pages/);
    assert.equal(asked, MAX_PAGES);
  });
});
