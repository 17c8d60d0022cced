import {
  agentServerID,
  type AgentLink,
  type ClusterAgent,
  type ClusterCronTask,
  type ClusterTask,
  type NamespaceState,
  type Transport,
} from "../core/cluster.ts";
import type { State } from "../core/state.ts";
import { type TaskFigures, taskFigures } from "./clusterFigures.ts";
import {
  cleanTitle,
  formatDuration,
  formatRelativeTime,
  formatTokens,
  formatUSD,
} from "./format.ts";
import { tokensText, plural, SEPARATOR, spokenAge } from "./sessionFigures.ts";
import type { RowIcon } from "./sessionIcon.ts";
import type { TreeRow } from "./anyRow.ts";

export const TRANSPORT_WORDS: Readonly<Record<Transport, string>> = {
  direct: "direct",
  portForward: "port-forward",
  serviceProxy: "service proxy",
};

function icon(id: string, color?: string): RowIcon {
  return { id, color };
}

function text(parts: readonly (string | undefined)[], separator = SEPARATOR): string {
  return parts.filter((part) => part !== undefined && part !== "").join(separator);
}

/** A word for a menu for each thing that may be done. */
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
    plural(agents.size, "agent"),
    `${plural(tasks.size, "task")}${running === 0 ? "" : `, ${String(running)} running`}`,
  ]);
  const status = namespaceStatus(namespace, nowMs);
  const hasList = agents.size + tasks.size > 0 || watch.kind === "connected";
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
        `Namespace ${namespace.namespace} of cluster ${clusterID}`,
        status ?? "connected",
        counts.replaceAll(SEPARATOR, ", "),
      ],
      ", ",
    ),
    isDimmed: watch.kind === "lost",
    expansion: "expanded",
  };
}

function namespaceStatus({ watch }: NamespaceState, nowMs: number): string | undefined {
  if (watch.kind === "connecting") return "connecting";
  if (watch.kind === "connected")
    return watch.problem === undefined ? undefined : "not all allowed";
  switch (watch.reason) {
    case "notInstalled":
      return "KubeOpenCode is not installed here";
    case "forbidden":
      return "not allowed";
    case "unauthorized":
      return "not logged in";
    default:
      return `lost ${formatRelativeTime(watch.sinceMs, nowMs)}`;
  }
}

/** What an agent is doing, in words. */
export function agentStatus({
  isReady,
  isSuspended,
  standbyAfter,
  idleSinceMs,
}: ClusterAgent): string {
  // A standby tells since when nobody worked with it; a person's switch does not.
  if (isSuspended) {
    return standbyAfter !== undefined && idleSinceMs !== undefined ? "standby" : "suspended";
  }
  return isReady ? "ready" : "not ready";
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
        : `${String(running)} running`
      : `${String(running)}/${String(maxConcurrentTasks)} running`;
  const status = agentStatus(agent);
  const way = linkWords(link);
  const connection = server?.connection.kind;
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
          : isReady
            ? icon("hubot", "charts.green")
            : icon("hubot", "disabledForeground"),
    contextValue: text(
      [
        "agent",
        server === undefined ? undefined : `server kubernetes ${server.connection.kind}`,
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
      [`Agent ${name}`, status, way, tasks, profile && `profile ${profile}`],
      ", ",
    ),
    isDimmed: isSuspended,
    expansion: "collapsed",
  };
}

function linkWords(link: AgentLink | undefined): string | undefined {
  if (link === undefined) return undefined;
  if (link.kind === "opening") return "connecting";
  return link.kind === "failed" ? "cannot be reached" : TRANSPORT_WORDS[link.transport];
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
  const age = formatRelativeTime(endedMs ?? createdMs, nowMs);
  const words = [
    phase,
    requests > 0 ? `${String(requests)} waiting` : undefined,
    reasonWords(task),
    ...figureWords(figures),
    changesWords(task),
    timeWords(task, nowMs),
    figures.session.kind === "deleted" ? "session deleted" : undefined,
    template === undefined ? undefined : "no session info: runs without a server",
    misread.length === 0 ? undefined : `cannot read ${misread.join(", ")}`,
    age,
  ];
  const hasSession = figures.session.kind === "known";
  return {
    label: cleanTitle(task.name, 40),
    // The icons of these two say it well enough, and there is little room.
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
      [`Task ${task.name}`, ...words.slice(0, -1), spokenAge(age)],
      ", ",
    ).replaceAll(SEPARATOR, ", "),
    isDimmed: false,
    expansion: hasSession ? "collapsed" : "none",
  };
}

/** Whether nothing more will come of a task. */
export function isOver({ phase }: ClusterTask): boolean {
  return phase === "Completed" || phase === "Failed" || phase === "Stopped";
}

const REASONS: Readonly<Record<string, string>> = {
  AgentAtCapacity: "agent is busy",
  QuotaExceeded: "quota used up",
  AgentSuspended: "agent is suspended",
  AgentServerNotReady: "agent is not ready",
  AgentError: "agent failed",
  ContextError: "context failed",
  PodCreationError: "no pod",
  ConfigMapCreationError: "no configuration",
  PermissionRequired: "permission wanted",
  QuestionAsked: "question asked",
  Timeout: "timed out",
  UserStopped: "by a person",
};

/** Why a task waits, or why it ended, as far as it is worth a word. */
export function reasonWords({ phase, reason }: ClusterTask): string | undefined {
  if (reason === undefined || phase === "Completed" || reason === phase) return undefined;
  return REASONS[reason] ?? cleanTitle(reason, 40);
}

/** `45.2k`, `$0.23`, `children +$0.12`. */
function figureWords(figures: TaskFigures): readonly (string | undefined)[] {
  const { summary, tree, childrenUSD } = figures;
  if (summary !== undefined) {
    return [
      formatTokens(summary.totalTokens),
      formatUSD(summary.costUSD),
      childrenUSD === undefined ? undefined : `children +${formatUSD(childrenUSD)}`,
    ];
  }
  if (tree === undefined || figures.tokens === 0) return [];
  return [tokensText(tree.usage, tree.isEstimate), formatUSD(figures.costUSD ?? 0)];
}

/** `3 files +12 −4`. */
export function changesWords({ session }: ClusterTask): string | undefined {
  const changes = session?.summary?.changes;
  if (changes === undefined || changes.files + changes.additions + changes.deletions === 0) {
    return undefined;
  }
  const { files, additions, deletions } = changes;
  return `${plural(files, "file")} +${String(additions)} −${String(deletions)}`;
}

/** How long it has run, and how long it may. */
export function timeWords(task: ClusterTask, nowMs: number): string | undefined {
  const { startedMs, endedMs, timeoutMs } = task;
  if (startedMs === undefined) return undefined;
  const lastedMs = (endedMs ?? nowMs) - startedMs;
  if (isOver(task)) return `took ${formatDuration(lastedMs)}`;
  const left = timeoutMs === undefined ? undefined : timeoutMs - lastedMs;
  return text([
    `running ${formatRelativeTime(startedMs, nowMs)}`.replace("running now", "begun now"),
    left === undefined
      ? undefined
      : left <= 0
        ? "timeout due"
        : `${formatRelativeTime(0, left).replace("now", "under 1m")} left`,
  ]);
}

export function cronTaskRow(
  namespace: NamespaceState,
  cronTask: ClusterCronTask,
  nowMs: number,
): TreeRow {
  const { name, schedule, isSuspended, active, lastMs, nextMs, timeZone } = cronTask;
  const words = [
    isSuspended ? "suspended" : undefined,
    text([schedule, timeZone], " "),
    active === 0 ? undefined : `${String(active)} active`,
    isSuspended || nextMs === undefined
      ? undefined
      : `next in ${formatRelativeTime(nowMs, nextMs).replace("now", "under 1m")}`,
    lastMs === undefined ? undefined : `last ${formatRelativeTime(lastMs, nowMs)}`,
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
    accessibilityLabel: text([`Cron task ${name}`, ...words], ", "),
    isDimmed: isSuspended,
    expansion: "none",
  };
}
