import assert from "node:assert/strict";
import dns from "node:dns";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import * as vscode from "vscode";

import { agentServerID } from "../../src/core/state/cluster.ts";
import type { TestingHandle } from "../../src/extension.ts";
import { PREFIX } from "../../src/platform/ids.ts";
import { Canaries } from "../support/canaries.ts";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy.ts";
import { addressOf, addTask } from "../support/kubernetes/clusterWorld.ts";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetes/kubernetesDouble/startKubernetesDouble.ts";
import {
  opencodeProgram,
  type OpenCodeServer,
  startOpenCode,
} from "../support/opencode/opencodeServer.ts";
import type { SeenRequest } from "../support/seenRequest.ts";
import { formsOf, isStartedBy, occurrencesBelow, processesWith } from "../support/secrets.ts";
import {
  configure,
  run,
  scriptedUser,
  testingHandle,
  until,
  untilState,
} from "../support/vscode/hostWorld.ts";

const canaries = new Canaries([
  {
    what: ["password"],
    place: /^header authorization of a request to the agent$/,
    why: "an agent gets its own password, in the header that is for it",
  },
]);
const PASSWORD = canaries.password;
const SERVER_ID = agentServerID({ clusterID: "double", namespace: "dev", name: "coder" });

describe("the password of an agent in a cluster", () => {
  let handle: TestingHandle;
  let server: OpenCodeServer;
  /** In front of the server; what it passes is searched. */
  let agent: FaultProxy;
  let double: KubernetesDouble;
  let folder: string;

  before(async () => {
    handle = await testingHandle();
    server = await startOpenCode({ password: PASSWORD });
    agent = await startFaultProxy(server.url);
    double = await startKubernetesDouble();
    double.addAgent({ name: "coder", at: addressOf(agent.url) });
    folder = mkdtempSync(path.join(tmpdir(), "kubeconfig-"));
    double.writeKubeconfig(path.join(folder, "config"));
  });

  after(async () => {
    await configure("kubernetes.clusters", undefined);
    await configure("kubernetes.kubeconfig", undefined);
    await handle.passwords.forget(SERVER_ID);
    await configure("opencodePath", undefined);
    await double.stop();
    await agent.stop();
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

  it("goes to the agent only, while a program attaches with a password of its own", async () => {
    const { prompt, answer } = canaries;
    await configure("opencodePath", opencodeProgram(server.sandbox.root));
    const { id: sessionID } = await server.client.createSession({ title: "Keep the secret" });
    await server.client.prompt(sessionID, `${prompt}\nDO say "${answer}"`);
    await untilState(
      handle,
      "the session is known",
      ({ servers }) => servers.get(SERVER_ID)?.sessions.has(sessionID) || undefined,
    );
    const before = new Set(vscode.window.terminals);
    await run("opencodeSessions.openInTerminal", { serverID: SERVER_ID, sessionID });
    const terminal = await until("the terminal", () =>
      vscode.window.terminals.find((each) => !before.has(each)),
    );
    const options: vscode.TerminalOptions = terminal.creationOptions;
    const own = String(options.env?.["OPENCODE_SERVER_PASSWORD"]);
    const url = options.shellArgs?.[1] ?? "";
    const terminalPID = (await terminal.processId) ?? 0;
    // The extension asks for events by their type, the program for anything.
    const isOfProgram = ({ path: to, headers }: SeenRequest): boolean =>
      to.startsWith("/global/event") &&
      headers.some(([name, value]) => name === "accept" && value === "*/*");
    await until("the program runs, and listens to events", () => {
      assert.equal(terminal.exitStatus, undefined, "the program has ended");
      return (
        (processesWith(formsOf(own)).environmentPids.includes(terminalPID) &&
          agent.requests.some(isOfProgram)) ||
        undefined
      );
    });
    const folders = { "VS Code": path.resolve(handle.storageFolder, "../../.."), folder };
    const places = {
      folders,
      texts: { terminal: JSON.stringify(options), calls: double.calls.join("\n") },
      requests: { "the agent": agent.requests },
      holders: [server.pid()],
    };
    assert.deepEqual(canaries.leaks(places), []);
    assert.deepEqual(canaries.unusedAllowances(), []);
    const { lines, environmentPids } = processesWith(formsOf(own));
    assert.deepEqual(lines, []);
    assert.deepEqual(
      environmentPids.filter((pid) => pid !== terminalPID && !isStartedBy(pid, terminalPID)),
      [],
    );
    for (const each of Object.values(folders)) {
      assert.deepEqual(occurrencesBelow(each, formsOf(own)), []);
    }
    const sent = JSON.stringify([double.calls, agent.requests]);
    assert.deepEqual(
      formsOf(own).filter((form) => sent.includes(form)),
      [],
    );
    terminal.dispose();
    await until("the port is closed", () =>
      fetch(url).then(
        () => undefined,
        () => true,
      ),
    );
    assert.deepEqual(canaries.leaks(places), []);
  });
});
