import type { ClusterTask, NamespaceRef, TaskSummary } from "../../core/state/cluster.ts";
import { taskSession, type TaskSessionState } from "../../core/state/clusterTasks.ts";
import { treeUsage } from "../../core/state/selectors.ts";
import type { State, TreeUsage } from "../../core/state/state.ts";
import { totalTokens, totalUSD } from "../../core/usage/usage.ts";

/** What is known of a task's cost: live from its session's tree, and as the cluster sums it up at the end. */
export interface TaskFigures {
  readonly session: TaskSessionState;
  /** The session with all below it; undefined while its server is not connected. */
  readonly tree: TreeUsage | undefined;
  readonly summary: TaskSummary | undefined;
  /** US dollars; undefined where nothing is known. */
  readonly costUSD: number | undefined;
  readonly tokens: number | undefined;
  /** What the tree costs more than the cluster's summary, which leaves children out. */
  readonly childrenUSD: number | undefined;
}

/** Costs are told in millionths of a dollar. */
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

/** What a task has cost in all, for sorting. */
export function taskCostUSD(figures: TaskFigures): number {
  return (figures.costUSD ?? 0) + (figures.childrenUSD ?? 0);
}
