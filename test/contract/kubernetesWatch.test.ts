import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHTTPServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAX_WATCHED_PAGES } from "../../src/core/limits.ts";
import {
  addTask,
  type ClusterWorld,
  FAST_WATCHES,
  startClusterWorld,
} from "../support/kubernetes/clusterWorld.ts";
import { poll } from "../support/opencode/client.ts";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetes/kubernetesDouble/startKubernetesDouble.ts";
import { quiet } from "../support/patience.mjs";

describe("watching a namespace of a cluster", function () {
  let double: KubernetesDouble;
  let world: ClusterWorld | undefined;

  beforeEach(async () => {
    double = await startKubernetesDouble({ namespaces: ["dev", "ops"] });
  });
  afterEach(async () => {
    await world?.stop();
    world = undefined;
    await double.stop();
  });
  const start = (options: Partial<Parameters<typeof startClusterWorld>[0]> = {}): ClusterWorld => {
    world = startClusterWorld({ kubeconfig: double.kubeconfig(), ...options });
    return world;
  };
  const connected = async (): Promise<void> => {
    await world!.untilNamespace(
      ({ watch }) => (watch.kind === "connected" ? true : undefined),
      "a watched namespace",
    );
  };
  const watches = (): number => double.calls.filter((call) => call.startsWith("WATCH")).length;
  const lists = (): number =>
    double.calls.filter((call) => call.endsWith("/tasks") && call.startsWith("GET")).length;

  it("shows existing objects, additions, changes and deletions without listing again", async () => {
    double.addAgent({ name: "coder", status: { ready: false } });
    addTask(double, "first");
    start();
    await world!.untilNamespace(({ tasks }) => tasks.get("first"), "the first task");
    await poll("three watches", () => Promise.resolve(double.watches.count === 3 || undefined));
    const before = lists();
    addTask(double, "second");
    await world!.untilNamespace(({ tasks }) => tasks.get("second"), "the second task");
    double.setStatus("tasks", "dev", "second", { phase: "Running" });
    await world!.untilNamespace(
      ({ tasks }) => tasks.get("second")?.phase === "Running" || undefined,
      "a running task",
    );
    double.store.remove(double.kind("tasks"), "dev", "first");
    await world!.untilNamespace(({ tasks }) => !tasks.has("first") || undefined, "its end");
    assert.equal(lists(), before, "nothing is listed again");
  });

  it("lists again when its version is gone, as an HTTP error and as a stream event", async () => {
    for (const form of ["http", "stream"] as const) {
      double.watches.goneForm = form;
      start();
      await connected();
      await poll("watches", () => Promise.resolve(double.watches.count === 3 || undefined));
      const before = lists();
      double.watches.isFrozen = true;
      addTask(double, `lost-${form}`);
      double.store.compact();
      double.watches.isFrozen = false;
      double.watches.drop();
      await world!.untilNamespace(({ tasks }) => tasks.get(`lost-${form}`), `after 410 as ${form}`);
      assert.ok(lists() > before);
      await world!.stop();
      world = undefined;
    }
  });

  it("resumes from its position after a drop, a torn line, an error and an outage", async () => {
    addTask(double, "old");
    start();
    await connected();
    const before = lists();
    const faults: readonly (() => void | Promise<void>)[] = [
      () => {
        double.watches.drop();
      },
      () => {
        double.watches.tear();
      },
      async () => {
        await double.down();
        await double.up();
      },
    ];
    for (const [index, fault] of faults.entries()) {
      await poll("watches", () => Promise.resolve(double.watches.count === 3 || undefined));
      await fault();
      addTask(double, `after-${String(index)}`);
      await world!.untilNamespace(({ tasks }) => tasks.get(`after-${String(index)}`), "news");
    }
    assert.equal(lists(), before, "the versions still count");
    double.faults.refusesAllWith = 500;
    double.watches.drop();
    await world!.untilNamespace(({ watch }) => watch.kind === "lost" || undefined, "a loss");
    const kept = await world!.untilNamespace(({ tasks }) => tasks, "the last known tasks");
    assert.ok(kept.has("old"));
    double.faults.refusesAllWith = undefined;
    addTask(double, "at-last");
    await world!.untilNamespace(({ tasks }) => tasks.get("at-last"), "recovery");
    await connected();
  });

  it("notices a silent watch if the server sends bookmarks", async () => {
    double.watches.bookmarkMs = 50;
    start();
    await connected();
    await poll("watches", () => Promise.resolve(double.watches.count === 3 || undefined));
    await quiet(150);
    const before = watches();
    double.watches.isFrozen = true;
    await poll("new watches", () => Promise.resolve(watches() > before || undefined));
    double.watches.isFrozen = false;
  });

  it("reads long lists page by page", async () => {
    for (let at = 0; at < 620; at++) addTask(double, `task-${String(at)}`);
    start();
    const tasks = await world!.untilNamespace(
      (namespace) => (namespace.tasks.size > 0 ? namespace.tasks : undefined),
      "tasks",
    );
    assert.equal(tasks.size, 620);
  });

  it("gives up on a list whose pages don't end, and says why", async () => {
    double.faults.endlessList = "tasks";
    double.addAgent({ name: "coder" });
    start({ source: { times: { ...FAST_WATCHES, firstDelayMs: 60_000, longestDelayMs: 60_000 } } });
    const problem = await world!.untilNamespace(
      ({ watch }) => (watch.kind === "connected" ? watch.problem : undefined),
      "the problem",
    );
    assert.deepEqual(problem, {
      kind: "failed",
      message: `the cluster's list did not end after ${String(MAX_WATCHED_PAGES)} pages`,
    });
    assert.equal(lists(), MAX_WATCHED_PAGES);
    const agents = await world!.untilNamespace((namespace) => namespace.agents, "the agents");
    assert.ok(agents.has("coder"), "the other lists are there");
  });

  it("contacts nothing before a namespace is added, and then only what was added", async () => {
    start({ clusters: [] });
    assert.deepEqual(
      world!.source.contexts().map(({ name, server }) => [name, server]),
      [["double", double.url]],
    );
    await quiet(100);
    assert.equal(double.calls.length, 0);
    world!.source.setSettings({
      clusters: [{ context: "double", namespaces: ["ops"] }],
      kubeconfig: world!.kubeconfigFile,
    });
    await world!.untilNamespace(
      ({ watch }) => (watch.kind === "connected" ? true : undefined),
      "ops",
      { namespace: "ops" },
    );
    assert.ok(double.calls.every((call) => !call.includes("/namespaces/dev/")));
  });

  it("distinguishes an expired token, a forbidden namespace, missing resources and an unreachable cluster", async () => {
    const reasonOf = async (): Promise<string> =>
      world!.untilNamespace(
        ({ watch }) => (watch.kind === "lost" ? watch.reason : undefined),
        "a loss",
      );
    start({ kubeconfig: double.kubeconfig("double", { kind: "token", token: "expired" }) });
    assert.equal(await reasonOf(), "unauthorized");
    await world!.stop();

    double.faults.forbidden.push({ namespace: "dev" });
    start();
    assert.equal(await reasonOf(), "forbidden");
    const denied = await world!.untilNamespace((namespace) => namespace.denied, "the review");
    assert.ok(denied.has("list tasks") && denied.has("get pods/portforward"));
    await world!.stop();
    double.faults.forbidden.length = 0;

    double.faults.hasKubeOpenCode = false;
    start();
    assert.equal(await reasonOf(), "notInstalled");
    double.faults.hasKubeOpenCode = true;
    await connected();
    await world!.stop();

    await double.down();
    start();
    assert.equal(await reasonOf(), "unreachable");
    await double.up();
    await connected();
  });

  it("shows what it may if one kind is forbidden, and says so", async () => {
    double.faults.forbidden.push({ resource: "crontasks" });
    addTask(double, "seen");
    start();
    await world!.untilNamespace(({ tasks }) => tasks.get("seen"), "the task");
    const problem = await world!.untilNamespace(
      ({ watch }) => (watch.kind === "connected" ? watch.problem : undefined),
      "the problem",
    );
    assert.equal(problem.kind, "forbidden");
    assert.match(problem.message, /crontasks is forbidden/);
  });

  it("doesn't blame only access if one kind is forbidden and another one fails", async () => {
    double.faults.forbidden.push({ resource: "crontasks" });
    double.faults.failing.push({ resource: "tasks" });
    start();
    const problem = await world!.untilNamespace(
      ({ watch }) =>
        watch.kind === "connected" && watch.problem?.message.includes("; ") === true
          ? watch.problem
          : undefined,
      "two reasons",
    );
    assert.equal(problem.kind, "failed");
    assert.match(problem.message, /crontasks is forbidden/);
    assert.match(problem.message, /tasks cannot be read now/);
  });

  it("applies agents' templates, and watches templates only while an agent names one", async () => {
    double.addAgent({ name: "plain", spec: { maxConcurrentTasks: 1 } });
    start();
    await connected();
    const asked = (): number =>
      double.calls.filter((call) => call.endsWith("/agenttemplates")).length;
    const most = (agent: string, wanted: number | undefined): Promise<unknown> =>
      world!.untilNamespace(
        ({ agents }) => {
          const found = agents.get(agent);
          return found !== undefined && found.maxConcurrentTasks === wanted ? true : undefined;
        },
        `${agent} with ${String(wanted)} tasks`,
      );
    await poll("watches", () => Promise.resolve(double.watches.count === 3 || undefined));
    assert.equal(asked(), 0, "no agent names one");

    const template = (maxConcurrentTasks: number) => ({
      metadata: { name: "base", namespace: "dev" },
      spec: { maxConcurrentTasks, extraPorts: [{ name: "app", port: 8080 }] },
    });
    double.create("agenttemplates", template(3));
    double.addAgent({ name: "derived", spec: { templateRef: { name: "base" } } });
    await most("derived", 3);
    await poll("watches", () => Promise.resolve(double.watches.count === 4 || undefined));
    double.setStatus("agents", "dev", "derived", { ready: false });
    const changed = await world!.untilNamespace(({ agents }) => {
      const derived = agents.get("derived");
      return derived?.isReady === false ? derived : undefined;
    }, "a change of the agent");
    assert.equal(changed.maxConcurrentTasks, 3);
    assert.deepEqual(changed.extraPorts, [{ name: "app", port: 8080 }]);

    const templates = double.kind("agenttemplates");
    const { metadata } = double.store.get(templates, "dev", "base");
    double.store.replace(templates, { ...template(5), apiVersion: "", kind: "", metadata }, "main");
    await most("derived", 5);
    await most("plain", 1);
    double.store.remove(templates, "dev", "base");
    await most("derived", undefined);

    double.store.remove(double.kind("agents"), "dev", "derived");
    await poll("the end of that watch", () =>
      Promise.resolve(double.watches.count === 3 || undefined),
    );
    const before = asked();
    await quiet(300);
    assert.equal(asked(), before);
  });

  it("shows an agent's own limits if templates may not be read, and the template's once they may", async () => {
    double.faults.forbidden.push({ resource: "agenttemplates" });
    double.create("agenttemplates", {
      metadata: { name: "base", namespace: "dev" },
      spec: { maxConcurrentTasks: 3, quota: { maxTaskStarts: 5, windowSeconds: 60 } },
    });
    double.addAgent({
      name: "derived",
      spec: { templateRef: { name: "base" }, maxConcurrentTasks: 2 },
    });
    start();
    const denied = await world!.untilNamespace((namespace) => namespace.denied, "the review");
    assert.deepEqual([...denied].sort(), ["list agenttemplates", "watch agenttemplates"]);
    await poll("a second attempt", () => {
      const attempts = double.calls.filter((call) => call.endsWith("/agenttemplates")).length;
      return Promise.resolve(attempts > 1 || undefined);
    });
    const own = await world!.untilNamespace(
      ({ watch, agents }) =>
        watch.kind === "connected" && watch.problem === undefined
          ? agents.get("derived")
          : undefined,
      "a namespace without a problem",
    );
    assert.equal(own.maxConcurrentTasks, 2);
    assert.equal(own.quota, undefined);
    double.faults.forbidden.length = 0;
    const merged = await world!.untilNamespace(
      ({ agents }) =>
        agents.get("derived")?.quota === undefined ? undefined : agents.get("derived"),
      "what the template sets",
    );
    assert.deepEqual(merged.quota, { maxTaskStarts: 5, windowMs: 60_000 });
    assert.equal(merged.maxConcurrentTasks, 2);
  });

  it("reports that a namespace doesn't exist, until it does", async () => {
    start({ clusters: [{ context: "double", namespaces: ["later"] }] });
    const at = { namespace: "later" };
    const message = await world!.untilNamespace(
      ({ watch }) => (watch.kind === "connected" ? watch.problem?.message : undefined),
      "the problem",
      at,
    );
    assert.equal(message, "The cluster has no namespace “later”.");
    double.create("namespaces", { metadata: { name: "later" } });
    await world!.untilNamespace(
      ({ watch }) => (watch.kind === "connected" && watch.problem === undefined) || undefined,
      "no problem",
      at,
    );
  });

  it("rechecks what is allowed while something is denied, and after an initial outage", async () => {
    double.faults.forbidden.push({ resource: "tasks", verb: "create" });
    start();
    const denied = (count: number): Promise<unknown> =>
      world!.untilNamespace(
        (namespace) => (namespace.denied?.size === count ? true : undefined),
        `${String(count)} denied`,
      );
    await denied(1);
    double.faults.forbidden.length = 0;
    await denied(0);
    await world!.stop();
    await double.down();
    start();
    await world!.untilNamespace(({ watch }) => watch.kind === "lost" || undefined, "a loss");
    await double.up();
    await denied(0);
  });

  it("rechecks what is allowed after a loss, and after a failed review", async () => {
    start();
    const denied = (count: number | undefined): Promise<unknown> =>
      world!.untilNamespace(
        (namespace) => namespace.denied?.size === count || undefined,
        `${String(count)} denied`,
      );
    await denied(0);
    await poll("watches", () => Promise.resolve(double.watches.count === 3 || undefined));
    double.faults.refusesAllWith = 500;
    double.watches.drop();
    await world!.untilNamespace(({ watch }) => watch.kind === "lost" || undefined, "a loss");
    // The permissions may have changed in the meantime.
    double.faults.forbidden.push({ resource: "tasks", verb: "create" });
    double.faults.refusesAllWith = undefined;
    await denied(1);
    await world!.stop();

    double.faults.failing.push({ resource: "selfsubjectaccessreviews" });
    start();
    await connected();
    const reviews = (): number =>
      double.calls.filter((call) => call.endsWith("/selfsubjectaccessreviews")).length;
    const before = reviews();
    await poll("reviews", () => Promise.resolve(reviews() > before || undefined));
    await denied(undefined);
    double.faults.failing.length = 0;
    await denied(1);
  });

  it("logs in with a client certificate, and with a program that runs once for all, and again if refused", async () => {
    start({ kubeconfig: double.kubeconfig("double", { kind: "certificate" }) });
    await connected();
    await world!.stop();

    const folder = mkdtempSync(join(tmpdir(), "exec-"));
    const count = join(folder, "count");
    const tokenFile = join(folder, "token");
    writeFileSync(tokenFile, double.token);
    const program = join(folder, "login.cjs");
    writeFileSync(
      program,
      `const fs = require("fs");
fs.appendFileSync(${JSON.stringify(count)}, process.env.KUBERNETES_EXEC_INFO + "\\n");
console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential",
  status: { token: fs.readFileSync(${JSON.stringify(tokenFile)}, "utf8") } }));`,
    );
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: [program],
      provideClusterInfo: true,
    };
    start({ kubeconfig: double.kubeconfig("double", { kind: "exec", exec }) });
    await connected();
    const loginInfos = (): string[] => readFileSync(count, "utf8").trim().split("\n");
    assert.equal(loginInfos().length, 1, "one login for many requests");
    assert.match(loginInfos()[0]!, /"cluster":\{"server":"https:/);
    double.users.clear();
    double.users.set("renewed", "dev");
    writeFileSync(tokenFile, "renewed");
    await poll("watches", () => Promise.resolve(double.watches.count === 3 || undefined));
    double.watches.drop();
    addTask(double, "after-renewal");
    await world!.untilNamespace(({ tasks }) => tasks.get("after-renewal"), "the renewed login");
    await world!.stop();

    const missing = { ...exec, command: "no-such-login", installHint: "Install it from the shop." };
    start({ kubeconfig: double.kubeconfig("double", { kind: "exec", exec: missing }) });
    const message = await world!.untilNamespace(
      ({ watch }) => (watch.kind === "lost" ? watch.message : undefined),
      "a loss",
    );
    assert.equal(
      message,
      "the login program “no-such-login” is not installed. Install it from the shop.",
    );
    rmSync(folder, { recursive: true });
  });

  it("runs a login program with a refused token once for all namespaces, and again on the user's request", async () => {
    const folder = mkdtempSync(join(tmpdir(), "exec-"));
    const count = join(folder, "count");
    const program = join(folder, "login.cjs");
    writeFileSync(
      program,
      `require("fs").appendFileSync(${JSON.stringify(count)}, process.env.KUBERNETES_EXEC_INFO + "\\n");
console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential",
  status: { token: "refused" } }));`,
    );
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: [program],
      provideClusterInfo: true,
    };
    const caFile = join(folder, "ca.pem");
    writeFileSync(caFile, double.ca);
    const namespaces = Array.from({ length: 10 }, (_, at) => `ns-${String(at)}`);
    start({
      kubeconfig: double.kubeconfig(
        "double",
        { kind: "exec", exec },
        { "certificate-authority-data": undefined, "certificate-authority": caFile },
      ),
      clusters: [{ context: "double", namespaces }],
    });
    const runs = (): string[] => readFileSync(count, "utf8").trim().split("\n");
    const message = await world!.untilNamespace(
      ({ watch }) =>
        watch.kind === "lost" && watch.message.includes("later") ? watch.message : undefined,
      "a loss that waits",
      { namespace: "ns-9" },
    );
    assert.match(message, /rejected the credentials.*will try again later/);
    // Long enough for many attempts of the watches, which come every 200 ms here.
    await quiet(1500);
    assert.equal(runs().length, 2, "the token, and a fresh one");
    const info = JSON.parse(runs()[0]!) as {
      spec: { cluster: { "certificate-authority-data": string } };
    };
    const authority = info.spec.cluster["certificate-authority-data"];
    assert.equal(Buffer.from(authority, "base64").toString(), double.ca);
    await world!.source.refresh();
    await poll("another run", () => Promise.resolve(runs().length > 2 || undefined));
    rmSync(folder, { recursive: true });
  });

  it("connects through a proxy, and checks the certificate against the configured name", async () => {
    let tunnels = 0;
    const proxy: Server = createHTTPServer().on("connect", (request, client, head) => {
      tunnels++;
      const [host = "", port = ""] = (request.url ?? "").split(":");
      const onward = connect(Number(port), host, () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.write(head);
        client.pipe(onward).pipe(client);
      });
      onward.on("error", () => client.destroy());
      client.on("error", () => onward.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    const by = (cluster: Readonly<Record<string, unknown>>): string =>
      double.kubeconfig("double", { kind: "token" }, cluster);
    start({ kubeconfig: by({ "proxy-url": `http://127.0.0.1:${String(port)}` }) });
    await connected();
    assert.ok(tunnels > 0);
    await world!.stop();
    proxy.closeAllConnections();
    proxy.close();

    start({ kubeconfig: by({ "tls-server-name": "cluster.test" }) });
    await connected();
    await world!.stop();
    start({ kubeconfig: by({ "tls-server-name": "somewhere.else" }) });
    const message = await world!.untilNamespace(
      ({ watch }) => (watch.kind === "lost" ? watch.message : undefined),
      "a refusal",
    );
    assert.match(message, /certificate is not trusted/);
  });

  it("distinguishes two clusters that contain the same names", async () => {
    const other = await startKubernetesDouble();
    const folder = mkdtempSync(join(tmpdir(), "two-"));
    const files = [join(folder, "one"), join(folder, "two")];
    writeFileSync(files[0]!, double.kubeconfig("one"));
    writeFileSync(files[1]!, other.kubeconfig("two/of@them"));
    addTask(double, "same", { description: "here" });
    addTask(other, "same", { description: "there" });
    const clusters = [
      { context: "one", namespaces: ["dev"] },
      { context: "two/of@them", namespaces: ["dev"] },
    ];
    start({ clusters, source: { settings: { clusters, kubeconfig: files.join(":") } } });
    const text = (context: string): Promise<string> =>
      world!.untilNamespace(({ tasks }) => tasks.get("same")?.description, context, { context });
    assert.equal(await text("one"), "here");
    assert.equal(await text("two/of@them"), "there");
    await other.down();
    await world!.untilNamespace(
      ({ watch }) => watch.kind === "lost" || undefined,
      "the loss of one",
      { context: "two/of@them" },
    );
    addTask(double, "untouched");
    await world!.untilNamespace(({ tasks }) => tasks.get("untouched"), "the other goes on", {
      context: "one",
    });
    await world!.stop();
    world = undefined;
    await other.stop();
    rmSync(folder, { recursive: true });
  });

  it("reports nothing after it is disposed, and can be disposed before it starts", async () => {
    start();
    await connected();
    let reports = 0;
    const { source } = world!;
    await source.dispose();
    await source.dispose();
    source.start(() => reports++);
    source.setSettings({ clusters: [], kubeconfig: "" });
    await source.refresh();
    await quiet(50);
    assert.equal(reports, 0);
    assert.equal(world!.store.state.clusters.size, 0, "its namespaces went with it");
  });

  it("reports a context missing from the kubeconfig, and entries it can't read", async () => {
    start({ clusters: [{ context: "gone", namespaces: ["dev"] }, { namespaces: ["dev"] }, 7] });
    await poll("a report", () => Promise.resolve(world!.report()));
    const messages = world!.report()!.problems.map(({ message }) => message);
    assert.equal(messages.length, 3);
    assert.match(messages[0]!, /clusters”: entry 2 has no “context”/);
    assert.match(messages[2]!, /no context “gone”/);
  });
});
