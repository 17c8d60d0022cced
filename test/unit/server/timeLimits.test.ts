import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Result } from "../../../src/core/result.ts";
import { withLimits } from "../../../src/core/timeLimit.ts";
import { requestJSON } from "../../../src/server/http.ts";
import { V1Client } from "../../../src/server/v1/v1Client.ts";

const TIME_LIMIT_MS = 400;

describe("time limits on requests", () => {
  let server: Server;
  let collecting: ReturnType<typeof setInterval>;
  let access: { url: string; username: string; password: undefined };
  /** Settles when the stalled request has arrived. */
  let hasArrived: Promise<void>;
  let isThere: boolean;
  /** Whether the client cut off the stalled request. */
  let hasHungUp: Promise<void>;

  before(async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    collecting = setInterval(collect, 20);
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    access = { url: `http://127.0.0.1:${String(port)}`, username: "opencode", password: undefined };
  });
  beforeEach(() => {
    isThere = false;
    hasArrived = new Promise((arrive) => {
      hasHungUp = new Promise((resolve) => {
        server.once("request", (_request, response) => {
          isThere = true;
          arrive();
          response.once("close", resolve);
        });
      });
    });
  });
  after(() => {
    clearInterval(collecting);
    server.closeAllConnections();
    server.close();
  });

  /** Repeats the request until it arrives before its timeout: on a busy machine it may not even be sent by then. */
  async function timesOut(ask: (timeoutMs: number) => Promise<Result<unknown>>): Promise<void> {
    for (let timeoutMs = TIME_LIMIT_MS; !isThere; timeoutMs *= 2) {
      const answer = await ask(timeoutMs);
      assert.equal(answer.ok ? "ok" : answer.error.reason, "timeout");
    }
    await hasHungUp;
  }

  const stalls = {
    "before its answer": () => undefined,
    "in the middle of its answer": () => {
      server.once("request", (_request, response) => {
        response.writeHead(200, { "content-type": "application/json" }).write("[1,");
      });
    },
  };
  for (const [where, stall] of Object.entries(stalls)) {
    it(`survive garbage collection if a server stalls ${where}`, async () => {
      stall();
      await timesOut((timeoutMs) => requestJSON(access, "/x", { timeoutMs }));
    });

    it(`survive garbage collection if a server stalls ${where} to the SDK`, async () => {
      stall();
      await timesOut((timeoutMs) =>
        new V1Client(access).ask(
          (sdk, options) => sdk.session.get({ sessionID: "ses_1" }, options),
          (body) => body,
          { timeoutMs },
        ),
      );
    });
  }

  it("leave no listeners on the caller's signal, and report «cancelled» when it aborts", async () => {
    const caller = new AbortController();
    const asked = requestJSON(access, "/x", { signal: caller.signal });
    await hasArrived;
    caller.abort();
    const answer = await asked;
    assert.equal(answer.ok ? "ok" : answer.error.reason, "cancelled");
    await hasHungUp;
    const later = await withLimits({ signals: [caller.signal] }, (signal) =>
      Promise.resolve(signal.aborted),
    );
    assert.equal(later, true);
  });
});
