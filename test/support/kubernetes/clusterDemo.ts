import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endWithProgram } from "../cleanup.mjs";
import { addressOf } from "./clusterWorld.ts";
import { startKubernetesDouble } from "./kubernetesDouble/startKubernetesDouble.ts";
import { TaskController } from "./kubernetesDouble/taskController.ts";
import { startOpenCode } from "../opencode/opencodeServer.ts";

/** The “cluster” part of the demo. */
export interface ClusterDemo {
  /** User settings that make the extension show it. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Creates tasks, one after another, until the signal. */
  play(signal: AbortSignal): void;
}

interface DemoTask {
  readonly name: string;
  readonly agent?: string;
  readonly template?: string;
  readonly timeout?: string;
  readonly description: string;
}

const CONTEXT = "kind-demo";
const NAMESPACE = "team-web";
/** The pause between tasks. */
const PAUSE_MS = 12_000;

const TASKS: readonly DemoTask[] = [
  {
    name: "review-pull-request",
    agent: "reviewer",
    timeout: "30m",
    description:
      "Review the open pull request\nDO slow 60 ;; think 40 ;; read src/index.ts ;; task explore Read the discussion { slow 60 ;; say 90 } ;; task general Try the change { slow 60 ;; bash echo ok ;; say 60 } ;; say 160",
  },
  {
    name: "fix-flaky-test",
    agent: "builder",
    timeout: "1h",
    description:
      "Fix the flaky test\nDO slow 60 ;; think 60 ;; write src/clock.ts 20 ;; task general Run it twenty times { slow 60 ;; bash echo 20 of 20 ;; say 80 } ;; say 120",
  },
  { name: "lint-everything", template: "small", description: "Lint everything" },
  {
    name: "publish-notes",
    agent: "builder",
    timeout: "20m",
    description: "Publish the notes\nDO slow 60 ;; say 60 ;; bash git push origin notes ;; say 40",
  },
  {
    name: "compare-prices",
    agent: "reviewer",
    description:
      "Compare the prices\nDO slow 60 ;; think 30 ;; task explore Read both tables { slow 60 ;; say 120 } ;; say 90",
  },
];

/** Starts a double of a cluster with two agents, each a real OpenCode server. */
export async function startClusterDemo(
  providerURL: string,
  permission: Readonly<Record<string, unknown>>,
): Promise<ClusterDemo> {
  const [reviewer, builder] = await Promise.all([
    startOpenCode({ providerURL, projects: ["workspace"], permission, config: { snapshot: true } }),
    startOpenCode({ providerURL, projects: ["workspace"], permission, config: { snapshot: true } }),
  ]);
  const double = await startKubernetesDouble({ namespaces: [NAMESPACE] });
  const controller = new TaskController(double, {
    servers: new Map([
      [`${NAMESPACE}/reviewer`, reviewer.client],
      [`${NAMESPACE}/builder`, builder.client],
    ]),
    startDelayMs: 3000,
  });
  double.addAgent({
    name: "reviewer",
    namespace: NAMESPACE,
    at: addressOf(reviewer.url),
    spec: { profile: "Reviews", maxConcurrentTasks: 2 },
  });
  double.addAgent({
    name: "builder",
    namespace: NAMESPACE,
    at: addressOf(builder.url),
    spec: {
      profile: "Builds",
      maxConcurrentTasks: 1,
      extraPorts: [{ name: "opencode-again", port: 4097 }],
    },
  });
  double.create("crontasks", {
    metadata: { name: "nightly-audit", namespace: NAMESPACE },
    spec: {
      schedule: "0 3 * * *",
      taskTemplate: {
        spec: {
          description: "Audit the dependencies\nDO slow 60 ;; think 20 ;; say 120",
          agentRef: { name: "reviewer" },
        },
      },
    },
    status: { nextScheduleTime: new Date(Date.now() + 7 * 3_600_000).toISOString() },
  });
  const folder = mkdtempSync(join(tmpdir(), "demo-cluster-"));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  endWithProgram({
    stop: () => {
      controller.stop();
      remove();
    },
    kill: remove,
  });
  const kubeconfig = join(folder, "config");
  double.writeKubeconfig(kubeconfig, CONTEXT);
  return {
    settings: {
      "opencodeSessions.kubernetes.kubeconfig": kubeconfig,
      "opencodeSessions.kubernetes.clusters": [{ context: CONTEXT, namespaces: [NAMESPACE] }],
    },
    play: (signal) => {
      let count = 0;
      const next = (): void => {
        const task = TASKS[count % TASKS.length];
        const round = Math.floor(count / TASKS.length);
        count++;
        if (task === undefined) return;
        const { name, agent, template, timeout, description } = task;
        double.create("tasks", {
          metadata: {
            name: round === 0 ? name : `${name}-${String(round + 1)}`,
            namespace: NAMESPACE,
          },
          spec: {
            description,
            ...(agent === undefined ? {} : { agentRef: { name: agent } }),
            ...(template === undefined ? {} : { templateRef: { name: template } }),
            ...(timeout === undefined ? {} : { timeout }),
          },
        });
      };
      next();
      next();
      const timer = setInterval(next, PAUSE_MS);
      signal.addEventListener("abort", () => {
        clearInterval(timer);
      });
    },
  };
}
