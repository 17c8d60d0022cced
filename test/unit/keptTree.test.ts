import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Log } from "../../src/core/log.ts";
import { Store } from "../../src/core/state/store.ts";
import { KeptTreeFile, treeToKeep } from "../../src/keptTree.ts";
import { treeShape } from "../../src/viewModels/tree/sessionTree.ts";
import { serverRow } from "../../src/viewModels/tree/serverRow.ts";
import { endpointOf } from "../support/opencode/pool.ts";
import { ALL_SESSIONS } from "../support/renderTree.ts";
import { aSession } from "../support/seed/builders.ts";
import { skipBecause } from "../support/suiteReporter.mjs";

const SILENT: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

describe("the tree kept for the next window", () => {
  let folder: string;
  const endpoint = endpointOf("http://127.0.0.1:4096");
  const { serverID } = endpoint;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "kept-tree-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Opens and closes a window that knows sessions on several lines of the file, the first above the second. */
  const earlierWindow = async (): Promise<Store> => {
    const store = new Store();
    const file = new KeptTreeFile(folder, store, SILENT);
    store.dispatch({ type: "server.found", endpoint });
    store.dispatch({
      type: "snapshot.loaded",
      serverID,
      sessions: [
        aSession({ id: "ses_root", title: "Fix the login" }),
        aSession({ id: "ses_child", parentID: "ses_root", title: "Look around" }),
        ...Array.from({ length: 600 }, (_, index) => aSession({ id: `ses_${String(index)}` })),
      ],
      atMs: Date.now(),
    });
    store.flush();
    await file.dispose();
    return store;
  };

  it("comes back with all sessions, their figures and their children before any server answers", async () => {
    const before = (await earlierWindow()).state.servers.get(serverID);
    const store = new Store();
    await new KeptTreeFile(folder, store, SILENT).restore();
    const after = store.state.servers.get(serverID);
    assert.deepEqual([...(after?.sessions.values() ?? [])], [...(before?.sessions.values() ?? [])]);
    assert.deepEqual(after?.children, before?.children);
    assert.deepEqual(after?.trees, before?.trees);
    assert.equal(after?.connection.kind, "connecting");
    store.dispose();
  });

  it("shows how old it is until the server answers", async () => {
    await earlierWindow();
    const store = new Store();
    await new KeptTreeFile(folder, store, SILENT).restore();
    const described = (): string | undefined =>
      serverRow(store.state, treeShape(store.state, ALL_SESSIONS), serverID, Date.now())
        ?.description;
    assert.match(described() ?? "", /^as of \d\d:\d\d · 601 sessions$/);
    store.dispatch({
      type: "server.identified",
      serverID,
      version: "1.18.33",
      generation: "OpenCode 1",
      capabilities: new Set(),
    });
    store.flush();
    assert.match(described() ?? "", /^connecting/);
    store.dispose();
  });

  it("does not replace what a server has since sent", async () => {
    await earlierWindow();
    const store = new Store();
    store.dispatch({ type: "server.found", endpoint });
    store.dispatch({
      type: "snapshot.loaded",
      serverID,
      sessions: [aSession({ id: "ses_new", title: "Newer" })],
      atMs: Date.now(),
    });
    await new KeptTreeFile(folder, store, SILENT).restore();
    assert.deepEqual([...(store.state.servers.get(serverID)?.sessions.keys() ?? [])], ["ses_new"]);
    store.dispose();
  });

  it("is dropped if the server is no longer found", async () => {
    await earlierWindow();
    const store = new Store();
    const file = new KeptTreeFile(folder, store, SILENT);
    await file.restore();
    file.forgetAllBut(new Set());
    store.flush();
    assert.equal(store.state.servers.size, 0);
    store.dispose();
  });

  it("is readable only by its user", async function () {
    if (process.platform === "win32") skipBecause(this, "Windows has no such modes");
    await earlierWindow();
    assert.equal(statSync(path.join(folder, "lastTree.json")).mode & 0o777, 0o600);
  });

  it("is ignored if the file is damaged, foreign or contains an invalid session id", async () => {
    const [line] = treeToKeep((await earlierWindow()).state, 0);
    const kept = JSON.stringify(line);
    for (const content of [
      "",
      kept.slice(0, -20),
      `${kept}\n`,
      kept.replace('"version":2', '"version":1'),
      kept.replace('"ses_root"', '"../../etc"'),
      kept.replace(/"createdMs":\d+/, '"createdMs":"x"'),
    ]) {
      writeFileSync(path.join(folder, "lastTree.json"), content);
      const store = new Store();
      await new KeptTreeFile(folder, store, SILENT).restore();
      assert.equal(store.state.servers.size, 0, content.slice(0, 40));
      store.dispose();
    }
  });

  it("holds the 20,000 most recently changed sessions", () => {
    const store = new Store();
    store.dispatch({ type: "server.found", endpoint });
    const sessions = Array.from({ length: 20_500 }, (_, index) =>
      aSession({ id: `ses_${String(index)}`, updatedMs: index }),
    );
    store.dispatch({ type: "snapshot.loaded", serverID, sessions, atMs: 1 });
    store.flush();
    const kept = [...treeToKeep(store.state, 1)].flatMap((line) => line.sessions);
    assert.equal(kept.length, 20_000);
    assert.equal(kept[0]?.updatedMs, 500);
    store.dispose();
  });
});
