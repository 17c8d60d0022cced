import assert from "node:assert/strict";

import { refusalToSend } from "../../../src/core/credentialPolicy.ts";
import { failed, ok } from "../../../src/core/result.ts";
import { Store } from "../../../src/core/state/store.ts";
import { ServerPool } from "../../../src/server/serverPool.ts";
import { poll } from "../../support/opencode/client.ts";

const URL = "http://sessions.invalid:4096";

describe("a server on another machine reached over plain HTTP", () => {
  it("is not connected until the user allows it, and says so", async () => {
    const store = new Store();
    const allowed = new Set<string>();
    const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
    const pool = new ServerPool({
      dispatch: (action) => {
        store.dispatch(action);
      },
      getState: () => store.state,
      credentials: {
        password: ({ url }) => {
          const refusal = refusalToSend({ url }, allowed);
          return Promise.resolve(refusal === undefined ? ok("secret") : failed(refusal));
        },
      },
      log,
    });
    const until = (kind: string) =>
      poll(kind, () => {
        const connection = store.state.servers.get(URL)?.connection;
        return Promise.resolve(connection?.kind === kind ? connection : undefined);
      });
    pool.setEndpoints([
      {
        serverID: URL,
        url: URL,
        name: "box",
        origin: "settings",
        username: "opencode",
        directory: undefined,
        pid: undefined,
      },
    ]);
    const waiting = await until("unauthorized");
    assert.ok(waiting.kind === "unauthorized" && waiting.needs === "plainHTTP");
    assert.match(waiting.message, /plain HTTP to another machine/);
    allowed.add(URL);
    pool.reconnect(URL);
    // The host does not exist: the failed lookup shows that a connection was attempted.
    const lost = await until("lost");
    assert.ok(lost.kind === "lost" && lost.reason === "unreachable");
    await pool.dispose();
    store.dispose();
  });
});
