import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTCPServer } from "node:net";
import { gzipSync } from "node:zlib";
import {
  MAX_BODY_BYTES,
  MAX_FOLLOWED_BYTES,
  MAX_LINE_BYTES,
  MAX_OBJECT_TEXT_CHARACTERS,
  MAX_WATCHED_BYTES,
} from "../../src/core/limits.ts";
import type { NamespaceProblem } from "../../src/core/state/cluster.ts";
import {
  addTask,
  type ClusterWorld,
  FAST_WATCHES,
  startClusterWorld,
} from "../support/kubernetes/clusterWorld.ts";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetes/kubernetesDouble/startKubernetesDouble.ts";
import { poll } from "../support/opencode/client.ts";

const MEGABYTE = Buffer.alloc(1024 * 1024, "x");
const LIST = "GET /apis/kubeopencode.io/v1alpha1/namespaces/dev/tasks";
const WATCH = LIST.replace("GET", "WATCH");
/** Only the first attempt counts: there is no second one before the test ends. */
const ONCE = { ...FAST_WATCHES, firstDelayMs: 3_600_000, longestDelayMs: 3_600_000 };

describe("limits on what a cluster may send", () => {
  let double: KubernetesDouble;
  let world: ClusterWorld;
  let sentBytes: number;

  beforeEach(async () => {
    sentBytes = 0;
    double = await startKubernetesDouble();
    double.addAgent({ name: "coder" });
  });
  afterEach(async () => {
    double.faults.answers = undefined;
    await world.stop();
    await double.stop();
  });

  /** Starts watching while this call is answered so; all others are answered as usual. */
  function startWith(call: string, answer: (response: ServerResponse) => void): void {
    double.faults.answers = (asked, response) => {
      if (asked !== call) return false;
      answer(response);
      return true;
    };
    world = startClusterWorld({
      kubeconfig: double.kubeconfig(),
      source: { times: ONCE },
    });
  }

  /** Sends without end. */
  function endless(response: ServerResponse, head: string, status = 200): void {
    response.writeHead(status, { "content-type": "application/json" }).write(head);
    const write = (): void => {
      while (!response.destroyed) {
        sentBytes += MEGABYTE.length;
        if (response.write(MEGABYTE)) continue;
        response.once("drain", write);
        return;
      }
    };
    write();
  }

  /** What the user sees of it; the namespace's other lists are there. */
  async function problem(): Promise<NamespaceProblem> {
    const shown = await world.untilNamespace(
      ({ watch, agents }) =>
        watch.kind === "connected" && agents.has("coder") ? watch.problem : undefined,
      "the problem",
    );
    return shown;
  }

  it("cut off a list that doesn't end", async () => {
    startWith(LIST, (response) => {
      endless(response, '{"items":["');
    });
    assert.deepEqual(await problem(), {
      kind: "failed",
      message: "the cluster's answer is too large",
    });
    assert.ok(sentBytes < 2 * MAX_BODY_BYTES, `${String(sentBytes)} bytes were sent`);
  });

  it("cut off a list whose pages are small enough one by one, but too much together", async () => {
    let pages = 0;
    startWith(LIST, (response) => {
      const head = `{"metadata":{"resourceVersion":"1","continue":"${String(++pages)}"},"items":[{"metadata":{"name":"`;
      response.writeHead(200, { "content-type": "application/json" }).write(head);
      for (let mb = 0; mb < 60; mb++) response.write(MEGABYTE);
      response.end('"}}]}');
    });
    assert.deepEqual(await problem(), {
      kind: "failed",
      message: "the cluster's answer is too large",
    });
    assert.equal(pages, Math.ceil(MAX_WATCHED_BYTES / (60 * MEGABYTE.length)));
  });

  it("cut off a refusal that doesn't end, and still report its status", async () => {
    startWith(LIST, (response) => {
      endless(response, '{"message":"', 500);
    });
    assert.deepEqual(await problem(), {
      kind: "failed",
      message: "the cluster rejected the request (500)",
    });
    assert.ok(sentBytes < 2 * MAX_BODY_BYTES, `${String(sentBytes)} bytes were sent`);
  });

  it("don't decompress what nobody asked to be compressed", async () => {
    const bomb = gzipSync(Buffer.alloc(MAX_BODY_BYTES));
    startWith(LIST, (response) => {
      response
        .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
        .end(bomb);
    });
    assert.deepEqual(await problem(), {
      kind: "failed",
      message: "the cluster's answer is not JSON",
    });
  });

  it("show an object of 50 MB that is nested 100,000 deep, with its text shortened", async () => {
    const description = "y".repeat(50 * MEGABYTE.length);
    const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const objectOf = (name: string): string =>
      `{"metadata":{"name":"${name}","resourceVersion":"2"},"spec":{"description":"${description}","contexts":${nested}},"status":{"phase":"Running","session":${nested},"conditions":${nested}}}`;
    double.faults.answers = (call, response) => {
      if (call === WATCH) {
        response.writeHead(200).write(`{"type":"ADDED","object":${objectOf("later")}}\n`);
        return true;
      }
      if (call !== LIST) return false;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`{"metadata":{"resourceVersion":"1"},"items":[${objectOf("large")}]}`);
      return true;
    };
    world = startClusterWorld({ kubeconfig: double.kubeconfig(), source: { times: ONCE } });
    for (const name of ["large", "later"]) {
      const task = await world.untilNamespace(({ tasks }) => tasks.get(name), `the task ${name}`);
      assert.equal(task.phase, "Running");
      assert.equal(task.description.length, MAX_OBJECT_TEXT_CHARACTERS);
    }
  });

  it("end a watch whose objects are small enough one by one, but too much together", async () => {
    startWith(WATCH, (response) => {
      response.writeHead(200);
      void (async () => {
        for (let number = 1; !response.destroyed; number++) {
          response.write(
            `{"type":"ADDED","object":{"metadata":{"name":"t${number}"},"spec":{"a":"`,
          );
          for (let mb = 0; mb < 60; mb++) response.write(MEGABYTE);
          const isSent = new Promise((resolve) =>
            response.once("drain", resolve).once("close", resolve),
          );
          response.write('"}}}\n');
          await isSent;
        }
      })();
    });
    assert.deepEqual(await problem(), {
      kind: "failed",
      message: "the objects in the cluster are too many, or too large, to watch",
    });
    const fitting = Math.floor(MAX_WATCHED_BYTES / (60 * MEGABYTE.length));
    const tasks = await world.untilNamespace((namespace) => namespace.tasks, "the tasks");
    assert.deepEqual([...tasks.keys()].sort(), ["t1", "t2", "t3", "t4"].slice(0, fitting));
  });

  it("cut off an event that doesn't end, and keep what is known", async () => {
    addTask(double, "known");
    startWith(WATCH, (response) => {
      endless(response, '{"type":"MODIFIED","object":{"a":"');
    });
    assert.deepEqual(await problem(), {
      kind: "failed",
      message: "the cluster sent an event that did not end",
    });
    assert.ok(sentBytes < 2 * MAX_LINE_BYTES, `${String(sentBytes)} bytes were sent`);
    const tasks = await world.untilNamespace((namespace) => namespace.tasks, "the tasks");
    assert.ok(tasks.has("known"));
  });

  it("end a log that doesn't, and say how to continue", async () => {
    let isClosed = false;
    double.create("pods", { metadata: { name: "one-pod", namespace: "dev" } });
    addTask(double, "one", { status: { phase: "Running", podName: "one-pod" } });
    startWith("GET /api/v1/namespaces/dev/pods/one-pod/log", (response) => {
      response.once("close", () => {
        isClosed = true;
      });
      endless(response, "");
    });
    await world.untilNamespace(({ tasks }) => tasks.get("one")?.podName, "the task");
    let shownBytes = 0;
    const end = await world.source.followLogs(
      { clusterID: "double", namespace: "dev", kind: "tasks", name: "one" },
      (text) => {
        shownBytes += text.length;
      },
      new AbortController().signal,
    );
    assert.ok(!end.ok);
    assert.equal(
      end.error.message,
      "more than 64 MB have arrived; follow it again to see the latest",
    );
    assert.ok(shownBytes <= MAX_FOLLOWED_BYTES, `${String(shownBytes)} bytes were shown`);
    await poll("the end of the request", () => Promise.resolve(isClosed || undefined));
  });

  it("refuse a redirect: what was asked for has not been done", async () => {
    addTask(double, "kept");
    world = startClusterWorld({ kubeconfig: double.kubeconfig() });
    await world.untilNamespace(({ tasks }) => tasks.get("kept"), "the task");
    double.faults.answers = (call, response) => {
      if (!call.startsWith("DELETE")) return false;
      response.writeHead(302, { location: "https://login.example.com/" }).end();
      return true;
    };
    const removed = await world.source.remove({
      ...{ clusterID: "double", namespace: "dev", kind: "tasks", name: "kept" },
    });
    assert.ok(!removed.ok);
    assert.equal(removed.error.message, "the cluster rejected the request (302)");
  });

  it("report an agent whose status is none, and leave no request waiting", async () => {
    const odd = createTCPServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end("HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n"));
    });
    await new Promise<void>((resolve) => odd.listen(0, "127.0.0.1", resolve));
    const { port } = odd.address() as AddressInfo;
    double.setAddress("dev", "coder", { host: "127.0.0.1", port });
    double.faults.forbidden.push({ resource: "services/proxy" });
    world = startClusterWorld({ kubeconfig: double.kubeconfig() });
    await world.untilNamespace(({ denied }) => denied, "a watched namespace");
    world.source.open({ clusterID: "double", namespace: "dev", kind: "agents", name: "coder" });
    const message = await world.untilNamespace(({ links }) => {
      const link = links.get("coder");
      return link?.kind === "failed" ? link.message : undefined;
    }, "a link that failed");
    assert.match(message, /^port-forward: something responded there/);
    odd.close();
  });
});
