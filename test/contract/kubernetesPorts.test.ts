import assert from "node:assert/strict";
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  request as requestHTTP,
  type Server,
} from "node:http";
import { type AddressInfo, connect } from "node:net";
import { agentServerID, type ClusterRef } from "../../src/core/state/cluster.ts";
import { type ClusterWorld, startClusterWorld } from "../support/kubernetes/clusterWorld.ts";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetes/kubernetesDouble/startKubernetesDouble.ts";
import { poll } from "../support/opencode/client.ts";
import { quiet } from "../support/patience.mjs";

const CODER: ClusterRef = { clusterID: "double", namespace: "dev", kind: "agents", name: "coder" };
const AGENT_PASSWORD = "the agent's own";

/** The number of listening servers in this process. */
function listening(): number {
  return process.getActiveResourcesInfo().filter((each) => each === "TCPServerWrap").length;
}

interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Identifies itself as an OpenCode server would, and records the requests it gets. */
class Site {
  readonly heard: Heard[] = [];
  readonly server: Server = createServer((request, response) => {
    this.heard.push({ path: request.url ?? "", headers: request.headers });
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ healthy: true, version: "1.0.0" }));
  });

  /** How many requests came for paths that only these tests use. */
  get count(): number {
    return this.heard.filter(({ path }) => /asked|pods|secrets|aaaa/.test(path)).length;
  }

  last(path: string): Heard {
    return this.heard.findLast((each) => each.path.split("?", 1)[0] === path)!;
  }
}

/** Sends a request with the path and headers unchanged, and returns the answer's status. */
function ask(
  url: string,
  { path = "/asked", ...headers }: Readonly<Record<string, string>> & { path?: string },
): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = requestHTTP({ hostname, port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once("error", reject);
    request.end();
  });
}

function basic(password: string): string {
  return `Basic ${Buffer.from(`opencode:${password}`).toString("base64")}`;
}

for (const transport of ["portForward", "serviceProxy"] as const) {
  describe(`an agent in a cluster, reached by ${transport}`, function () {
    const site = new Site();
    let double: KubernetesDouble;
    let world: ClusterWorld;

    before(async () => {
      await new Promise<void>((resolve) => site.server.listen(0, "127.0.0.1", resolve));
      double = await startKubernetesDouble();
      const { port } = site.server.address() as AddressInfo;
      double.addAgent({ name: "coder", at: { host: "127.0.0.1", port } });
      if (transport === "serviceProxy") {
        double.faults.forbidden.push({ resource: "pods/portforward" });
      }
      world = startClusterWorld({
        kubeconfig: double.kubeconfig(),
        passwords: new Map([[agentServerID(CODER), AGENT_PASSWORD]]),
      });
      await world.untilNamespace(({ denied }) => denied, "a watched namespace");
    });
    after(async () => {
      await world.stop();
      await double.stop();
      site.server.closeAllConnections();
      site.server.close();
    });

    it("opens no port on this machine for the extension itself", async () => {
      const before = listening();
      world.source.open(CODER);
      const link = await world.untilNamespace(({ links }) => {
        const found = links.get("coder");
        return found?.kind === "open" ? found : undefined;
      }, "an open way");
      assert.equal(link.transport, transport, link.note);
      await poll("a request", () => Promise.resolve(site.heard.length > 0 || undefined));
      assert.equal(listening(), before);
    });

    it("answers although the agent closes the connections that are kept for the next request", async () => {
      const opened = await world.source.attach(CODER);
      assert.ok(opened.ok, String(!opened.ok && opened.error.message));
      const { url, password } = opened.value;
      const statuses: number[] = [];
      for (let round = 0; round < 10; round++) {
        const asked = Array.from({ length: 4 }, () =>
          ask(url, { authorization: basic(password ?? "") }),
        );
        statuses.push(...(await Promise.all(asked)));
        site.server.closeIdleConnections();
      }
      assert.deepEqual([...new Set(statuses)], [200]);
      await world.source.closeForward(url);
    });

    it("requires a password from an attaching program, and gives the agent its own in no address", async () => {
      const opened = await world.source.attach(CODER);
      assert.ok(opened.ok);
      const { url, password } = opened.value;
      assert.ok(password !== undefined && password.length >= 32);
      const { count } = site;
      assert.equal(await ask(url, {}), 401);
      assert.equal(await ask(url, { authorization: basic(AGENT_PASSWORD) }), 401);
      assert.equal(site.count, count);
      assert.equal(await ask(url, { authorization: basic(password) }), 200);
      const { headers, path } = site.last("/asked");
      const own = basic(AGENT_PASSWORD);
      assert.equal(headers.authorization, transport === "portForward" ? own : undefined);
      assert.equal(path, "/asked");
      await world.source.closeForward(url);
      await assert.rejects(ask(url, {}), "the port is closed");
    });

    it("blocks foreign pages, paths and headers on an attached port", async () => {
      const opened = await world.source.attach(CODER);
      assert.ok(opened.ok);
      const { url, password } = opened.value;
      const authorization = basic(password ?? "");
      const { count } = site;
      const calls = double.calls.length;
      // A foreign page's hostname that resolves to this machine (DNS rebinding).
      assert.equal(await ask(url, { authorization, host: "evil.example:80" }), 403);
      assert.equal(await ask(url, { authorization, origin: "https://evil.example" }), 403);
      for (const path of [
        "/../../../../../../api/v1/namespaces/dev/secrets",
        "/%2e%2e/%2e%2e/pods",
        "/a/..%2f..%2fpods",
        "/a/%252e%252e/pods",
        "/a\\..\\pods",
        "//evil.example/pods",
        "http://evil.example/pods",
      ]) {
        assert.equal(await ask(url, { authorization, path }), 400, path);
      }
      assert.equal(site.count, count);
      assert.deepEqual(double.calls.slice(calls), []);
      const status = await ask(url, {
        path: "/headers",
        authorization,
        accept: "application/json",
        "x-opencode-directory": "/home/dev",
        "impersonate-user": "admin",
        "impersonate-group": "system:masters",
        "x-forwarded-for": "10.0.0.1",
        cookie: "a=b",
      });
      assert.equal(status, 200);
      const { headers } = site.last("/headers");
      assert.equal(headers["x-opencode-directory"], "/home/dev");
      const passed = Object.keys(headers).filter((name) =>
        /^(impersonate|x-forw|cookie)/.test(name),
      );
      assert.deepEqual(passed, []);
      await world.source.closeForward(url);
    });

    it("protects OpenCode's own port when the user forwards it", async () => {
      const opened = await world.source.forwardPort(CODER, 4096);
      assert.ok(opened.ok);
      assert.equal(await ask(opened.value.url, {}), 401);
      assert.deepEqual(world.source.forwards(), [opened.value]);
      await world.source.closeForward(opened.value.url);
    });
  });
}

describe("a forwarded port that cannot ask for a password", function () {
  const site = new Site();
  let double: KubernetesDouble;
  let world: ClusterWorld;
  let url: string;

  before(async () => {
    await new Promise<void>((resolve) => site.server.listen(0, "127.0.0.1", resolve));
    double = await startKubernetesDouble();
    const { port } = site.server.address() as AddressInfo;
    double.addAgent({ name: "coder", at: { host: "127.0.0.1", port } });
    world = startClusterWorld({ kubeconfig: double.kubeconfig() });
    await world.untilNamespace(({ agents }) => agents.get("coder"), "the agent");
    const opened = await world.source.forwardPort(CODER, 8080);
    assert.ok(opened.ok);
    assert.equal(opened.value.password, undefined);
    ({ url } = opened.value);
  });
  after(async () => {
    await world.stop();
    await double.stop();
    site.server.closeAllConnections();
    site.server.close();
  });

  it("passes requests for this machine, whole and in pieces", async () => {
    assert.equal(await ask(url, {}), 200);
    assert.equal(await ask(url, { origin: url, path: "/own" }), 200);
    const { hostname, port } = new URL(url);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.setNoDelay();
        socket.write("GE");
        void (async () => {
          await quiet(20);
          socket.write(`T /pieces HTTP/1.1\r\nhost: localhost:${port}\r\n`);
          await quiet(20);
          socket.end("connection: close\r\n\r\n");
        })();
      });
      let heard = "";
      socket.on("data", (bytes) => (heard += bytes.toString()));
      socket.once("close", () => {
        resolve(heard);
      });
      socket.once("error", reject);
    });
    assert.match(text, /^HTTP\/1\.1 200/);
    assert.equal(site.last("/pieces").headers.host, `localhost:${port}`);
  });

  it("passes other protocols that begin with a word, without waiting for more", async () => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => {
      socket.write("EHLO me\r\n");
    });
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 400/, "from the pod, which speaks HTTP");
    socket.destroy();
  });

  it("can be closed while a client's connection to the pod is being opened", async () => {
    const calls = double.calls.length;
    const opened = await world.source.forwardPort(CODER, 8081);
    assert.ok(opened.ok);
    const socket = connect(Number(new URL(opened.value.url).port), "127.0.0.1");
    await once(socket, "connect");
    await world.source.closeForward(opened.value.url);
    await once(socket, "close");
    await poll("the connection to the pod", () =>
      Promise.resolve(double.calls.length > calls || undefined),
    );
    // What it throws then would end this file.
    await quiet(300);
  });

  it("rejects requests sent by a web page", async () => {
    const { count } = site;
    await assert.rejects(ask(url, { host: "evil.example" }));
    await assert.rejects(ask(url, { origin: "https://evil.example" }));
    // A picture or a link on a page is requested without an origin.
    await assert.rejects(ask(url, { "sec-fetch-site": "cross-site" }));
    await assert.rejects(ask(url, { "sec-fetch-site": "same-site" }));
    await assert.rejects(ask(url, { path: `/${"a".repeat(20_000)}`, host: "evil.example" }));
    assert.equal(site.count, count);
  });

  it("closes when its agent is deleted", async () => {
    double.store.remove(double.kind("agents"), "dev", "coder");
    await world.untilNamespace(({ agents }) => agents.size === 0 || undefined, "no agent");
    await poll("a closed port", () =>
      ask(url, {}).then(
        () => undefined,
        () => true as const,
      ),
    );
    assert.deepEqual(world.source.forwards(), []);
  });
});
