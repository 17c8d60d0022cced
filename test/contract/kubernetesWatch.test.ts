import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHTTPServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addTask, type ClusterWorld, startClusterWorld } from "../support/clusterWorld.ts";
import { poll } from "../support/client.ts";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetesDouble/startKubernetesDouble.ts";

describe("watching a namespace of a cluster", function () {
  this.timeout(30_000);
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

  it("shows what is there, what comes, changes and goes, without asking again", async () => {
    double.addAgent({ name: "coder", status: { ready: false } });
    addTask(double, "first");
    start();
    await world!.untilNamespace(({ tasks }) => tasks.get("first"), "the first task");
    await poll(5000, "three watches", () =>
      Promise.resolve(double.watches.count === 3 || undefined),
    );
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

  it("lists again when its version is gone, as an HTTP error and as an event of the stream", async () => {
    for (const form of ["http", "stream"] as const) {
      double.watches.goneForm = form;
      start();
      await connected();
      await poll(5000, "watches", () => Promise.resolve(double.watches.count === 3 || undefined));
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

  it("goes on from where it was after a drop, a torn line, an error and an absence", async () => {
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
      await poll(5000, "watches", () => Promise.resolve(double.watches.count === 3 || undefined));
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

  it("notices a watch that has fallen silent, where the server sends bookmarks", async () => {
    double.watches.bookmarkMs = 50;
    start();
    await connected();
    await poll(5000, "watches", () => Promise.resolve(double.watches.count === 3 || undefined));
    await new Promise((resolve) => setTimeout(resolve, 150));
    const before = watches();
    double.watches.isFrozen = true;
    await poll(5000, "new watches", () => Promise.resolve(watches() > before || undefined));
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

  it("contacts nothing before a namespace is added, and only what was added", async () => {
    start({ clusters: [] });
    assert.deepEqual(
      world!.source.contexts().map(({ name, server }) => [name, server]),
      [["double", double.url]],
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
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

  it("tells an expired token, a forbidden namespace, missing resources and an unreachable cluster apart", async () => {
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

  it("shows what it may where one kind is forbidden, and says so", async () => {
    double.faults.forbidden.push({ resource: "crontasks" });
    addTask(double, "seen");
    start();
    await world!.untilNamespace(({ tasks }) => tasks.get("seen"), "the task");
    const problem = await world!.untilNamespace(
      ({ watch }) => (watch.kind === "connected" ? watch.problem : undefined),
      "the problem",
    );
    assert.match(problem, /crontasks is forbidden/);
  });

  it("logs in by a client certificate, and by a program: once for all, and again when refused", async () => {
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
    const told = (): string[] => readFileSync(count, "utf8").trim().split("\n");
    assert.equal(told().length, 1, "one login for many requests");
    assert.match(told()[0]!, /"cluster":\{"server":"https:/);
    double.users.clear();
    double.users.set("renewed", "dev");
    writeFileSync(tokenFile, "renewed");
    await poll(5000, "watches", () => Promise.resolve(double.watches.count === 3 || undefined));
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

  it("goes through a proxy, and checks the certificate's name it was told", async () => {
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

  it("keeps two clusters apart that have the same names in them", async () => {
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

  it("says nothing after its end, and can end before its beginning", async () => {
    start();
    await connected();
    let reports = 0;
    const { source } = world!;
    await source.dispose();
    await source.dispose();
    source.start(() => reports++);
    source.setSettings({ clusters: [], kubeconfig: "" });
    await source.refresh();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(reports, 0);
    assert.equal(world!.store.state.clusters.size, 0, "its namespaces went with it");
  });

  it("says which context is missing from the kubeconfig, and which entries it cannot read", async () => {
    start({ clusters: [{ context: "gone", namespaces: ["dev"] }, { namespaces: ["dev"] }, 7] });
    await poll(5000, "a report", () => Promise.resolve(world!.report()));
    const messages = world!.report()!.problems.map(({ message }) => message);
    assert.equal(messages.length, 3);
    assert.match(messages[0]!, /clusters\[1\] has no "context"/);
    assert.match(messages[2]!, /no context “gone”/);
  });
});
