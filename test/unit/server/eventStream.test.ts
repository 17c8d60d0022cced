import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { openEventStream } from "../../../src/server/eventStream.ts";
import { HeldTimers } from "../../support/heldTimers.ts";
import { waitMs } from "../../support/patience.mjs";

const SILENCE_MS = 300;

for (const [name, send] of [
  ["an event stream", undefined],
  ["an event stream by a fetch of its own", fetch],
] as const) {
  describe(name, () => {
    let server: Server;
    let serve: (response: ServerResponse) => void;

    before(async () => {
      server = createServer((_request, response) => {
        serve(response);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });

    const tryToOpen = async (
      signal: AbortSignal,
      onChunk: (chunk: Uint8Array) => void = () => undefined,
      openMs = waitMs,
    ) => {
      const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      const access = { url, username: "opencode", password: undefined };
      const options = { silenceMs: SILENCE_MS, openMs, signal, onChunk };
      return await openEventStream({ ...access, ...(send && { fetch: send }) }, "/event", options);
    };
    const open = async (onChunk?: (chunk: Uint8Array) => void) => {
      const life = new AbortController();
      const opened = await tryToOpen(life.signal, onChunk);
      assert.ok(opened.ok);
      return { life, stream: opened.value };
    };

    /** Writes the pieces one after another, well within the allowed silence. */
    const drip = (pieces: readonly string[]) => (response: ServerResponse) => {
      let index = 0;
      response.writeHead(200, { "content-type": "text/event-stream" });
      const timer = setInterval(() => response.write(pieces[index++ % pieces.length] ?? ""), 40);
      response.once("close", () => {
        clearInterval(timer);
      });
    };

    it("is not awaited if its headers trickle in, however steadily", async () => {
      serve = ({ socket }) => {
        socket?.write("HTTP/1.1 200 OK\r\nx-drip: ");
        const timer = setInterval(() => socket?.write("a"), 40);
        socket?.once("close", () => {
          clearInterval(timer);
        });
      };
      const opened = await tryToOpen(new AbortController().signal, undefined, 300);
      assert.equal(opened.ok ? "opened" : opened.error.reason, "timeout");
    });

    it("counts as dead if its bytes trickle in and no line ends", async () => {
      serve = drip(["d", "a", "t", "a"]);
      const { stream } = await open();
      assert.equal((await stream.ended).reason, "timeout");
    });

    it("stays alive as long as lines end", async () => {
      serve = drip([": alive\n"]);
      let come: () => void = () => undefined;
      const timers = new HeldTimers((afterMs) => afterMs === SILENCE_MS);
      try {
        const { life, stream } = await open(() => {
          come();
        });
        const ended = stream.ended.then(({ reason }) => reason);
        for (let lines = 0; lines < 6; lines++) {
          const line = new Promise<string>((resolve) => {
            come = () => {
              resolve("alive");
            };
          });
          assert.equal(await Promise.race([ended, line]), "alive");
          timers.pass(SILENCE_MS - 1);
        }
        assert.equal(timers.count, 1, "it would not be missed");
        life.abort();
        await stream.ended;
      } finally {
        timers.restore();
      }
    });

    it("ends without affecting others if its content cannot be read", async () => {
      serve = drip(["data: {}\n\n"]);
      const { stream } = await open(() => {
        throw new TypeError("hostile");
      });
      assert.equal((await stream.ended).reason, "invalidResponse");
    });
  });
}
