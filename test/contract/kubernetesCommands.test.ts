import assert from "node:assert/strict";
import { FollowedLogs } from "../../src/commands/cluster/followedLogs.ts";
import { type TriggerOutcome, triggerOutcome } from "../../src/commands/cluster/triggerOutcome.ts";
import { MAX_SCANNED_PAGES } from "../../src/core/limits.ts";
import type { ClusterKind, ClusterRef } from "../../src/core/state/cluster.ts";
import {
  addTask,
  type ClusterWorld,
  startClusterWorld,
} from "../support/kubernetes/clusterWorld.ts";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetes/kubernetesDouble/startKubernetesDouble.ts";
import { TaskController } from "../support/kubernetes/kubernetesDouble/taskController.ts";
import { poll } from "../support/opencode/client.ts";
import { patientMs, quiet } from "../support/patience.mjs";

describe("cluster commands", function () {
  let double: KubernetesDouble;
  let world: ClusterWorld;

  beforeEach(async () => {
    double = await startKubernetesDouble({ namespaces: ["dev", "ops"] });
    world = startClusterWorld({ kubeconfig: double.kubeconfig() });
  });
  afterEach(async () => {
    await world.stop();
    await double.stop();
  });
  const ref = (kind: ClusterKind, name: string): ClusterRef => ({
    clusterID: "double",
    namespace: "dev",
    kind,
    name,
  });

  describe("a followed log", () => {
    const task = ref("tasks", "one");
    let logs: FollowedLogs;
    let text: string;
    const follow = (of = task) =>
      logs.follow(world.source, of, (more) => {
        text += more;
      });
    const followers = (wanted: number): Promise<true> =>
      poll(`${String(wanted)} followers`, () =>
        Promise.resolve(double.logs.followers === wanted || undefined),
      );

    beforeEach(async () => {
      logs = new FollowedLogs();
      text = "";
      double.addAgent({ name: "coder" });
      double.create("pods", { metadata: { name: "one-pod", namespace: "dev" } });
      addTask(double, "one", { status: { phase: "Running", podName: "one-pod" } });
      await world.untilNamespace(({ tasks }) => tasks.get("one")?.podName, "the task");
    });

    it("ends its request when the user stops it, and can be followed again", async () => {
      double.logs.append("dev", "one-pod", "first");
      const end = follow();
      await followers(1);
      await poll("the text", () => Promise.resolve(text === "first\n" || undefined));
      assert.deepEqual(logs.refs(), [task]);
      logs.stop(task);
      assert.deepEqual(await end, { ok: true, value: "stopped" });
      await followers(0);
      assert.equal(logs.has(task), false);
      double.logs.append("dev", "one-pod", "second");
      assert.equal(text, "first\n");
      const again = follow();
      await poll("all of it", () =>
        Promise.resolve(text === "first\nfirst\nsecond\n" || undefined),
      );
      double.logs.end("dev", "one-pod");
      assert.deepEqual(await again, { ok: true, value: "ended" });
      assert.deepEqual(logs.refs(), []);
    });

    it("ends at once, without an error, when stopped before it has begun", async () => {
      double.faults.delayMs = patientMs(3000);
      for (const each of [task, ref("agents", "coder")]) {
        const startedMs = performance.now();
        const end = follow(each);
        await quiet(50);
        logs.stop(each);
        assert.deepEqual(await end, { ok: true, value: "stopped" });
        assert.ok(performance.now() - startedMs < patientMs(1500), `${each.kind} took too long`);
      }
      double.faults.delayMs = 0;
    });

    it("reports why there is none", async () => {
      double.faults.forbidden.push({ resource: "pods/log" });
      const end = await follow();
      assert.ok(!end.ok);
      assert.match(end.error.message, /pods\/log is forbidden/);
      assert.deepEqual(logs.refs(), []);
    });
  });

  describe("a cluster scanned for namespaces", () => {
    const scan = (candidates: readonly string[] = ["dev"]) =>
      world.source.scan("double", candidates, new AbortController().signal);

    beforeEach(() => {
      double.addAgent({ name: "coder" });
      addTask(double, "one");
      addTask(double, "two", { namespace: "ops" });
    });

    it("lists the namespaces with their contents", async () => {
      assert.deepEqual(await scan(), {
        ok: true,
        value: {
          namespaces: [
            { namespace: "dev", agents: 1, tasks: 1 },
            { namespace: "ops", agents: 0, tasks: 1 },
          ],
          isPartial: false,
        },
      });
    });

    it("says that there may be more if a list is longer than what is read", async () => {
      double.faults.endlessList = "tasks";
      const found = await scan();
      assert.ok(found.ok);
      assert.equal(found.value.isPartial, true);
      assert.equal(found.value.namespaces.length, 2);
      const path = "GET /apis/kubeopencode.io/v1alpha1/tasks";
      assert.equal(double.calls.filter((call) => call === path).length, MAX_SCANNED_PAGES);
    });

    it("checks only the named namespaces if it may not list all, and reports what fails there", async () => {
      double.faults.forbidden.push({ namespace: undefined }, { namespace: "ops" });
      const found = await scan(["dev", "ops"]);
      assert.deepEqual(found, {
        ok: true,
        value: { namespaces: [{ namespace: "dev", agents: 1, tasks: 1 }], isPartial: false },
      });
      double.faults.failing.push({ resource: "tasks", namespace: "dev" });
      const broken = await scan(["dev", "ops"]);
      assert.ok(!broken.ok);
      assert.match(broken.error.message, /tasks cannot be read now/);
    });
  });

  describe("a triggered cron task", () => {
    let controller: TaskController;

    beforeEach(() => {
      controller = new TaskController(double, { servers: new Map() });
    });
    afterEach(() => {
      controller.stop();
    });
    const outcome = async (
      spec: Readonly<Record<string, unknown>>,
      limitMs: number,
    ): Promise<TriggerOutcome> => {
      double.create("crontasks", {
        metadata: { name: "nightly", namespace: "dev" },
        spec: {
          schedule: "0 3 * * *",
          taskTemplate: { spec: { description: "Look", agentRef: { name: "coder" } } },
          ...spec,
        },
      });
      await world.untilNamespace(({ cronTasks }) => cronTasks.get("nightly"), "the cron task");
      const result = await triggerOutcome(
        world.store,
        world.source,
        ref("cronTasks", "nightly"),
        limitMs,
      );
      assert.ok(result.ok);
      return result.value;
    };
    const keep = async (name: string): Promise<void> => {
      addTask(double, name, { labels: { "kubeopencode.io/crontask": "nightly" } });
      await world.untilNamespace(({ tasks }) => tasks.get(name), "a task that is kept");
    };

    it("reports its task as created only once that exists", async () => {
      await keep("nightly-old");
      assert.deepEqual(await outcome({ maxRetainedTasks: 2 }, 20_000), { kind: "created" });
      assert.ok(world.store.state.clusters.get("double/dev")?.tasks.has("nightly-1"));
    });

    it("reports that none was created at its limit of tasks", async () => {
      await keep("nightly-old");
      assert.deepEqual(await outcome({ maxRetainedTasks: 1 }, 500), {
        kind: "atLimit",
        maxRetainedTasks: 1,
      });
    });

    it("reports that it is suspended, or hasn't created one yet", async () => {
      assert.deepEqual(await outcome({ suspend: true }, 500), { kind: "suspended" });
      double.store.remove(double.kind("crontasks"), "dev", "nightly");
      await world.untilNamespace(({ cronTasks }) => cronTasks.size === 0 || undefined, "its end");
      controller.stop();
      assert.deepEqual(await outcome({ maxRetainedTasks: 1 }, 500), { kind: "notYet" });
    });

    it("fails if the cluster refuses it", async () => {
      const absent = ref("cronTasks", "absent");
      const refused = await triggerOutcome(world.store, world.source, absent, 500);
      assert.ok(!refused.ok && refused.error.reason === "notFound");
    });
  });
});
