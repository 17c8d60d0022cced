import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTCPServer } from "node:net";
import { type AgentLink, agentServerID, type ClusterRef } from "../../src/core/state/cluster.ts";
import { getLive } from "../../src/core/state/lookup.ts";
import { treeUsage } from "../../src/core/state/selectors.ts";
import { totalUSD } from "../../src/core/usage/usage.ts";
import {
  addressOf,
  addTask,
  type ClusterWorld,
  startClusterWorld,
} from "../support/kubernetes/clusterWorld.ts";
import { Canaries } from "../support/canaries.ts";
import { startFaultProxy } from "../support/faultProxy.ts";
import { poll } from "../support/opencode/client.ts";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetes/kubernetesDouble/startKubernetesDouble.ts";
import {
  freePort,
  type OpenCodeServer,
  startOpenCode,
} from "../support/opencode/opencodeServer.ts";

const CODER: ClusterRef = {
  clusterID: "double",
  namespace: "dev",
  kind: "agents",
  name: "coder",
};
const SERVER_ID = agentServerID(CODER);
const canaries = new Canaries([
  {
    what: ["password"],
    place: /^header authorization of a request to the agent$/,
    why: "an agent gets its own password, in the header that is for it",
  },
]);
const PASSWORD = canaries.password;

describe("the route to an agent", function () {
  let server: OpenCodeServer;
  let locked: OpenCodeServer;
  let double: KubernetesDouble;
  let world: ClusterWorld | undefined;

  before(async () => {
    server = await startOpenCode({ permission: { bash: "ask" } });
    locked = await startOpenCode({ password: PASSWORD });
  });
  after(async () => {
    await locked.stop();
    await server.stop();
  });
  beforeEach(async () => {
    double = await startKubernetesDouble();
    double.addAgent({ name: "coder", at: addressOf(server.url) });
  });
  afterEach(async () => {
    await world?.stop();
    world = undefined;
    await double.stop();
  });

  const start = async (
    options: Partial<Parameters<typeof startClusterWorld>[0]> = {},
  ): Promise<ClusterWorld> => {
    const started = startClusterWorld({ kubeconfig: double.kubeconfig(), ...options });
    world = started;
    await started.untilNamespace(({ denied }) => denied, "a watched namespace");
    return started;
  };
  const link = <K extends AgentLink["kind"]>(kind: K): Promise<Extract<AgentLink, { kind: K }>> =>
    world!.untilNamespace(({ links }) => {
      const found = links.get("coder");
      return found?.kind === kind ? (found as Extract<AgentLink, { kind: K }>) : undefined;
    }, `a link that is ${kind}`);
  const connected = (): Promise<true> =>
    world!.until(
      (state) => state.servers.get(SERVER_ID)?.connection.kind === "connected" || undefined,
      "a connection to the agent's server",
    );

  it("is closed until needed, then a port-forward, then closed again", async () => {
    const { source, store } = await start();
    assert.equal(store.state.servers.size, 0);
    assert.equal(double.forwards.count, 0);
    source.open(CODER);
    assert.equal((await link("open")).transport, "portForward");
    await connected();
    source.close(CODER);
    await world!.until((state) => state.servers.size === 0 || undefined, "the end of the lease");
    await poll("no tunnel", () => Promise.resolve(double.forwards.count === 0 || undefined));
  });

  it("uses the direct URL if that answers", async () => {
    double.setStatus("agents", "dev", "coder", { url: server.url });
    const { source, endpointURL } = await start();
    source.open(CODER);
    assert.equal((await link("open")).transport, "direct");
    await connected();
    assert.equal(endpointURL(SERVER_ID), server.url);
    assert.equal(double.forwards.count, 0);
  });

  it("uses the service proxy if port-forwards aren't allowed, and says why", async () => {
    double.faults.forbidden.push({ resource: "pods/portforward" });
    const { source } = await start();
    source.open(CODER);
    const { transport, note } = await link("open");
    assert.equal(transport, "serviceProxy");
    assert.match(note!, /port-forward: not allowed \(get pods\/portforward\)/);
    await connected();
    const { id } = await server.client.createSession({ title: "by the proxy" });
    await world!.until(
      (state) => state.servers.get(SERVER_ID)?.sessions.get(id),
      "an event through the proxy",
    );
  });

  it("passes a password in a header through a port-forward, and nowhere through the service proxy", async () => {
    const agent = await startFaultProxy(locked.url);
    double.setAddress("dev", "coder", addressOf(agent.url));
    const passwords = new Map([[SERVER_ID, PASSWORD]]);
    const leaks = (): readonly string[] =>
      canaries.leaks({
        folders: {},
        texts: { "calls of the API server": double.calls.join("\n") },
        requests: { "the agent": agent.requests },
        holders: [locked.pid()],
      });
    try {
      await start({ passwords });
      world!.source.open(CODER);
      assert.equal((await link("open")).transport, "portForward");
      await connected();
      assert.deepEqual(leaks(), []);
      assert.deepEqual(canaries.unusedAllowances(), []);
      await world!.stop();

      double.faults.forbidden.push({ resource: "pods/portforward" });
      const before = agent.requests.length;
      await start({ passwords });
      world!.source.open(CODER);
      const { message } = await link("failed");
      assert.match(message, /service proxy: the agent requires a password, which the API server/);
      // The port-forward's last request may come only now; its host is localhost.
      const byProxy = agent.requests
        .slice(before)
        .filter(({ headers }) => headers.some(([key, is]) => key === "host" && is !== "localhost"));
      assert.ok(byProxy.length > 0);
      assert.doesNotMatch(JSON.stringify(byProxy), /authorization|auth_token/);
      assert.deepEqual(leaks(), []);
    } finally {
      await agent.stop();
    }
  });

  it("sends no stored password to an address that the agent's status moves to", async () => {
    const authorizations: (string | undefined)[] = [];
    const recorder = createServer((request, response) => {
      authorizations.push(request.headers.authorization);
      response.writeHead(401).end();
    });
    await new Promise<void>((resolve) => recorder.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${String((recorder.address() as AddressInfo).port)}`;
    try {
      double.setStatus("agents", "dev", "coder", { url: locked.url });
      const known = [locked.url, SERVER_ID].map((key) => [key, PASSWORD] as const);
      const { source, endpointURL } = await start({ passwords: new Map(known) });
      source.open(CODER);
      await connected();
      assert.equal(endpointURL(SERVER_ID), locked.url);
      double.setStatus("agents", "dev", "coder", { url });
      await world!.until(({ servers }) => {
        const server = servers.get(SERVER_ID);
        const isRefused = server?.connection.kind === "unauthorized";
        return (isRefused && server.endpoint.url === url) || undefined;
      }, "the moved server's refusal");
      assert.ok(authorizations.length > 0);
      assert.ok(authorizations.every((header) => header === undefined));
    } finally {
      recorder.closeAllConnections();
      recorder.close();
    }
  });

  it("says what blocks it when every route fails", async () => {
    double.faults.forbidden.push({ resource: "pods/portforward" }, { resource: "services/proxy" });
    const { source } = await start();
    source.open(CODER);
    const { message } = await link("failed");
    assert.match(message, /port-forward: not allowed .*service proxy: not allowed/);
  });

  it("reports why an upgrade is refused, even if the access review allowed it", async () => {
    const { source } = await start();
    double.faults.forbidden.push({ resource: "pods/portforward" }, { resource: "services/proxy" });
    source.open(CODER);
    const { message } = await link("failed");
    assert.match(
      message,
      /port-forward: the cluster denied access: pods\/portforward is forbidden/,
    );
  });

  it("recovers after a drop, and after the pod was replaced", async () => {
    const { source, endpointURL } = await start();
    source.open(CODER);
    await connected();
    const url = endpointURL(SERVER_ID);
    for (const fault of [
      () => {
        double.forwards.cut();
      },
      () => {
        double.replacePod("dev", "coder");
      },
    ]) {
      fault();
      await world!.until(
        (state) => state.servers.get(SERVER_ID)?.connection.kind === "lost" || undefined,
        "a loss",
      );
      await connected();
    }
    assert.equal(endpointURL(SERVER_ID), url, "at the same address");
  });

  it("waits for an agent without a ready pod, and for a suspended one", async () => {
    const [pod] = double.store.list(double.kind("pods"), "dev");
    double.store.remove(double.kind("pods"), "dev", pod!.metadata.name);
    double.faults.forbidden.push({ resource: "services/proxy" });
    const { source } = await start();
    source.open(CODER);
    assert.match((await link("failed")).message, /the agent has no pod now/);
    double.replacePod("dev", "coder");
    await link("open");
    await connected();
    source.close(CODER);
    await world!.until((state) => state.servers.size === 0 || undefined, "the end of the lease");
    double.setStatus("agents", "dev", "coder", { suspended: true, ready: false });
    await world!.untilNamespace(
      ({ agents }) => agents.get("coder")?.isSuspended || undefined,
      "a suspended agent",
    );
    source.open(CODER);
    assert.equal((await link("failed")).message, "the agent is suspended: resume it");
  });

  it("closes after lingering although the agent changed in the meantime, and its heartbeats end", async () => {
    const { source } = await start({ source: { leaseTimes: { lingerMs: 500, heartbeatMs: 100 } } });
    double.setStatus("agents", "dev", "coder", { ready: false });
    double.faults.forbidden.push({ resource: "services/proxy" });
    const [pod] = double.store.list(double.kind("pods"), "dev");
    double.store.remove(double.kind("pods"), "dev", pod!.metadata.name);
    source.open(CODER);
    await link("failed");
    source.close(CODER);
    // The agent becomes ready while its unused route still lingers.
    double.replacePod("dev", "coder");
    double.setStatus("agents", "dev", "coder", { ready: true });
    await world!.untilNamespace(
      ({ agents }) => agents.get("coder")?.isReady || undefined,
      "a ready agent",
    );
    await world!.untilNamespace(
      ({ links }) => links.get("coder") === undefined || undefined,
      "the end of the way",
    );
    const { annotations } = double.store.get(double.kind("agents"), "dev", "coder").metadata;
    assert.equal(annotations?.["kubeopencode.io/last-connection-active"], undefined);
    assert.equal(double.forwards.count, 0);
  });

  it("switches to another transport when a port-forward's refusal is cut off midway", async () => {
    const { source } = await start();
    double.faults.cutsForwardRefusals = true;
    double.faults.forbidden.push({ resource: "pods/portforward" });
    source.open(CODER);
    assert.equal((await link("open")).transport, "serviceProxy");
    await connected();
  });

  it("names the missing verb when a port-forward's refusal doesn't", async () => {
    double.faults.forbidden.push(
      { resource: "pods/portforward", verb: "create" },
      { resource: "services/proxy" },
    );
    const { source } = await start();
    double.faults.requiresCreateForForwards = true;
    source.open(CODER);
    const { message } = await link("failed");
    assert.match(message, /port-forward: not allowed \(create pods\/portforward\)/);
  });

  it("keeps reporting to the agent that a client is attached", async () => {
    const { source } = await start();
    const beat = (): string | undefined =>
      double.store.get(double.kind("agents"), "dev", "coder").metadata.annotations?.[
        "kubeopencode.io/last-connection-active"
      ];
    assert.equal(beat(), undefined);
    // Heartbeats have a resolution of one second.
    const earliest = new Date().setMilliseconds(0);
    source.open(CODER);
    await link("open");
    const first = await poll("a heartbeat", () => Promise.resolve(beat()));
    assert.ok(Date.parse(first) >= earliest && Date.parse(first) <= Date.now());
    await poll("another one", () => Promise.resolve(beat() !== first || undefined));
  });

  it("opens for a running task, whose live cost with children is known, and closes after it", async () => {
    await start();
    const title = addTask(double, "live", { status: { phase: "Running", podName: "live-pod" } });
    await link("open");
    await connected();
    const { id } = await server.client.createSession({ title });
    await server.client.promptAsync(
      id,
      "Go\nDO say 20 ;; task general Inner { say 30 } ;; bash echo hi ;; say 10",
    );
    const ref = { serverID: SERVER_ID, sessionID: id };
    const live = await world!.until((state) => {
      const tree = treeUsage(state, ref);
      return tree.descendants > 0 && totalUSD(tree.usage) > 0 ? tree : undefined;
    }, "the cost with a child");
    assert.ok(live.working > 0);
    const request = await world!.until((state) => getLive(state, ref).requests[0], "a request");
    const gateway = world!.pool.gateway(SERVER_ID)!;
    assert.ok((await gateway.replyPermission(request, "once", undefined)).ok);
    await server.client.waitUntilIdle(id);
    double.setStatus("tasks", "dev", "live", { phase: "Completed" });
    await world!.until((state) => state.servers.size === 0 || undefined, "the end of the lease");
  });
});

describe("a separate port-forward", function () {
  let double: KubernetesDouble;
  let world: ClusterWorld;
  let site: Server;

  before(async () => {
    site = createServer((request, response) => {
      if (request.url === "/big") {
        const chunk = Buffer.alloc(64 * 1024, 7);
        let left = 320;
        const write = (): void => {
          while (left > 0) {
            left--;
            if (!response.write(chunk)) {
              response.once("drain", write);
              return;
            }
          }
          response.end();
        };
        write();
        return;
      }
      let size = 0;
      request.on("data", (part: Buffer) => (size += part.length));
      request.on("end", () => response.end(`${request.url ?? ""} ${String(size)}`));
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    double = await startKubernetesDouble();
    const { port } = site.address() as AddressInfo;
    double.addAgent({ name: "coder", at: { host: "127.0.0.1", port } });
    world = startClusterWorld({ kubeconfig: double.kubeconfig() });
    await world.untilNamespace(({ agents }) => agents.get("coder"), "the agent");
  });
  after(async () => {
    await world.stop();
    await double.stop();
    site.closeAllConnections();
    site.close();
  });
  const forward = async (port = 8080): Promise<string> => {
    const opened = await world.source.forwardPort(CODER, port);
    assert.ok(opened.ok);
    return opened.value.url;
  };

  it("carries twenty requests at once, large bodies both ways, and complete answers", async () => {
    const url = await forward();
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const response = await fetch(`${url}/${String(at)}`, {
          method: "POST",
          body: Buffer.alloc(100_000),
        });
        return response.text();
      }),
    );
    assert.deepEqual(
      answers,
      answers.map((_, at) => `/${String(at)} 100000`),
    );
    const big = await (await fetch(`${url}/big`)).arrayBuffer();
    assert.equal(big.byteLength, 320 * 64 * 1024);
  });

  it("passes on the pod's end, and lets the local side close its half first", async () => {
    const echo = createTCPServer({ allowHalfOpen: true }, (socket) => {
      let text = "";
      socket.on("data", (bytes: Buffer) => {
        text += bytes.toString();
        if (text.endsWith(".")) socket.end(`said ${text}`);
      });
    });
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    const { port } = echo.address() as AddressInfo;
    double.setAddress("dev", "coder", { host: "127.0.0.1", port });
    const url = new URL(await forward(9000));
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname);
      let text = "";
      socket.on("data", (bytes: Buffer) => (text += bytes.toString()));
      socket.on("end", () => {
        resolve(text);
      });
      socket.on("error", reject);
      // The end arrives together with the last data.
      socket.end("hello.");
    });
    assert.equal(answer, "said hello.");
    echo.close();
  });

  it("closes the connection when nothing is listening on the port", async () => {
    double.setAddress("dev", "coder", { host: "127.0.0.1", port: await freePort() });
    await assert.rejects(fetch(await forward(7000)));
    double.setAddress("dev", "coder", undefined);
    await assert.rejects(fetch(await forward(7000)));
  });

  it("stays open until it is closed", async () => {
    const url = await forward(9000);
    assert.ok(world.source.forwards().some((each) => each.url === url && each.port === 9000));
    await world.source.closeForward(url);
    await assert.rejects(fetch(url));
    assert.ok(!world.source.forwards().some((each) => each.url === url));
  });
});
