import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";

import { DEMO_STORIES } from "../../src/core/demoScript.ts";
import { DEMO_SERVER_ID } from "../../src/core/state/endpoint.ts";
import { withoutDemo } from "../../src/core/state/withoutDemo.ts";
import { detectServer } from "../../src/server/detectServer.ts";
import { DemoSource } from "../../src/sources/demo/demoSource.ts";
import { isAlive } from "../../src/sources/processEnd.ts";
import type { SourceReport } from "../../src/sources/source.ts";
import { aServer, stateWith } from "../support/seed/builders.ts";
import { createClient, poll } from "../support/opencode/client.ts";
import { buildGuardian } from "../support/opencode/managedWindow.ts";
import { opencodeProgram } from "../support/opencode/opencodeServer.ts";
import { createSandbox, type Sandbox } from "../support/opencode/sandbox.ts";

describe("the demo, with the real OpenCode", function () {
  let sandbox: Sandbox;
  let demo: DemoSource;
  let program: string;
  const reports: SourceReport[] = [];

  beforeEach(async () => {
    sandbox = createSandbox();
    const guardianFile = path.join(sandbox.root, "serverGuardian.cjs");
    await buildGuardian(guardianFile);
    program = opencodeProgram(sandbox.root);
    reports.length = 0;
    demo = new DemoSource({
      probe: detectServer,
      guardianFile,
      program: () => program,
      environment: sandbox.env,
      checkMs: 300,
    });
    demo.start((report) => reports.push(report));
  });
  afterEach(async () => {
    await demo.dispose();
    await sandbox.remove();
  });

  it("shows a cost, a sub-session, a full context and a question, and leaves nothing behind", async () => {
    const launched = await demo.launch(new AbortController().signal);
    assert.ok(launched.ok, launched.ok ? "" : launched.error.message);
    const { url, pid, directory, serverID } = launched.value;
    assert.equal(serverID, DEMO_SERVER_ID);
    const [found] = reports.at(-1)!.servers;
    const client = createClient({ url, password: found!.password, directory: directory! });
    const ids = new Map<string, string>();
    for (const { title, prompt } of DEMO_STORIES) {
      const { id } = await client.createSession({ title });
      ids.set(title, id);
      await client.promptAsync(id, prompt);
    }
    const waiting = ids.get("Publish the release notes")!;
    const others = [...ids.values()].filter((id) => id !== waiting);
    await poll("one session to wait for a person, and all others to rest with a cost", async () => {
      const status = await client.status();
      if (status[waiting] === undefined) return undefined;
      if (others.some((id) => status[id] !== undefined)) return undefined;
      const costs = await Promise.all(
        others.map(async (id) => (await client.session(id)).cost ?? 0),
      );
      return costs.every((cost) => cost > 0) || undefined;
    });
    const sessions = await client.sessions();
    const slow = ids.get("Find out why checkout is slow")!;
    assert.equal(sessions.filter(({ parentID }) => parentID === slow).length, 1);
    assert.ok(existsSync(path.join(directory!, "src/discount.ts")), "no file was written");
    assert.ok(!existsSync(sandbox.databasePath), "OpenCode used another database than the demo's");

    const full = ids.get("Prepare the search index")!;
    const body = { providerID: "demo", modelID: "scripted" };
    await client.request("POST", `/session/${full}/summarize`, { body });
    const summary = (await client.messages(full)).at(-1)!;
    assert.ok(summary.info.role === "assistant" && summary.info.error === undefined);
    assert.match(JSON.stringify(summary.parts), /## Next steps/);

    await demo.stop();
    assert.ok(!existsSync(path.dirname(directory!)), "the folder is still there");
    assert.ok(!isAlive(pid!), "the server still runs");
    assert.deepEqual(reports.at(-1), { servers: [], problems: [] });
  });

  it("says that OpenCode is missing, with its own reason, and can be started later", async () => {
    const real = program;
    program = "no-such-opencode";
    const missing = await demo.launch(new AbortController().signal);
    assert.equal(missing.ok ? undefined : missing.error.reason, "notFound");
    program = real;
    const launched = await demo.launch(new AbortController().signal);
    assert.ok(launched.ok);
  });

  it("is excluded from all totals: usage and budgets see a state without its server", () => {
    const own = aServer({ id: "http://127.0.0.1:4096" });
    const play = aServer({ id: DEMO_SERVER_ID, origin: "demo" });
    const state = stateWith(own, play);
    assert.equal(state.servers.size, 2);
    assert.deepEqual(
      [...withoutDemo(state).servers.values()],
      [state.servers.values().next().value],
    );
    const alone = stateWith(own);
    assert.equal(withoutDemo(alone), alone);
  });
});
