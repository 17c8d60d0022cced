import assert from "node:assert/strict";
import {
  agentOfServerID,
  agentServerID,
  clusterKey,
  type ClusterTask,
  type NamespaceState,
  parseClusterKey,
} from "../../../src/core/state/cluster.ts";
import { reduceCluster } from "../../../src/core/state/clusterReducer.ts";
import type { Action } from "../../../src/core/state/actions.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import { INITIAL_STATE, type State } from "../../../src/core/state/state.ts";
import { aTask } from "../../support/kubernetes/clusterBuilders.ts";

const AT = { clusterID: "a/b@c", namespace: "dev" } as const;
const KEY = "a%2Fb%40c/dev";

function after(state: State, ...actions: readonly Action[]) {
  return reduce(state, actions);
}

const found = after(INITIAL_STATE, { type: "namespace.found", ...AT }).state;

describe("the cluster reducer", () => {
  it("keeps objects by kind and name, and reports what changed", () => {
    const listed = after(found, {
      type: "clusterObjects.listed",
      ...AT,
      kind: "tasks",
      objects: [aTask("one"), aTask("two")],
    });
    assert.deepEqual([...listed.state.clusters.get(KEY)!.tasks.keys()], ["one", "two"]);
    assert.equal(listed.changes.structure, true);
    const changed = after(listed.state, {
      type: "clusterObject.upserted",
      ...AT,
      kind: "tasks",
      object: aTask("one", { phase: "Running" }),
    });
    assert.equal(changed.changes.structure, false, "a task that changes moves nothing");
    assert.deepEqual([...changed.changes.clusters], [KEY, `tasks:${KEY}/one`]);
    assert.equal(changed.state.servers, listed.state.servers, "servers are not touched");
    const gone = after(changed.state, {
      type: "clusterObject.removed",
      ...AT,
      kind: "tasks",
      name: "one",
    });
    assert.deepEqual([...gone.state.clusters.get(KEY)!.tasks.keys()], ["two"]);
    assert.equal(gone.changes.structure, true);
    const again = after(gone.state, {
      type: "clusterObject.removed",
      ...AT,
      kind: "tasks",
      name: "one",
    });
    assert.equal(again.changes.structure, false, "twice is once");
  });

  it("reads none of a namespace's other objects when one changes", () => {
    const listed = after(found, {
      type: "clusterObjects.listed",
      ...AT,
      kind: "tasks",
      objects: [aTask("one"), aTask("two")],
    }).state.clusters.get(KEY)!;
    class UnreadMap<V> extends Map<string, V> {
      override entries(): never {
        throw new Error("all objects were read");
      }
      override [Symbol.iterator](): never {
        return this.entries();
      }
    }
    const tasks = new UnreadMap<ClusterTask>();
    for (const [name, task] of listed.tasks) tasks.set(name, task);
    const changes = [
      { type: "clusterObject.upserted", ...AT, kind: "tasks", object: aTask("three") },
      { type: "clusterObject.removed", ...AT, kind: "tasks", name: "one" },
    ] as const;
    let clusters: ReadonlyMap<string, NamespaceState> = new Map([[KEY, { ...listed, tasks }]]);
    for (const action of changes) ({ clusters } = reduceCluster(clusters, action));
    const { tasks: changed } = clusters.get(KEY)!;
    assert.deepEqual(
      ["one", "two", "three"].filter((name) => changed.has(name)),
      ["two", "three"],
    );
  });

  it("ignores unknown namespaces, and forgets a removed one", () => {
    const other = { clusterID: "x", namespace: "dev" };
    const { state, changes } = after(found, {
      type: "clusterObject.upserted",
      ...other,
      kind: "tasks",
      object: aTask("one"),
    });
    assert.equal(state, found);
    assert.equal(changes.clusters.size, 0);
    const removed = after(found, { type: "namespace.removed", ...AT }).state;
    assert.equal(removed.clusters.size, 0);
  });

  it("parses keys and server ids for any context name", () => {
    const ref = { ...AT, kind: "agents", name: "coder" } as const;
    assert.deepEqual(agentOfServerID(agentServerID(ref)), ref);
    assert.deepEqual(parseClusterKey(clusterKey({ ...ref, kind: "cronTasks" })), {
      ...ref,
      kind: "cronTasks",
    });
    assert.equal(agentOfServerID("http://127.0.0.1:4096"), undefined);
    assert.equal(parseClusterKey(KEY), undefined);
  });
});
