import assert from "node:assert/strict";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "../../src/core/state/endpoint.ts";
import {
  type ActingWindow,
  type ActingWindowOptions,
  openActingWindow,
} from "../support/opencode/actingWindow.ts";
import { poll } from "../support/opencode/client.ts";
import type { OpenCodeServer } from "../support/opencode/opencodeServer.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import {
  assertEqualToFresh,
  assertStops,
  connectFresh,
  isLong,
  seededRandom,
  selectedTests,
  untilConnected,
} from "./chaos.ts";
import { sharedServer } from "./sharedServer.ts";

const SESSIONS = isLong ? 8 : 2;
const KILLS = isLong ? 20 : 1;
/** The longest that a window which lost the race may still take to start compacting. */
const TOO_LATE_MS = 3_000;

/** Windows that act automatically on one server, each its own process; one of them is killed meanwhile. */
describe("windows that act automatically", function () {
  let server: OpenCodeServer;
  let endpoint: Endpoint;
  /** A window that stays open and does nothing. */
  let pool: TestPool;
  let windows: ActingWindow[];
  const random = seededRandom("windows");

  before(async () => {
    server = await sharedServer();
    endpoint = endpointOf(server.url);
    pool = startPool([endpoint]);
    await untilConnected(pool, endpoint);
  });
  beforeEach(() => {
    windows = [];
  });
  afterEach(async () => {
    await Promise.all(windows.map((window) => window.kill()));
  });
  after(async () => {
    await assertStops(pool);
  });

  const open = async (
    does: ActingWindowOptions["does"],
    serverID = server.url,
  ): Promise<ActingWindow> => {
    const folder = path.join(server.sandbox.root, "windows");
    const window = await openActingWindow({
      ...{ url: server.url, serverID, does, folder, thresholdPercent: 50 },
    });
    windows.push(window);
    return window;
  };
  const fill = async (sessionID: string): Promise<void> => {
    const model = "narrow";
    await server.client.prompt(sessionID, "Fill\nDO context 20000 ;; say 10", { model });
    // The fill is only counted with the next answer.
    await server.client.promptAsync(sessionID, "More\nDO say 10", { model });
  };
  const begun = (sessionID: string): number =>
    windows.flatMap(({ output }) => output).filter((line) => line === `began ${sessionID}`).length;
  const assertUpToDate = async (): Promise<void> => {
    const fresh = await connectFresh(endpoint);
    try {
      await assertEqualToFresh(pool, endpoint, fresh);
    } finally {
      await fresh.pool.stop();
    }
  };

  selectedTests("ends of windows", 1, (test) => {
    test("compact each full session once, in one of them, whatever ID its server has there", async () => {
      await Promise.all([open("compact"), open("compact", "found-on-this-machine")]);
      const sessionIDs: string[] = [];
      for (let at = 0; at < SESSIONS; at++) {
        const { id } = await server.client.createSession({ title: `full ${String(at)}` });
        sessionIDs.push(id);
      }
      await Promise.all(sessionIDs.map(fill));
      await poll(`${sessionIDs.join()} to be compacted`, () => {
        const said = new Set(windows.flatMap((window) => window.output));
        return Promise.resolve(sessionIDs.every((id) => said.has(`ended ${id}`)) || undefined);
      });
      await delay(TOO_LATE_MS);
      assert.deepEqual(
        sessionIDs.map(begun),
        sessionIDs.map(() => 1),
      );
      for (const id of sessionIDs) {
        const messages = await server.client.messages(id);
        assert.equal(messages.filter(({ info }) => info.summary === true).length, 1);
      }
      await assertUpToDate();
    });

    test("leave a session to the next window when killed while compacting it", async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        const { id } = await server.client.createSession({ title: `killed ${String(kill)}` });
        const first = await open("compact");
        await fill(id);
        await first.waitForLine(`began ${id}`);
        await delay(random() * 300);
        await first.kill();
        await server.client.waitUntilIdle(id);
        await assertUpToDate();
        const second = await open("compact");
        await fill(id);
        await second.waitForLine(`ended ${id}`);
        await second.kill();
        await assertUpToDate();
      }
    });

    test("leave no hidden request behind when killed while replying", async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        const window = await open("answer");
        const { id } = await server.client.createSession({ title: `asks ${String(kill)}` });
        await server.client.promptAsync(id, "Go\nDO bash echo one ;; bash echo two ;; say 5");
        await window.waitForLine(`began ${id}`);
        await delay(random() * 40);
        await window.kill();
        await assertUpToDate();
        const next = await open("answer");
        await server.client.waitUntilIdle(id);
        await next.kill();
        await assertUpToDate();
      }
    });
  });
});
