import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetes/kubernetesDouble/startKubernetesDouble.ts";
import { skipBecause } from "../support/suiteReporter.mjs";

const run = promisify(execFile);
const found = spawnSync("kubectl", ["version", "--client"], { encoding: "utf8" });
const reason = found.status === 0 ? undefined : "kubectl is not installed on this machine";

describe("the Kubernetes API double, as the real kubectl sees it", function () {
  let double: KubernetesDouble;
  let folder: string;
  let config: string;

  before(async function () {
    if (reason !== undefined) {
      skipBecause(this, reason);
    }
    double = await startKubernetesDouble();
    folder = mkdtempSync(join(tmpdir(), "kubectl-"));
    config = join(folder, "config");
    double.writeKubeconfig(config);
    double.addAgent({ name: "coder" });
  });
  after(async () => {
    if (reason !== undefined) return;
    await double.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run("kubectl", ["-n", "dev", ...args], {
      env: { PATH: process.env["PATH"], HOME: folder, KUBECONFIG: config },
    });
    return stdout;
  };
  const manifest = (name: string): string => {
    const file = join(folder, `${name}.json`);
    writeFileSync(
      file,
      JSON.stringify({
        apiVersion: "kubeopencode.io/v1alpha1",
        kind: "Task",
        metadata: { name },
        spec: { description: "Count", agentRef: { name: "coder" } },
      }),
    );
    return file;
  };

  it("supports list, create, apply, annotate, patching a status, and delete", async () => {
    assert.match(await kubectl("get", "ag"), /coder/);
    await kubectl("create", "--validate=false", "-f", manifest("one"));
    await kubectl("apply", "--validate=false", "-f", manifest("two"));
    assert.deepEqual((await kubectl("get", "tk", "-o", "name")).trim().split("\n"), [
      "task.kubeopencode.io/one",
      "task.kubeopencode.io/two",
    ]);
    await kubectl("annotate", "task", "one", "kubeopencode.io/stop=true");
    const patch = '{"status":{"phase":"Running"},"spec":{"description":"changed"}}';
    await kubectl("patch", "tk", "one", "--subresource=status", "--type=merge", "-p", patch);
    const phase = await kubectl("get", "tk", "one", "-o", "jsonpath={.status.phase}");
    assert.equal(phase, "Running");
    const task = double.store.get(double.kind("tasks"), "dev", "one");
    assert.equal(task.metadata.annotations?.["kubeopencode.io/stop"], "true");
    assert.equal(task.status?.["phase"], "Running");
    assert.equal(task.spec?.["description"], "Count", "a status patch changes nothing else");
    await kubectl("delete", "tk", "two", "--wait=false");
    assert.equal(await kubectl("get", "tk", "two", "--ignore-not-found"), "");
  });

  it("reports what is allowed and refuses what isn't", async () => {
    assert.equal((await kubectl("auth", "can-i", "list", "tk")).trim(), "yes");
    double.faults.forbidden.push({ resource: "tasks", verb: "create" });
    const refused = await kubectl("create", "--validate=false", "-f", manifest("three")).catch(
      (error: unknown) => String(error),
    );
    assert.match(refused, /Forbidden/);
    const answer = await kubectl("auth", "can-i", "create", "tk").catch((error: unknown) =>
      String((error as { stdout?: string }).stdout),
    );
    assert.equal(answer.trim(), "no");
    double.faults.forbidden.length = 0;
  });

  it("streams watches and logs", async () => {
    const pods = double.store.list(double.kind("pods"), "dev");
    const pod = pods[0]!.metadata.name;
    double.logs.append("dev", pod, "hello from the pod");
    assert.match(await kubectl("logs", pod), /hello from the pod/);
    const child = spawn("kubectl", ["-n", "dev", "get", "tk", "-w", "-o", "name"], {
      env: { PATH: process.env["PATH"], HOME: folder, KUBECONFIG: config },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const seen = new Promise<void>((resolve) => {
        let text = "";
        child.stdout.on("data", (chunk: Buffer) => {
          text += chunk.toString();
          if (text.includes("task.kubeopencode.io/watched")) resolve();
          else if (text.includes("task.kubeopencode.io/one")) {
            if (double.store.find(double.kind("tasks"), "dev", "watched") === undefined) {
              double.create("tasks", {
                metadata: { name: "watched", namespace: "dev" },
                spec: { agentRef: { name: "coder" } },
              });
            }
          }
        });
      });
      await seen;
    } finally {
      child.kill();
    }
  });
});
