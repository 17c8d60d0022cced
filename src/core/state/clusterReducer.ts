import type {
  AgentLink,
  ClusterAgent,
  ClusterCronTask,
  ClusterKind,
  ClusterTask,
  NamespaceRef,
  NamespaceState,
} from "./cluster.ts";
import { clusterKey, namespaceKey } from "./cluster.ts";
import { LayeredMap } from "./layeredMap.ts";

interface ObjectsByKind {
  readonly agents: ClusterAgent;
  readonly tasks: ClusterTask;
  readonly cronTasks: ClusterCronTask;
}

/** What has happened in a cluster namespace. */
export type ClusterAction = NamespaceRef &
  (
    | { readonly type: "namespace.found" }
    | { readonly type: "namespace.removed" }
    | {
        readonly type: "namespace.changed";
        readonly changes: Partial<Pick<NamespaceState, "watch" | "denied">>;
      }
    | { readonly type: "agentLink.changed"; readonly agent: string; readonly link?: AgentLink }
    | {
        readonly type: "clusterObject.removed";
        readonly kind: ClusterKind;
        readonly name: string;
      }
    | {
        [K in ClusterKind]:
          /** All objects of a kind at one point in time: unlisted ones are gone. */
          | {
              readonly type: "clusterObjects.listed";
              readonly kind: K;
              readonly objects: readonly ObjectsByKind[K][];
            }
          | {
              readonly type: "clusterObject.upserted";
              readonly kind: K;
              readonly object: ObjectsByKind[K];
            };
      }[ClusterKind]
  );

/** The result of an action: the new namespaces, and the keys of what changed. */
export interface ClusterReduction {
  readonly clusters: ReadonlyMap<string, NamespaceState>;
  readonly changed: readonly string[];
  /** Whether something was added or removed. */
  readonly structure: boolean;
}

/** Applies an action. Pure and total: unknown namespaces are ignored. */
export function reduceCluster(
  clusters: ReadonlyMap<string, NamespaceState>,
  action: ClusterAction,
): ClusterReduction {
  const { clusterID, namespace } = action;
  const key = namespaceKey(action);
  const known = clusters.get(key);
  const nothing = { clusters, changed: [], structure: false };
  const put = (next: NamespaceState | undefined, changed: readonly string[], structure = false) => {
    const all = new Map(clusters);
    if (next === undefined) all.delete(key);
    else all.set(key, next);
    return { clusters: all, changed: [key, ...changed], structure };
  };
  if (action.type === "namespace.found") {
    if (known !== undefined) return nothing;
    const empty = new Map();
    return put(
      {
        clusterID,
        namespace,
        watch: { kind: "connecting" },
        denied: undefined,
        agents: empty,
        tasks: empty,
        cronTasks: empty,
        links: empty,
      },
      [],
      true,
    );
  }
  if (known === undefined) return nothing;
  const keyOf = (kind: ClusterKind, name: string) =>
    clusterKey({ clusterID, namespace, kind, name });
  switch (action.type) {
    case "namespace.removed":
      return put(undefined, [], true);
    case "namespace.changed":
      return put({ ...known, ...action.changes }, []);
    case "agentLink.changed": {
      const links = new Map(known.links);
      if (action.link === undefined) links.delete(action.agent);
      else links.set(action.agent, action.link);
      return put({ ...known, links }, [keyOf("agents", action.agent)]);
    }
    case "clusterObjects.listed":
      return put(
        { ...known, [action.kind]: new Map(action.objects.map((each) => [each.name, each])) },
        [],
        true,
      );
    default: {
      const { kind } = action;
      const objects = new LayeredMap<ObjectsByKind[ClusterKind]>(known[kind]);
      const name = action.type === "clusterObject.upserted" ? action.object.name : action.name;
      const exists = objects.has(name);
      if (action.type === "clusterObject.upserted") objects.set(name, action.object);
      else objects.delete(name);
      const isStructural = action.type === "clusterObject.upserted" ? !exists : exists;
      return put({ ...known, [kind]: objects }, [keyOf(kind, name)], isStructural);
    }
  }
}
