import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressOf, addTask } from "../support/kubernetes/clusterWorld.ts";
import { poll } from "../support/opencode/client.ts";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetes/kubernetesDouble/startKubernetesDouble.ts";
import { TaskController } from "../support/kubernetes/kubernetesDouble/taskController.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  type ScriptedProvider,
  startScriptedProvider,
} from "../support/opencode/scriptedProvider.ts";
import { browserStorage, Canaries } from "../support/canaries.ts";
import { formsOf, processesWith, occurrencesBelow } from "../support/secrets.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

const OFF = { "opencodeSessions.localDiscovery.enabled": false };

const canaries = new Canaries([]);

describe("a cluster, in a real VS Code", () => {
  let provider: ScriptedProvider;
  let server: OpenCodeServer;
  let double: KubernetesDouble;
  let controller: TaskController;
  let folder: string;

  before(async function () {
    provider = await startScriptedProvider({ chunkDelayMs: 20 });
    server = await startOpenCode({ providerURL: provider.url, permission: { bash: "ask" } });
    double = await startKubernetesDouble();
    controller = new TaskController(double, {
      servers: new Map([["dev/coder", server.client]]),
    });
    double.addAgent({
      name: "coder",
      at: addressOf(server.url),
      spec: {
        profile: "reviewer",
        maxConcurrentTasks: 2,
        extraPorts: [{ name: "app", port: 8080 }],
      },
    });
    double.addAgent({
      name: "sleeper",
      spec: { suspend: true },
      status: { suspended: true, ready: false },
    });
    double.create("crontasks", {
      metadata: { name: "nightly", namespace: "dev" },
      spec: {
        schedule: "0 3 * * *",
        taskTemplate: { spec: { description: "Nightly\nDO say 5", agentRef: { name: "coder" } } },
      },
    });
    folder = mkdtempSync(join(tmpdir(), "cluster-"));
    writeFileSync(join(folder, "config"), double.kubeconfig("kind-dev"));
    writeFileSync(
      join(server.directories[0]!, "task.yaml"),
      "apiVersion: kubeopencode.io/v1alpha1\nkind: Task\nmetadata:\n  name: from-file\nspec:\n  description: |\n    From a file\n    DO say 5\n  agentRef:\n    name: coder\n",
    );
  });
  after(async () => {
    controller.stop();
    await double.stop();
    await server.stop();
    await provider.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    settings: { ...OFF, "opencodeSessions.kubernetes.kubeconfig": join(folder, "config") },
  }));
  const row = (name: RegExp) => workbench().treeRow(name);
  const shown = async (name: RegExp, timeout = 30_000): Promise<string> => {
    await row(name).waitFor({ timeout });
    return (await row(name).getAttribute("aria-label")) ?? "";
  };

  /** Answers one question of a form once it appears. */
  const fillIn = async (question: string, text: string): Promise<void> => {
    await workbench().page.locator(".quick-input-widget", { hasText: question }).waitFor();
    await workbench().answer(text);
  };

  it("loads and contacts nothing until a cluster is added, and finds its namespaces on request", async function () {
    await workbench().openSideBar();
    await workbench()
      .page.locator(".welcome-view-content:visible", {
        hasText: /No OpenCode server|OpenCode was not found/,
      })
      .waitFor();
    assert.equal(double.calls.length, 0);
    await workbench().pickFrom("OpenCode: Add Kubernetes Cluster…", "kind-dev");
    assert.equal(double.calls.length, 0, "choosing a context contacts nothing");
    await workbench().pick("Look for KubeOpenCode in the cluster");
    await workbench()
      .quickPickRow(/agents: 2, tasks: 0/)
      .waitFor();
    await workbench()
      .page.locator(".quick-input-widget")
      .getByRole("button", { name: "OK" })
      .click();
    await shown(/^Namespace dev of cluster kind-dev, connected, 2 agents, 0 tasks/);
    assert.match(await shown(/^Agent coder/), /ready, 0\/2 running, profile reviewer/);
    assert.match(await shown(/^Agent sleeper/), /suspended/);
    assert.match(await shown(/^Cron task nightly/), /0 3 \* \* \*/);
  });

  it("shows a task as Pending, as Running with its live cost, and as Completed with its children's cost", async function () {
    controller.hold("dev/count-stars");
    addTask(double, "count-stars", {
      description:
        "Count the stars\nDO slow 60 ;; say 20 ;; task general Ask the telescope { slow 40 ;; say 60 } ;; bash echo hi ;; say 40",
      spec: { timeout: "30m" },
    });
    await workbench().toggleRow(/^Agent coder/);
    assert.match(await shown(/^Task count-stars, Pending/), /now/);
    controller.release("dev/count-stars");
    const running = await shown(/^Task count-stars, Running.*\$/);
    assert.match(running, /29m left/);
    await shown(/^Task count-stars, Running, 1 waiting/);
    assert.match(await shown(/^Agent coder/), /ready, port-forward, 1\/2 running/);
    const [permission] = await server.client.permissions();
    await server.client.replyPermission(permission!.id, "once");
    const done = await shown(/^Task count-stars, Completed, \$/, 60_000);
    assert.match(done, /\$[\d.]+, .*took/);
    await workbench().toggleRow(/^Task count-stars/);
    await shown(/^count-stars, /);
    await workbench().toggleRow(/^count-stars, /);
    await shown(/^Ask the telescope/);
    await workbench().screenshot("cluster-dark");
    await workbench().clickRowAction(/^Task count-stars/, "Open Session of Task");
    await workbench()
      .tab(/^count-stars/)
      .waitFor();
  });

  it("creates a task from the form and from a manifest, and stops one after a confirmation", async function () {
    controller.hold("dev/waits");
    await workbench().clickRowAction(/^Agent coder/, "Create Cluster Task…");
    await fillIn("What should be done?", "DO forever");
    await fillIn("Name of the task", "waits");
    await fillIn("Timeout, such as 30m", "1h");
    await fillIn("Additional context for the agent", canaries.prompt);
    await shown(/^Task waits, Pending/);
    controller.release("dev/waits");
    const spec = double.store.get(double.kind("tasks"), "dev", "waits").spec;
    assert.equal(spec?.["timeout"], "1h");
    assert.match(JSON.stringify(spec), new RegExp(canaries.prompt));
    await workbench().page.keyboard.press("Control+p");
    await workbench().quickInput.fill("task.yaml");
    await workbench().pick(/task\.yaml/);
    await workbench()
      .tab(/task\.yaml/)
      .waitFor();
    await workbench().pickFrom("OpenCode: Create Cluster Task from Manifest…", /task\.yaml/);
    await shown(/^Task from-file, Completed/, 60_000);
    await shown(/^Task waits, Running/);
    await workbench().clickRowAction(/^Task waits/, "Stop Cluster Task…");
    assert.match(await workbench().dialog.innerText(), /Stop the task “waits”\?/);
    await workbench().answerDialog("Stop");
    await shown(/^Task waits, Stopped, by a user/, 60_000);
  });

  it("resumes a suspended agent, triggers a cron task, and deletes with a preview", async function () {
    // VS Code shows only some of many notifications.
    await workbench().runCommand("Notifications: Clear All Notifications");
    await workbench().toggleRow(/^Agent sleeper/);
    await workbench().clickToast(/The agent “sleeper” is suspended/, "Resume");
    // Nothing listens for it, so this ends with the failed attempt being shown.
    await shown(/^Agent sleeper, cannot be reached/);
    await workbench().clickRowAction(/^Cron task nightly/, "Trigger Cron Task Now");
    await shown(/^Task nightly-1/);
    await workbench().chooseFromRowMenu(/^Task waits/, "Delete Task from Cluster…");
    const question = await workbench().dialog.innerText();
    assert.match(question, /^Delete the task “waits” from \S+ \/ dev\?/m);
    assert.match(question, /its session stays on the agent's server/);
    await workbench().answerDialog("Delete");
    await row(/^Task waits/).waitFor({ state: "detached" });
  });

  it("forwards an agent's port until told to stop", async function () {
    // VS Code shows only some of many notifications.
    await workbench().runCommand("Notifications: Clear All Notifications");
    const addressMessage = /app of coder is at (http:\/\/127\.0\.0\.1:\d+)/;
    const forward = async (): Promise<string> => {
      await workbench().chooseFromRowMenu(/^Agent coder/, "Forward Agent Port…");
      await workbench().pick("app");
      return addressMessage.exec(await workbench().toasted(addressMessage))![1]!;
    };
    const url = await forward();
    const health = async (): Promise<number> => (await fetch(`${url}/global/health`)).status;
    assert.equal(await health(), 200);
    await workbench().screenshot("forwarded port dark");
    await workbench().clickToast(addressMessage, "Copy Address");
    await poll("the clipboard", async () => {
      const text = await workbench().page.evaluate(() => navigator.clipboard.readText());
      return text === url || undefined;
    });
    // A second request returns the same address.
    assert.equal(await forward(), url);
    await workbench().clickToast(addressMessage, "Stop Forwarding");
    await poll("the end of it", () =>
      health().then(
        () => undefined,
        () => true,
      ),
    );
  });

  it("follows a log, and copies the kubectl command for an action", async function () {
    double.logs.append("dev", "nightly-1-pod", "one line of the log");
    await workbench().chooseFromRowMenu(/^Task nightly-1/, "Follow Task Log");
    await workbench()
      .page.locator(".output-view, .monaco-editor", { hasText: "one line of the log" })
      .first()
      .waitFor();
    await workbench().chooseFromRowMenu(/^Task nightly-1/, "Copy kubectl Command…");
    await workbench().pick("Stop");
    const copied = await poll("the clipboard", async () => {
      const text = await workbench().page.evaluate(() => navigator.clipboard.readText());
      return text.startsWith("kubectl") ? text : undefined;
    });
    assert.equal(
      copied,
      "kubectl --context kind-dev -n dev annotate task.kubeopencode.io nightly-1 kubeopencode.io/stop=true",
    );
    assert.equal(double.logs.followers, 1);
    await workbench().runCommand("OpenCode: Stop Following Log…");
    await poll("the end of its request", () =>
      Promise.resolve(double.logs.followers === 0 || undefined),
    );
  });

  it("shows what is missing as a Role to apply, and releases a namespace that is removed", async function () {
    double.faults.forbidden.push({ resource: "pods/portforward" });
    await workbench().runCommand("OpenCode: Refresh Sessions");
    await poll("the menu", async () => {
      await workbench().runCommand("OpenCode: Show Role for Missing Permissions");
      const text = workbench().page.locator(".monaco-editor .view-lines", {
        hasText: "kind: Role",
      });
      return (await text.count()) > 0 || undefined;
    });
    double.faults.forbidden.length = 0;
    await workbench().chooseFromRowMenu(/^Namespace dev/, "Remove Cluster Namespace from Tree");
    await row(/^Namespace dev/).waitFor({ state: "detached" });
    await poll("no watch", () => Promise.resolve(double.watches.count === 0 || undefined));
    await poll("no tunnel", () => Promise.resolve(double.forwards.count === 0 || undefined));
  });

  it("writes no token to a file, a log or a command line, and throws nothing", async () => {
    const log = workbench().readLogs();
    assert.match(log, /coder: connected through portForward/);
    const forms = formsOf(double.token);
    assert.deepEqual(occurrencesBelow(workbench().server.baseDir, forms), []);
    assert.deepEqual(processesWith(forms), { lines: [], environmentPids: [] });
    const stored = await browserStorage(workbench().page);
    const leaks = canaries.leaks({
      folders: { "VS Code": workbench().server.baseDir, project: server.directories[0]! },
      texts: {
        ...stored,
        requests: double.calls.join("\n"),
        messages: (await workbench().toasts()).join("\n"),
      },
    });
    assert.deepEqual(leaks, [], "nor what a task is to do");
    assert.doesNotMatch(log, /unhandled|\[error\].*opencode-sessions/i);
    assert.deepEqual(workbench().pageErrors, []);
    assert.deepEqual(workbench().outsideRequests, []);
  });
});
