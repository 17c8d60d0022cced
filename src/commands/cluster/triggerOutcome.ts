import { ok, type Result } from "../../core/result.ts";
import { type ClusterRef, type ClusterTask, namespaceKey } from "../../core/state/cluster.ts";
import type { ClusterGateway } from "../../sources/kubernetes/clusterGateway.ts";
import type { StateReader } from "../../core/state/store.ts";
import { untilState } from "../../core/state/untilState.ts";

/**
 * The result of a trigger. If no task appears, the cluster explains it only in its events, which few users
 * may read: `atLimit` and `suspended` are therefore inferred from the cron task itself.
 */
export type TriggerOutcome =
  | { readonly kind: "created" }
  | { readonly kind: "atLimit"; readonly maxRetainedTasks: number }
  | { readonly kind: "suspended" }
  | { readonly kind: "notYet" };

/** Triggers a cron task, and waits until its task appears or the limit has passed. */
export async function triggerOutcome(
  store: StateReader,
  gateway: Pick<ClusterGateway, "trigger">,
  ref: ClusterRef,
  limitMs: number,
): Promise<Result<TriggerOutcome>> {
  const namespace = () => store.state.clusters.get(namespaceKey(ref));
  const own = (): readonly ClusterTask[] =>
    [...(namespace()?.tasks.values() ?? [])].filter(({ cronTask }) => cronTask === ref.name);
  const before = new Set(own().map(({ uid }) => uid));
  const triggered = await gateway.trigger(ref);
  if (!triggered.ok) return triggered;
  const isCreated = (): boolean => own().some(({ uid }) => !before.has(uid));
  if (await untilState(store, isCreated, { limitMs })) return ok({ kind: "created" });
  const cronTask = namespace()?.cronTasks.get(ref.name);
  if (cronTask?.isSuspended === true) return ok({ kind: "suspended" });
  const most = cronTask?.maxRetainedTasks;
  return ok(
    most !== undefined && before.size >= most
      ? { kind: "atLimit", maxRetainedTasks: most }
      : { kind: "notYet" },
  );
}
