import type { ClusterTask, NamespaceRef, TaskSummary } from "../../core/state/cluster.ts";
import { taskSession, type TaskSessionState } from "../../core/state/clusterTasks.ts";
import { treeUsage } from "../../core/state/selectors.ts";
import type { State, TreeUsage } from "../../core/state/state.ts";
import { totalTokens, totalUSD } from "../../core/usage/usage.ts";

/** What is known about a task's cost: live from its session's tree, and the cluster's own sum at the end. */
export interface TaskFigures {
  readonly session: TaskSessionState;
  /** The session and everything below it; undefined while its server isn't connected. */
  readonly tree: TreeUsage | undefined;
  readonly summary: TaskSummary | undefined;
  /** US dollars; undefined if nothing is known. */
  readonly costUSD: number | undefined;
  readonly tokens: number | undefined;
  /** How much more the tree costs than the cluster's summary, which leaves children out. */
  readonly childrenUSD: number | undefined;
}

/** Clusters report costs in millionths of a dollar. */
const LEAST_DIFFERENCE_USD = 0.000_005;

export function taskFigures(state: State, at: NamespaceRef, task: ClusterTask): TaskFigures {
  const session = taskSession(state, at, task);
  const tree = session.kind === "known" ? treeUsage(state, session.ref) : undefined;
  const summary = task.session?.summary;
  const liveUSD = tree === undefined ? undefined : totalUSD(tree.usage);
  const difference = liveUSD === undefined || summary === undefined ? 0 : liveUSD - summary.costUSD;
  return {
    session,
    tree,
    summary,
    costUSD: summary?.costUSD ?? liveUSD,
    tokens:
      summary?.totalTokens ?? (tree === undefined ? undefined : totalTokens(tree.usage.tokens)),
    childrenUSD:
      (tree?.descendants ?? 0) > 0 && difference > LEAST_DIFFERENCE_USD ? difference : undefined,
  };
}

/** Total cost of a task, for sorting. */
export function taskCostUSD(figures: TaskFigures): number {
  return (figures.costUSD ?? 0) + (figures.childrenUSD ?? 0);
}
