import assert from "node:assert/strict";
import dns from "node:dns";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import * as vscode from "vscode";

import { agentServerID } from "../../src/core/state/cluster.ts";
import type { TestingHandle } from "../../src/extension.ts";
import { PREFIX } from "../../src/platform/ids.ts";
import { addressOf, addTask } from "../support/kubernetes/clusterWorld.ts";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetes/kubernetesDouble/startKubernetesDouble.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  configure,
  run,
  scriptedUser,
  testingHandle,
  untilState,
} from "../support/vscode/hostWorld.ts";

const PASSWORD = "open sesame";
const SERVER_ID = agentServerID({ clusterID: "double", namespace: "dev", name: "coder" });

describe("the password of an agent in a cluster", () => {
  let handle: TestingHandle;
  let server: OpenCodeServer;
  let double: KubernetesDouble;
  let folder: string;

  before(async () => {
    handle = await testingHandle();
    server = await startOpenCode({ password: PASSWORD });
    double = await startKubernetesDouble();
    double.addAgent({ name: "coder", at: addressOf(server.url) });
    folder = mkdtempSync(path.join(tmpdir(), "kubeconfig-"));
    double.writeKubeconfig(path.join(folder, "config"));
  });

  after(async () => {
    await configure("kubernetes.clusters", undefined);
    await configure("kubernetes.kubeconfig", undefined);
    await handle.passwords.forget(SERVER_ID);
    await double.stop();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const untilAgent = (kind: string): Promise<true> =>
    untilState(
      handle,
      `the agent is ${kind}`,
      ({ servers }) => servers.get(SERVER_ID)?.connection.kind === kind || undefined,
    );

  it("is entered over the tunnel, and nothing goes to any other address", async () => {
    await configure("kubernetes.kubeconfig", path.join(folder, "config"));
    await configure("kubernetes.clusters", [{ context: "double", namespaces: ["dev"] }]);
    // The connection to an agent is kept open while its task runs.
    addTask(double, "work", { status: { phase: "Running" } });
    await untilAgent("unauthorized");
    const names: string[] = [];
    const { lookup } = dns;
    const recording = (name: string, ...rest: readonly unknown[]): void => {
      names.push(name);
      Reflect.apply(lookup, dns, [name, ...rest]);
    };
    Object.assign(dns, { lookup: recording });
    try {
      const someone = scriptedUser({ inputs: ["wrong", PASSWORD] });
      await run("opencodeSessions.enterPassword");
      someone.restoreDialogs();
      assert.deepEqual(someone.messages, []);
      assert.match(someone.prompts[0]!, /^coder \(dev\) requires a password/);
      assert.match(someone.prompts[1]!, /^coder \(dev\) rejected the password/);
      await untilAgent("connected");
    } finally {
      Object.assign(dns, { lookup });
    }
    assert.equal(await handle.passwords.get(SERVER_ID), PASSWORD);
    assert.deepEqual(
      names.filter((name) => name.endsWith(".invalid")),
      [],
    );
    const allowed = vscode.workspace.getConfiguration(PREFIX).inspect("allowedPlainHttp");
    assert.equal(allowed?.globalValue, undefined);
  });
});
