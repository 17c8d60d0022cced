import assert from "node:assert/strict";
import path from "node:path";
import { detectServer } from "../../src/server/detectServer.ts";
import { LocalSource, platformProcesses } from "../../src/sources/localSource.ts";
import { managedFiles, readLease } from "../../src/sources/managedLease.ts";
import type { Lease } from "../../src/sources/managedLease.ts";
import { ManagedServer } from "../../src/sources/managedServer.ts";
import { isAlive } from "../../src/sources/processEnd.ts";
import { ServerSources } from "../../src/sources/serverSources.ts";
import { createClient, poll } from "../support/opencode/client.ts";
import type { ManagedWindow } from "../support/opencode/managedWindow.ts";
import { buildGuardian, openManagedWindow } from "../support/opencode/managedWindow.ts";
import { opencodeProgram } from "../support/opencode/opencodeServer.ts";
import { createSandbox } from "../support/opencode/sandbox.ts";
import type { Sandbox } from "../support/opencode/sandbox.ts";

describe("the managed server with the real OpenCode", function () {
  let sandbox: Sandbox;
  let guardianFile: string;
  let storageDir: string;
  let windows: ManagedWindow[];
  let sources: ServerSources | undefined;

  beforeEach(async () => {
    sandbox = createSandbox();
    guardianFile = path.join(sandbox.root, "serverGuardian.cjs");
    storageDir = path.join(sandbox.root, "managed-server");
    windows = [];
    await buildGuardian(guardianFile);
  });
  afterEach(async () => {
    await sources?.dispose();
    sources = undefined;
    await Promise.all(windows.map((window) => window.kill()));
    const lease = await currentLease();
    if (lease !== undefined) await gone(lease);
    await sandbox.remove();
  });

  function options() {
    return {
      storageDir,
      guardianFile,
      environment: sandbox.env,
      graceMs: 1_500,
      checkMs: 300,
      heartbeatMs: 500,
    };
  }

  async function currentLease(): Promise<Lease | undefined> {
    const state = await readLease(managedFiles(storageDir));
    return state?.kind === "running" ? state.lease : undefined;
  }

  async function gone({ server, guardian }: Lease): Promise<void> {
    await poll("server and guardian to be gone", () =>
      Promise.resolve(isAlive(server.pid) || isAlive(guardian.pid) ? undefined : true),
    );
  }

  async function openWindow(): Promise<ManagedWindow> {
    const program = opencodeProgram(sandbox.root);
    const window = await openManagedWindow({ ...options(), program });
    windows.push(window);
    return window;
  }

  it("is one server in the list, works with its password, and stops", async () => {
    const directory = await sandbox.createGitProject("app");
    const managed = new ManagedServer({
      ...options(),
      probe: detectServer,
      program: () => opencodeProgram(sandbox.root),
      directory: () => directory,
    });
    const local = new LocalSource({
      probe: detectServer,
      configFiles: [],
      processes: platformProcesses(process.platform),
      isClaimed: (candidate) => managed.claims(candidate),
      delays: { quickMs: 50, maxQuickMs: 50, fullMs: 100, maxFullMs: 100 },
    });
    sources = new ServerSources([managed, local]);
    const seen: string[] = [];
    sources.start();
    await sources.whenLooked();
    sources.onDidChange((endpoints) => {
      for (const { url, serverID } of endpoints) seen.push(`${url} ${serverID}`);
    });
    const launched = await managed.launch();
    assert.ok(launched.ok);
    const { url, pid } = launched.value;
    await sources.refresh();
    const [endpoint, ...twins] = sources.endpoints().filter((entry) => entry.url === url);
    assert.deepEqual(twins, []);
    assert.equal(endpoint?.serverID, "managed");
    assert.equal(seen.includes(`${url} ${url}`), false, "it never was a stranger with a password");
    const password = await sources.passwordOf(endpoint);
    const client = createClient({ url, password, directory });
    const session = await client.createSession({ title: "in the managed server" });
    assert.equal((await client.session(session.id)).title, "in the managed server");
    const stranger = await detectServer({ url, username: "opencode", password: undefined });
    assert.equal(stranger.ok ? undefined : stranger.error.reason, "unauthorized");
    const lease = await currentLease();
    assert.equal(lease?.server.pid, pid);
    assert.equal((await managed.stop()).ok, true);
    assert.equal(isAlive(lease!.server.pid), false);
    assert.equal(
      sources.endpoints().some(({ serverID }) => serverID === "managed"),
      false,
    );
    await gone(lease!);
  });

  it("is shared by two windows that start it at once, and doesn't outlive them when they are killed", async () => {
    const [first, second] = await Promise.all([openWindow(), openWindow()]);
    const [one, two] = await Promise.all([first.launch(), second.launch()]);
    assert.match(one, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(one, two);
    const lease = (await currentLease())!;
    await first.kill();
    const reloaded = await openWindow();
    await second.kill();
    await reloaded.waitForURLs([one]);
    assert.deepEqual(await currentLease(), lease);
    await reloaded.kill();
    await gone(lease);
    assert.equal(await currentLease(), undefined);
  });
});
