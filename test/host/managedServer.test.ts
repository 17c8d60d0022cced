import assert from "node:assert/strict";
import path from "node:path";

import * as vscode from "vscode";

import type { TestingHandle } from "../../src/extension.ts";
import { PREFIX } from "../../src/platform/ids.ts";
import { managedFiles, readLease } from "../../src/sources/managedLease.ts";
import { opencodeProgram } from "../support/opencode/opencodeServer.ts";
import { createSandbox, type Sandbox } from "../support/opencode/sandbox.ts";
import { formsOf, isStartedBy, occurrencesBelow, processesWith } from "../support/secrets.ts";
import {
  configure,
  isProcessAlive,
  scriptedUser,
  run,
  testingHandle,
  until,
  untilState,
} from "../support/vscode/hostWorld.ts";

describe("the managed server", function () {
  let handle: TestingHandle;
  let sandbox: Sandbox;
  const before_ = { ...process.env };

  before(async () => {
    handle = await testingHandle();
    sandbox = createSandbox();
    // The server inherits this process's environment: it must not touch the sessions of whoever runs the tests.
    Object.assign(process.env, sandbox.env);
    await configure("opencodePath", opencodeProgram(sandbox.root));
  });

  after(async () => {
    await run("opencodeSessions.stopManagedServer");
    await configure("opencodePath", undefined);
    for (const name of Object.keys(sandbox.env)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before_);
    await sandbox.remove();
  });

  async function untilManaged(): Promise<{ pid: number; url: string }> {
    return await untilState(handle, "the managed server is connected", ({ servers }) => {
      const server = servers.get("managed");
      if (server?.connection.kind !== "connected") return undefined;
      const { pid, url } = server.endpoint;
      return pid === undefined ? undefined : { pid, url };
    });
  }

  it("starts on loopback with its own password, and stops without leaving a trace", async () => {
    await run("opencodeSessions.startManagedServer");
    const { pid, url } = await untilManaged();
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal((await fetch(`${url}/global/health`)).status, 401);

    await run("opencodeSessions.stopManagedServer");
    await untilState(handle, "it is gone from the tree", ({ servers }) =>
      servers.size === 0 ? true : undefined,
    );
    await until("its process has ended", () => (isProcessAlive(pid) ? undefined : true));
  });

  it("has a password that is in its own environment and one private file only", async () => {
    await run("opencodeSessions.startManagedServer");
    const { pid } = await untilManaged();
    const files = managedFiles(handle.storageFolder);
    const lease = await readLease(files);
    assert.ok(lease?.kind === "running");
    const { password } = lease.lease;
    const windowFolder = path.resolve(handle.storageFolder, "../../..");
    assert.deepEqual(occurrencesBelow(windowFolder, formsOf(password)), [
      `${path.relative(windowFolder, files.lease)}: ${password}`,
    ]);
    const { lines, environmentPids } = processesWith(formsOf(password));
    assert.deepEqual(lines, []);
    assert.ok(environmentPids.includes(pid));
    assert.deepEqual(
      environmentPids.filter((each) => each !== pid && !isStartedBy(each, pid)),
      [],
    );
    await run("opencodeSessions.stopManagedServer");
    await until("its process has ended", () => (isProcessAlive(pid) ? undefined : true));
    assert.deepEqual(occurrencesBelow(windowFolder, formsOf(password)), []);
  });

  it("says why it can't start", async () => {
    const { opencodePath } = vscode.workspace.getConfiguration(PREFIX);
    await configure("opencodePath", "/no/such/opencode");
    const someone = scriptedUser({ buttons: [undefined] });
    await run("opencodeSessions.startManagedServer");
    someone.restoreDialogs();
    await configure("opencodePath", opencodePath);
    assert.match(someone.messages[0]!, /^Start Private Server failed: .*opencode/);
  });
});
