import assert from "node:assert/strict";
import { Budgets } from "../../../src/agents/budgets.ts";
import { listText } from "../../../src/agents/humanText.ts";
import { ServerReading } from "../../../src/agents/serverReading.ts";
import { readSessionList, readSessionStatus } from "../../../src/agents/sessionAnswers.ts";
import { FaultyServer, refusing } from "../../support/opencode/faultyServer.ts";
import { shiftClock } from "../../support/shiftClock.ts";

describe("session answers for programs", () => {
  let server: FaultyServer;

  beforeEach(async () => {
    server = await FaultyServer.start();
  });
  afterEach(() => {
    server.stop();
  });

  async function read(): Promise<ServerReading> {
    const access = { url: server.url, username: "opencode", password: undefined };
    const reading = await ServerReading.begin({ access, name: "local", pid: undefined });
    assert.ok(reading.ok, reading.ok ? "" : reading.error.message);
    return reading.value;
  }

  it("report an unknown state, never idle, if the server did not report the activity", async () => {
    server.put("ses_1", { time: { created: Date.now(), updated: Date.now() } });
    const budgets = await Budgets.read(undefined, (message) => assert.fail(message));
    const options = { limit: 5, includesChildren: false, includesArchived: false };
    for (const heal of [server.fault("/session/status", refusing(500)), undefined]) {
      const state = heal === undefined ? "idle" : null;
      const status = await readSessionStatus(await read(), "ses_1", budgets);
      assert.ok(status.ok, status.ok ? "" : status.error.message);
      assert.equal(status.value.state, state);
      const list = await readSessionList(await read(), options, budgets);
      assert.ok(list.ok, list.ok ? "" : list.error.message);
      assert.equal(list.value.sessions[0]?.state, state);
      assert.match(listText(list.value, Date.now()), state === null ? /^ses_1 +– /m : /idle/);
      heal?.();
    }
  });

  it("include what the newest sessions are doing, however far this machine's clock is ahead", async () => {
    server.put("ses_1", { time: { created: Date.now(), updated: Date.now() } });
    const budgets = await Budgets.read(undefined, (message) => assert.fail(message));
    const options = { limit: 5, includesChildren: false, includesArchived: false };
    const heal = server.fault("/session/status", refusing(500));
    shiftClock(48 * 3_600_000);
    try {
      const list = await readSessionList(await read(), options, budgets);
      assert.equal(list.ok && list.value.sessions[0]?.state, null, "it was asked");
    } finally {
      shiftClock(0);
      heal();
    }
  });
});
