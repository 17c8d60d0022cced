/**
 * What has to hold on any cluster: on the double, and on a real one with KubeOpenCode if
 * OPENCODE_SESSIONS_TEST_KUBECONFIG names its kubeconfig. docs/clusters.md explains how to create one.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { ClusterRef } from "../../src/core/state/cluster.ts";
import { loadKubeconfig } from "../../src/sources/kubernetes/kubeconfig.ts";
import { type ClusterWorld, startClusterWorld } from "../support/kubernetes/clusterWorld.ts";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetes/kubernetesDouble/startKubernetesDouble.ts";
import { skipBecause } from "../support/suiteReporter.mjs";

interface Target {
  readonly name: string;
  /** Why this target can't be tested; undefined if it can. */
  readonly missing: string | undefined;
  start(): Promise<{
    readonly kubeconfig: string;
    readonly context: string;
    readonly namespace: string;
    stop(): Promise<void>;
  }>;
}

const file = process.env["OPENCODE_SESSIONS_TEST_KUBECONFIG"];

const targets: readonly Target[] = [
  {
    name: "the double",
    missing: undefined,
    start: async () => {
      const double: KubernetesDouble = await startKubernetesDouble();
      double.addAgent({ name: "coder", status: { ready: false } });
      return {
        kubeconfig: double.kubeconfig(),
        context: "double",
        namespace: "dev",
        stop: () => double.stop(),
      };
    },
  },
  {
    name: "a real cluster",
    missing:
      file === undefined
        ? "OPENCODE_SESSIONS_TEST_KUBECONFIG is not set"
        : existsSync(file)
          ? undefined
          : `OPENCODE_SESSIONS_TEST_KUBECONFIG is set to ${file}, which does not exist`,
    start: () => {
      const kubeconfig = readFileSync(file ?? "", "utf8");
      const { contexts } = loadKubeconfig({ setting: file ?? "", env: {}, home: "/" });
      const [first] = contexts;
      assert.ok(first !== undefined, "the kubeconfig has no context");
      return Promise.resolve({
        kubeconfig,
        context: first.name,
        namespace: first.namespace ?? "default",
        stop: () => Promise.resolve(),
      });
    },
  },
];

for (const target of targets) {
  describe(`KubeOpenCode on ${target.name}`, function () {
    const { missing } = target;
    if (missing !== undefined) {
      it("is watched, and accepts commands", function () {
        skipBecause(this, missing);
      });
      return;
    }
    let world: ClusterWorld;
    let at: { readonly context: string; readonly namespace: string };
    let stop: () => Promise<void>;
    const name = `test-${randomBytes(3).toString("hex")}`;
    let task: ClusterRef;

    before(async () => {
      const started = await target.start();
      stop = () => started.stop();
      at = started;
      world = startClusterWorld({
        kubeconfig: started.kubeconfig,
        clusters: [{ context: at.context, namespaces: [at.namespace] }],
      });
      task = { clusterID: at.context, namespace: at.namespace, kind: "tasks", name };
    });
    after(async () => {
      await world.source.remove(task);
      await world.stop();
      await stop();
    });

    it("is watched, and reports what is allowed", async () => {
      await world.untilNamespace(
        ({ watch }) => (watch.kind === "connected" ? true : undefined),
        "a watched namespace",
        at,
      );
      await world.untilNamespace(({ denied }) => denied, "the review of access", at);
      const found = await world.source.scan(
        at.context,
        [at.namespace],
        new AbortController().signal,
      );
      assert.ok(found.ok, found.ok ? "" : found.error.message);
    });

    it("creates a task, refuses a duplicate, and shows it through its watch", async () => {
      const input = {
        name,
        description: "Say hello",
        agent: undefined,
        template: "no-such-template",
        timeout: "5m",
        contexts: ["Be brief."],
      };
      const created = await world.source.createTask(
        { clusterID: at.context, namespace: at.namespace },
        input,
      );
      assert.ok(created.ok, created.ok ? "" : created.error.message);
      const seen = await world.untilNamespace(({ tasks }) => tasks.get(name), "the task", at);
      assert.equal(seen.template, "no-such-template");
      assert.equal(seen.timeoutMs, 300_000);
      const again = await world.source.createTask(
        { clusterID: at.context, namespace: at.namespace },
        input,
      );
      assert.ok(!again.ok && again.error.status === 409);
    });

    it("refuses an invalid manifest, quoting the cluster's reason", async () => {
      const manifest = `apiVersion: kubeopencode.io/v1alpha1
kind: Task
metadata:
  name: ${name}-broken
spec:
  description: Neither agent nor template
`;
      const created = await world.source.createFromManifest(
        { clusterID: at.context, namespace: at.namespace },
        manifest,
      );
      assert.ok(!created.ok);
      assert.match(created.error.message, /agentRef|templateRef/);
    });

    it("refuses an unknown field, which would otherwise be dropped", async () => {
      const created = await world.source.createFromManifest(
        { clusterID: at.context, namespace: at.namespace },
        `apiVersion: kubeopencode.io/v1alpha1
kind: Task
metadata: {name: ${name}-misspelt}
spec: {descripton: Say hello, templateRef: {name: no-such-template}}
`,
      );
      assert.ok(!created.ok);
      assert.match(created.error.message, /unknown field "spec\.descripton"/);
    });

    it("creates each document of a manifest, and reports how far it got", async () => {
      const document = (each: string, field = "description"): string => `# a task
apiVersion: kubeopencode.io/v1alpha1
kind: Task
metadata: {name: ${each}}
spec: {${field}: Say hello, templateRef: {name: no-such-template}}
`;
      const ref = { clusterID: at.context, namespace: at.namespace };
      const names = [`${name}-one`, `${name}-two`, `${name}-three`];
      const [one = "", two = "", three = ""] = names;
      const both = await world.source.createFromManifest(
        ref,
        `---\n# nothing\n---\n${document(one)}---\n${document(two)}`,
      );
      assert.deepEqual(both, { ok: true, value: [one, two] });
      const broken = await world.source.createFromManifest(
        ref,
        `${document(three)}--- # the second\n${document("x", "descripton")}`,
      );
      assert.ok(!broken.ok);
      assert.match(broken.error.message, /^document 2 of 2: .*descripton/);
      assert.ok(broken.error.message.endsWith(`(${three} had been created)`));
      for (const each of names) {
        assert.ok((await world.source.remove({ ...task, name: each })).ok);
      }
    });

    it("accepts the annotation that stops a task, and deletes it", async () => {
      assert.ok((await world.source.stopTask(task)).ok);
      assert.ok((await world.source.remove(task)).ok);
      await world.untilNamespace(({ tasks }) => !tasks.has(name) || undefined, "its end", at);
      const again = await world.source.remove(task);
      assert.ok(!again.ok && again.error.reason === "notFound");
    });

    it("says that something without a pod has no log", async () => {
      const answer = await world.source.followLogs(
        task,
        () => undefined,
        new AbortController().signal,
      );
      assert.ok(!answer.ok && answer.error.reason === "notFound");
    });
  });
}
