import { isDeepStrictEqual } from "node:util";
import {
  agentServerID,
  type ClusterRef,
  type NamespaceState,
} from "../../src/core/state/cluster.ts";
import {
  addressOf,
  addTask,
  type ClusterWorld,
  startClusterWorld,
} from "../support/kubernetes/clusterWorld.ts";
import {
  type KubernetesDouble,
  startKubernetesDouble,
} from "../support/kubernetes/kubernetesDouble/startKubernetesDouble.ts";
import { poll } from "../support/opencode/client.ts";
import type { OpenCodeServer } from "../support/opencode/opencodeServer.ts";
import { assertEqualToFresh, isLong } from "./chaos.ts";
import { sharedServer } from "./sharedServer.ts";

const CODER: ClusterRef = { clusterID: "double", namespace: "dev", kind: "agents", name: "coder" };
const SERVER_ID = agentServerID(CODER);
const ROUNDS = isLong ? 20 : 1;

/** What is known of a namespace, regardless of when and how it was learned. */
function facts({ watch, denied, agents, tasks, cronTasks }: NamespaceState): unknown {
  const problem = watch.kind === "connected" ? watch.problem : undefined;
  const objects = {
    agents: new Map(agents),
    tasks: new Map(tasks),
    cronTasks: new Map(cronTasks),
  };
  return { kind: watch.kind, problem, denied, ...objects };
}

describe("a namespace and an agent whose cluster fails", function () {
  let server: OpenCodeServer;
  let double: KubernetesDouble;
  let world: ClusterWorld;
  let made = 0;
  let token: string;
  const kubeconfig = (): string => double.kubeconfig("double", { kind: "token", token });

  before(async () => {
    server = await sharedServer();
    double = await startKubernetesDouble();
    double.addAgent({ name: "coder", at: addressOf(server.url) });
    ({ token } = double);
    world = startClusterWorld({ kubeconfig: kubeconfig() });
    world.source.open(CODER);
    await agentIs(world, "connected");
  });
  after(async () => {
    await world.stop();
    await double.stop();
  });

  const agentIs = (at: ClusterWorld, kind: string): Promise<unknown> =>
    at.until((state) => state.servers.get(SERVER_ID)?.connection.kind === kind || undefined, kind);
  const namespace = (at: ClusterWorld): NamespaceState | undefined =>
    [...at.store.state.clusters.values()][0];

  /** Makes the current token invalid, then puts another one into the kubeconfig. */
  const expire = async (): Promise<void> => {
    double.users.clear();
    double.watches.drop();
    double.forwards.cut();
    await world.untilNamespace(({ watch }) => watch.kind === "lost" || undefined, "a loss");
    token = `token-${String(made)}`;
    double.users.set(token, "dev");
    double.writeKubeconfig(world.kubeconfigFile, "double", { kind: "token", token });
  };

  /** Makes changes that no watch reports, then discards the versions before them. */
  const compact = (goneForm: "http" | "stream") => (): void => {
    double.watches.goneForm = goneForm;
    double.watches.isFrozen = true;
    change();
    double.store.compact();
    double.watches.isFrozen = false;
    double.watches.drop();
  };

  const faults: Readonly<Record<string, () => void | Promise<void>>> = {
    "a version that is gone, reported by HTTP": compact("http"),
    "a version that is gone, reported in the stream": compact("stream"),
    "an expired token": expire,
    "dropped watches": () => {
      double.watches.drop();
    },
    "a torn event": () => {
      double.watches.tear();
    },
    "an outage of the API server": async () => {
      await double.down();
      change();
      await double.up();
    },
    "a replaced pod": () => {
      double.replacePod("dev", "coder");
    },
    "cut port-forwards": () => {
      double.forwards.cut();
    },
  };

  /** Adds, changes and removes something. */
  const change = (): void => {
    made++;
    const name = `task-${String(made)}`;
    addTask(double, name, { status: { phase: made % 2 === 0 ? "Completed" : "Failed" } });
    if (made > 3) double.store.remove(double.kind("tasks"), "dev", `task-${String(made - 3)}`);
  };

  for (const [what, fault] of Object.entries(faults)) {
    it(`look the same as in a fresh connection after ${what}`, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        change();
        await fault();
        change();
        await server.client.createSession({ title: `${what} ${String(round)}` });
        const fresh = startClusterWorld({ kubeconfig: kubeconfig() });
        try {
          fresh.source.open(CODER);
          await agentIs(fresh, "connected");
          await fresh.untilNamespace(({ denied }) => denied, "the review");
          // After so many losses in a row the next attempt may be far off: reconnect as the user would.
          if (world.store.state.servers.get(SERVER_ID)?.connection.kind === "lost") {
            world.pool.reconnect(SERVER_ID);
          }
          await poll("the same facts", () => {
            const [ours, theirs] = [namespace(world), namespace(fresh)];
            const isSame =
              ours !== undefined &&
              theirs !== undefined &&
              isDeepStrictEqual(facts(ours), facts(theirs));
            return Promise.resolve(isSame || undefined);
          });
          const { endpoint } = world.store.state.servers.get(SERVER_ID)!;
          await assertEqualToFresh(world, endpoint, { pool: fresh, endpoint });
        } finally {
          await fresh.stop();
        }
      }
    });
  }
});
