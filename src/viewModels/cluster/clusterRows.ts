import { plural, t } from "../../core/language.ts";
import {
  agentServerID,
  type AgentLink,
  type ClusterAgent,
  type ClusterCronTask,
  type ClusterTask,
  type NamespaceProblem,
  type NamespaceState,
  type Transport,
} from "../../core/state/cluster.ts";
import type { State } from "../../core/state/state.ts";
import { type TaskFigures, taskFigures } from "./clusterFigures.ts";
import {
  cleanTitle,
  formatDuration,
  formatRelativeTime,
  formatTimeAhead,
  spokenAge,
} from "../text/format.ts";
import { formatCost, shownMoney } from "../text/money.ts";
import { SEPARATOR } from "../tree/sessionFigures.ts";
import type { RowIcon } from "../tree/sessionIcon.ts";
import type { TreeRow } from "../tree/anyRow.ts";
import { connectionWord } from "../tree/serverRow.ts";

export const TRANSPORT_WORDS: Readonly<Record<Transport, string>> = {
  direct: t("direct"),
  portForward: t("port-forward"),
  serviceProxy: t("service proxy"),
};

function icon(id: string, color?: string): RowIcon {
  return { id, color };
}

function text(parts: readonly (string | undefined)[], separator = SEPARATOR): string {
  return parts.filter((part) => part !== undefined && part !== "").join(separator);
}

/** One context word for each permitted action, for menus. */
function may(
  { denied }: NamespaceState,
  words: Readonly<Record<string, string>>,
): string | undefined {
  if (denied === undefined) return undefined;
  return text(
    Object.entries(words).map(([word, permission]) => (denied.has(permission) ? "" : word)),
    " ",
  );
}

export function namespaceRow(namespace: NamespaceState, nowMs: number): TreeRow {
  const { clusterID, watch, agents, tasks, denied } = namespace;
  const label = `${cleanTitle(clusterID, 40)} / ${namespace.namespace}`;
  const running = [...tasks.values()].filter(({ phase }) => phase === "Running").length;
  const counts = text([
    plural(agents.size, "{0} agent", "{0} agents"),
    `${plural(tasks.size, "{0} task", "{0} tasks")}${running === 0 ? "" : t`, ${String(running)} running`}`,
  ]);
  const status = namespaceStatus(namespace, nowMs);
  const hasList = hasCounts(namespace);
  return {
    label,
    description: text([status, hasList ? counts : undefined]),
    icon:
      watch.kind === "connecting"
        ? icon("loading~spin")
        : watch.kind === "connected"
          ? watch.problem === undefined
            ? icon("cloud")
            : icon("warning", "problemsWarningIcon.foreground")
          : watch.reason === "forbidden" || watch.reason === "unauthorized"
            ? icon("lock", "problemsWarningIcon.foreground")
            : icon("debug-disconnect", "disabledForeground"),
    contextValue: text(
      [
        "namespace",
        watch.kind,
        denied !== undefined && denied.size > 0 ? "denied" : undefined,
        may(namespace, { mayCreate: "create tasks" }),
      ],
      " ",
    ),
    accessibilityLabel: text(
      [
        t`Namespace ${namespace.namespace} of cluster ${clusterID}`,
        status ?? t("connected"),
        hasList ? counts.replaceAll(SEPARATOR, ", ") : undefined,
      ],
      ", ",
    ),
    isDimmed: watch.kind === "lost",
    expansion: "expanded",
  };
}

/** Whether the number of objects is meaningful: zero may only mean that nothing is known. */
export function hasCounts({ watch, agents, tasks }: NamespaceState): boolean {
  const isRead = watch.kind === "connected" && watch.problem?.kind !== "missing";
  return isRead || agents.size + tasks.size > 0;
}

const PROBLEM_WORDS: Readonly<Record<NamespaceProblem["kind"], string>> = {
  forbidden: t("some access denied"),
  missing: t("no such namespace"),
  failed: t("partly unreadable"),
};

function namespaceStatus({ watch }: NamespaceState, nowMs: number): string | undefined {
  if (watch.kind === "connecting") return t("connecting");
  if (watch.kind === "connected")
    return watch.problem === undefined ? undefined : PROBLEM_WORDS[watch.problem.kind];
  switch (watch.reason) {
    case "notInstalled":
      return t("KubeOpenCode is not installed here");
    case "forbidden":
      return t("not allowed");
    case "unauthorized":
      return t("not logged in");
    default:
      return t`connection lost ${formatRelativeTime(watch.sinceMs, nowMs)}`;
  }
}

export function agentStatus({
  isReady,
  isSuspended,
  standbyAfter,
  idleSinceMs,
}: ClusterAgent): string {
  // A standby agent reports since when it has been idle; one that the user suspended doesn't.
  if (isSuspended) {
    return standbyAfter !== undefined && idleSinceMs !== undefined ? t("standby") : t("suspended");
  }
  return isReady ? t("ready") : t("not ready");
}

export function agentRow(state: State, namespace: NamespaceState, agent: ClusterAgent): TreeRow {
  const { name, maxConcurrentTasks, profile, isReady, isSuspended, extraPorts } = agent;
  const link = namespace.links.get(name);
  const server = state.servers.get(agentServerID({ ...namespace, name }));
  const own = [...namespace.tasks.values()].filter((task) => task.agent === name);
  const running = own.filter(({ phase }) => phase === "Running").length;
  const tasks =
    maxConcurrentTasks === undefined
      ? running === 0
        ? undefined
        : t`${String(running)} running`
      : t`${String(running)}/${String(maxConcurrentTasks)} running`;
  const connection = server?.connection.kind;
  const isLost =
    connection === "lost" || link?.kind === "failed" || namespace.watch.kind === "lost";
  // What the cluster last reported may be long out of date.
  const status = isLost && isReady && !isSuspended ? undefined : agentStatus(agent);
  const way = isSuspended
    ? undefined
    : connection === "lost"
      ? t("connection lost")
      : linkWords(link);
  return {
    label: cleanTitle(name),
    description: text([
      status,
      way,
      tasks,
      profile === undefined ? undefined : cleanTitle(profile, 40),
    ]),
    icon: isSuspended
      ? icon("debug-pause", "disabledForeground")
      : link?.kind === "opening" || connection === "connecting"
        ? icon("loading~spin")
        : link?.kind === "failed" || connection === "lost" || connection === "unauthorized"
          ? icon("warning", "problemsWarningIcon.foreground")
          : isReady && !isLost
            ? icon("hubot", "charts.green")
            : icon("hubot", "disabledForeground"),
    contextValue: text(
      [
        "agent",
        server === undefined ? undefined : `server kubernetes ${connectionWord(server.connection)}`,
        isSuspended ? "suspended" : "awake",
        extraPorts.length > 0 ? "ports" : undefined,
        may(namespace, {
          mayCreate: "create tasks",
          mayPatch: "patch agents",
          mayDelete: "delete agents",
          mayLog: "get pods/log",
          mayForward: "get pods/portforward",
        }),
      ],
      " ",
    ),
    accessibilityLabel: text(
      [t`Agent ${name}`, status, way, tasks, profile && t`profile ${profile}`],
      ", ",
    ),
    isDimmed: isSuspended,
    expansion: "collapsed",
  };
}

function linkWords(link: AgentLink | undefined): string | undefined {
  if (link === undefined) return undefined;
  if (link.kind === "opening") return t("connecting");
  return link.kind === "failed" ? t("cannot be reached") : TRANSPORT_WORDS[link.transport];
}

const PHASE_ICONS: Readonly<Record<ClusterTask["phase"], RowIcon>> = {
  Pending: icon("clock"),
  Queued: icon("list-ordered"),
  Running: icon("loading~spin", "charts.blue"),
  Completed: icon("pass", "charts.green"),
  Failed: icon("error", "problemsErrorIcon.foreground"),
  Stopped: icon("debug-stop", "problemsWarningIcon.foreground"),
};

export function taskRow(
  state: State,
  namespace: NamespaceState,
  task: ClusterTask,
  nowMs: number,
): TreeRow {
  const { phase, template, endedMs, createdMs, misread } = task;
  const figures = taskFigures(state, namespace, task);
  const requests = phase === "Running" ? (figures.tree?.requests ?? 0) : 0;
  const sinceMs = endedMs ?? createdMs;
  const words = [
    phaseWord(phase),
    requests > 0 ? t`${String(requests)} waiting` : undefined,
    reasonWords(task),
    costWords(figures),
    changesWords(task),
    timeWords(task, nowMs),
    figures.session.kind === "deleted" ? t("session deleted") : undefined,
    template === undefined ? undefined : t("no session info: runs without a server"),
    misread.length === 0 ? undefined : t`cannot read ${misread.join(", ")}`,
    formatRelativeTime(sinceMs, nowMs),
  ];
  const hasSession = figures.session.kind === "known";
  return {
    label: cleanTitle(task.name, 40),
    // The icons of these two phases are clear enough, and there is little room.
    description: text(phase === "Running" || phase === "Completed" ? words.slice(1) : words),
    icon: requests > 0 ? icon("bell-dot", "problemsWarningIcon.foreground") : PHASE_ICONS[phase],
    contextValue: text(
      [
        "task",
        isOver(task) ? "over" : "going",
        hasSession ? "hasSession" : undefined,
        task.podName === undefined ? undefined : "pod",
        may(namespace, {
          mayPatch: "patch tasks",
          mayDelete: "delete tasks",
          mayLog: "get pods/log",
        }),
      ],
      " ",
    ),
    accessibilityLabel: text(
      [t`Task ${task.name}`, ...words.slice(0, -1), spokenAge(sinceMs, nowMs)],
      ", ",
    ).replaceAll(SEPARATOR, ", "),
    isDimmed: false,
    expansion: hasSession ? "collapsed" : "none",
  };
}

const PHASE_WORDS: Readonly<Record<ClusterTask["phase"], string>> = {
  Pending: t("Pending"),
  Queued: t("Queued"),
  Running: t("Running"),
  Completed: t("Completed"),
  Failed: t("Failed"),
  Stopped: t("Stopped"),
};

export function phaseWord(phase: ClusterTask["phase"]): string {
  return PHASE_WORDS[phase];
}

/** Whether a task has reached its final phase. */
export function isOver({ phase }: ClusterTask): boolean {
  return phase === "Completed" || phase === "Failed" || phase === "Stopped";
}

const REASONS: Readonly<Record<string, string>> = {
  AgentAtCapacity: t("agent is busy"),
  QuotaExceeded: t("quota reached"),
  AgentSuspended: t("agent is suspended"),
  AgentServerNotReady: t("agent is not ready"),
  AgentError: t("agent failed"),
  ContextError: t("context failed"),
  PodCreationError: t("no pod"),
  ConfigMapCreationError: t("no configuration"),
  PermissionRequired: t("permission requested"),
  QuestionAsked: t("question asked"),
  Timeout: t("timed out"),
  UserStopped: t("by a user"),
};

/** Why a task waits, or why it ended, if it is worth mentioning. */
export function reasonWords({ phase, reason }: ClusterTask): string | undefined {
  if (reason === undefined || phase === "Completed" || reason === phase) return undefined;
  return REASONS[reason] ?? cleanTitle(reason, 40);
}

/** The cost including sub-sessions, which the cluster's own figure leaves out; the tooltip breaks it down. */
function costWords({ summary, tree, tokens, childrenUSD }: TaskFigures): string | undefined {
  if (summary !== undefined) return shownMoney(summary.costUSD + (childrenUSD ?? 0));
  return tree === undefined || tokens === 0 ? undefined : formatCost(tree.usage);
}

/** `3 files +12 −4`. */
export function changesWords({ session }: ClusterTask): string | undefined {
  const changes = session?.summary?.changes;
  if (changes === undefined || changes.files + changes.additions + changes.deletions === 0) {
    return undefined;
  }
  const { files, additions, deletions } = changes;
  return `${plural(files, "{0} file", "{0} files")} +${String(additions)} −${String(deletions)}`;
}

/** How long it has been running, and how long it may. */
export function timeWords(task: ClusterTask, nowMs: number): string | undefined {
  const { startedMs, endedMs, timeoutMs } = task;
  if (startedMs === undefined) return undefined;
  const lastedMs = (endedMs ?? nowMs) - startedMs;
  if (isOver(task)) return t`took ${formatDuration(lastedMs)}`;
  const left = timeoutMs === undefined ? undefined : timeoutMs - lastedMs;
  return text([
    nowMs - startedMs < 60_000
      ? t("just started")
      : t`running ${formatRelativeTime(startedMs, nowMs)}`,
    left === undefined
      ? undefined
      : left <= 0
        ? t("timeout due")
        : t`${formatTimeAhead(left, 0)} left`,
  ]);
}

export function cronTaskRow(
  namespace: NamespaceState,
  cronTask: ClusterCronTask,
  nowMs: number,
): TreeRow {
  const { name, schedule, isSuspended, active, lastMs, nextMs, timeZone } = cronTask;
  const words = [
    isSuspended ? t("suspended") : undefined,
    text([schedule, timeZone], " "),
    active === 0 ? undefined : t`${String(active)} active`,
    isSuspended || nextMs === undefined ? undefined : t`next in ${formatTimeAhead(nextMs, nowMs)}`,
    lastMs === undefined ? undefined : t`last ${formatRelativeTime(lastMs, nowMs)}`,
  ];
  return {
    label: cleanTitle(name, 40),
    description: text(words),
    icon: isSuspended ? icon("debug-pause", "disabledForeground") : icon("watch"),
    contextValue: text(
      [
        "cronTask",
        isSuspended ? "suspended" : "awake",
        may(namespace, { mayPatch: "patch crontasks", mayDelete: "delete crontasks" }),
      ],
      " ",
    ),
    accessibilityLabel: text([t`Cron task ${name}`, ...words], ", "),
    isDimmed: isSuspended,
    expansion: "none",
  };
}
