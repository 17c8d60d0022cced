/**
 * The double as a separate program, so that its memory isn't counted where memory is measured:
 *
 *     node --import tsx test/support/kubernetes/kubernetesDouble/main.ts NAMESPACES TASKS
 *
 * Prints one line, `{"kubeconfig", "url", "token", "ca", "site"}`, when ready; exits when stdin ends. Its
 * one agent, `coder` in the first namespace, answers `/echo` with the byte count and `/big` with 200 MB.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startKubernetesDouble } from "./startKubernetesDouble.ts";

const BIG_BYTES = 200_000_000;
const CHUNK = Buffer.alloc(50_000, 7);

const [namespaceCount = "1", taskCount = "0"] = process.argv.slice(2);
const namespaces = Array.from({ length: Number(namespaceCount) }, (_, at) => `ns-${String(at)}`);
const site = createServer((request, response) => {
  if (request.url !== "/big") {
    let size = 0;
    request.on("data", (part: Buffer) => (size += part.length));
    request.on("end", () => response.end(String(size)));
    return;
  }
  response.setHeader("content-length", BIG_BYTES);
  let left = BIG_BYTES / CHUNK.length;
  const write = (): void => {
    while (left > 0) {
      left--;
      if (!response.write(CHUNK)) {
        response.once("drain", write);
        return;
      }
    }
    response.end();
  };
  write();
});
await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
const { port } = site.address() as AddressInfo;
const double = await startKubernetesDouble({ namespaces });
for (const namespace of namespaces) {
  double.addAgent({
    name: "coder",
    namespace,
    ...(namespace === namespaces[0] ? { at: { host: "127.0.0.1", port } } : {}),
    status: { ready: namespace === namespaces[0] },
  });
}
for (let at = 0; at < Number(taskCount); at++) {
  const namespace = namespaces[at % namespaces.length] ?? "";
  const name = `task-${String(at)}`;
  double.create("tasks", {
    metadata: { name, namespace },
    spec: { description: `Do number ${String(at)} of many`, agentRef: { name: "coder" } },
  });
  double.setStatus("tasks", namespace, name, {
    phase: "Completed",
    startTime: "2026-11-21T10:00:00Z",
    completionTime: "2026-11-21T10:05:00Z",
    podName: `${name}-pod`,
    session: {
      id: `ses_${String(at)}`,
      title: `kubeopencode/${namespace}/${name}/12345678`,
      summary: {
        messageCount: 8,
        cost: "0.230000",
        tokenUsage: { input: 40_000, output: 4000, cache: 1000 },
      },
    },
  });
}
const address = `http://127.0.0.1:${String(port)}`;
const kubeconfig = double.kubeconfig();
process.stdout.write(
  `${JSON.stringify({ kubeconfig, url: double.url, token: double.token, ca: double.ca, site: address })}\n`,
);
process.stdin.on("end", () => process.exit(0)).resume();
