import type {
  ClusterAgent,
  ClusterCronTask,
  ClusterTask,
  NamespaceState,
} from "../core/cluster.ts";
import { agentServerID } from "../core/cluster.ts";
import type { State } from "../core/state.ts";
import { taskFigures } from "./clusterFigures.ts";
import {
  agentStatus,
  changesWords,
  reasonWords,
  timeWords,
  TRANSPORT_WORDS,
} from "./clusterRows.ts";
import { cleanTitle, formatCount, formatDateTime, formatDuration, formatUSD } from "./format.ts";
import { escapeMarkdown } from "./markdown.ts";
import { plural } from "./sessionFigures.ts";

type Line = readonly [label: string, value: string | undefined];

/** A heading and what is known below it, as Markdown; what is not known is left out. */
function sheet(
  heading: string,
  lines: readonly Line[],
  notes: readonly (string | undefined)[] = [],
) {
  const rows = lines.flatMap(([label, value]) =>
    value === undefined || value === "" ? [] : [`${label}: ${escapeMarkdown(value)}`],
  );
  const said = notes.flatMap((note) => (note === undefined ? [] : [escapeMarkdown(note)]));
  return [[`**${escapeMarkdown(heading)}**`, ...rows].join("  \n"), ...said].join("\n\n");
}

const time = (ms: number | undefined): string | undefined =>
  ms === undefined || ms === 0 ? undefined : formatDateTime(ms);

export function namespaceTooltip(namespace: NamespaceState): string {
  const { clusterID, watch, denied, agents, tasks, cronTasks } = namespace;
  const missing = denied === undefined ? [] : [...denied].sort();
  return sheet(
    `${clusterID} / ${namespace.namespace}`,
    [
      ["Cluster", `context ${clusterID} of your kubeconfig`],
      ["Agents", String(agents.size)],
      ["Tasks", String(tasks.size)],
      ["Cron tasks", String(cronTasks.size)],
      ["Not allowed", missing.join(", ")],
    ],
    [
      watch.kind === "lost" ? watch.message : undefined,
      watch.kind === "connected" ? watch.problem : undefined,
      missing.length === 0
        ? undefined
        : "“Show the Role to Apply” writes what is missing as a manifest for whoever may grant it.",
    ],
  );
}

export function agentTooltip(state: State, namespace: NamespaceState, agent: ClusterAgent): string {
  const link = namespace.links.get(agent.name);
  const server = state.servers.get(agentServerID({ ...namespace, name: agent.name }));
  const running = [...namespace.tasks.values()].filter(
    (task) => task.agent === agent.name && task.phase === "Running",
  ).length;
  const connection = server?.connection;
  return sheet(
    agent.name,
    [
      ["Agent", agentStatus(agent)],
      ["Profile", agent.profile],
      ["URL in the cluster", agent.url],
      ["Reached by", link?.kind === "open" ? TRANSPORT_WORDS[link.transport] : undefined],
      ["Server", server?.version === undefined ? undefined : `OpenCode ${server.version}`],
      [
        "Running tasks",
        agent.maxConcurrentTasks === undefined
          ? String(running)
          : `${String(running)} of at most ${String(agent.maxConcurrentTasks)}`,
      ],
      ["Suspended by itself after", agent.standbyAfter],
      ["Idle since", time(agent.idleSinceMs)],
      [
        "Other ports",
        agent.extraPorts.map(({ name, port }) => `${name} ${String(port)}`).join(", "),
      ],
      ["Created", time(agent.createdMs)],
    ],
    [
      agent.message,
      link?.kind === "failed" ? `It cannot be reached: ${link.message}.` : undefined,
      link?.kind === "open" && link.note !== undefined ? `${capitalised(link.note)}.` : undefined,
      connection?.kind === "lost" || connection?.kind === "unauthorized"
        ? `${capitalised(connection.message)}.`
        : undefined,
      agent.isSuspended ? "Its sessions can be seen when it is resumed." : undefined,
      agent.standbyAfter !== undefined && namespace.denied?.has("patch agents") === true
        ? "You may not tell it that somebody is attached (patch agents), so it may be suspended while you look."
        : undefined,
      misreadNote(agent.misread),
    ],
  );
}

export function taskTooltip(
  state: State,
  namespace: NamespaceState,
  task: ClusterTask,
  nowMs: number,
): string {
  const { session, summary, tree, childrenUSD } = taskFigures(state, namespace, task);
  const tokens = summary?.tokens;
  const live = tree === undefined ? undefined : tree.usage;
  return sheet(
    task.name,
    [
      ["Phase", [task.phase, reasonWords(task)].filter((word) => word !== undefined).join(", ")],
      ["Task", cleanTitle(task.description, 300)],
      ["Agent", task.agent],
      ["Template", task.template],
      ["Cron task", task.cronTask],
      ["Created", time(task.createdMs)],
      ["Begun", time(task.startedMs)],
      ["Ended", time(task.endedMs)],
      ["Time", timeWords(task, nowMs)],
      ["Timeout", task.timeoutMs === undefined ? undefined : formatDuration(task.timeoutMs)],
      ["Pod", task.podName],
      ["Session", task.session?.title],
      ["Session id", task.session?.id],
      ["Session URL", task.session?.url],
      ["Messages", summary === undefined ? undefined : formatCount(summary.messageCount)],
      ["Tokens", summary === undefined ? undefined : formatCount(summary.totalTokens)],
      [
        "of which",
        tokens === undefined
          ? undefined
          : `${formatCount(tokens.input)} input, ${formatCount(tokens.output)} output, ${formatCount(tokens.reasoning)} reasoning, ${formatCount(tokens.cache)} cache`,
      ],
      ["Cost by the cluster", summary === undefined ? undefined : formatUSD(summary.costUSD)],
      [
        "Cost with children",
        live === undefined || tree === undefined
          ? undefined
          : `${formatUSD(live.recordedUSD + live.estimatedUSD)} (${plural(tree.descendants, "child session")})`,
      ],
      ["Files", changesWords(task)],
    ],
    [
      childrenUSD === undefined
        ? undefined
        : `The cluster's figure leaves child sessions out: children +${formatUSD(childrenUSD)}.`,
      task.template === undefined
        ? undefined
        : "No session info: a task of a template runs without a server. Its log can be read.",
      session.kind === "deleted" ? "Its session was deleted on the agent's server." : undefined,
      task.message,
      misreadNote(task.misread),
    ],
  );
}

export function cronTaskTooltip(cronTask: ClusterCronTask): string {
  const { name, schedule, timeZone, isSuspended, active, totalExecutions } = cronTask;
  return sheet(
    name,
    [
      ["Cron task", isSuspended ? "suspended" : "active"],
      ["Schedule", schedule],
      ["Time zone", timeZone],
      ["Running now", String(active)],
      ["Last", time(cronTask.lastMs)],
      ["Next", isSuspended ? undefined : time(cronTask.nextMs)],
      ["So far", totalExecutions === undefined ? undefined : plural(totalExecutions, "task")],
    ],
    [misreadNote(cronTask.misread)],
  );
}

function misreadNote(misread: readonly string[]): string | undefined {
  return misread.length === 0
    ? undefined
    : `The cluster says something here that cannot be read: ${misread.join(", ")}.`;
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
