import { plural, t } from "../../core/language.ts";
import type {
  ClusterAgent,
  ClusterCronTask,
  ClusterTask,
  NamespaceState,
} from "../../core/state/cluster.ts";
import { agentServerID } from "../../core/state/cluster.ts";
import type { State } from "../../core/state/state.ts";
import { taskFigures } from "./clusterFigures.ts";
import {
  agentStatus,
  changesWords,
  hasCounts,
  reasonWords,
  timeWords,
  TRANSPORT_WORDS,
} from "./clusterRows.ts";
import { cleanTitle, formatCount, formatDateTime, formatDuration } from "../text/format.ts";
import { formatCost, shownMoney } from "../text/money.ts";
import { escapeMarkdown } from "../documents/markdown.ts";

type Line = readonly [label: string, value: string | undefined];

/** A heading with known facts below it, as Markdown; unknown ones are left out. */
function sheet(
  heading: string,
  lines: readonly Line[],
  notes: readonly (string | undefined)[] = [],
) {
  const rows = lines.flatMap(([label, value]) =>
    value === undefined || value === "" ? [] : [`${label}: ${escapeMarkdown(value)}`],
  );
  const paragraphs = notes.flatMap((note) => (note === undefined ? [] : [escapeMarkdown(note)]));
  return [[`**${escapeMarkdown(heading)}**`, ...rows].join("  \n"), ...paragraphs].join("\n\n");
}

const time = (ms: number | undefined): string | undefined =>
  ms === undefined || ms === 0 ? undefined : formatDateTime(ms);

export function namespaceTooltip(namespace: NamespaceState): string {
  const { clusterID, watch, denied, agents, tasks, cronTasks } = namespace;
  const isCounted = hasCounts(namespace);
  const count = (size: number): string | undefined => (isCounted ? String(size) : undefined);
  const missing = denied === undefined ? [] : [...denied].sort();
  return sheet(
    `${clusterID} / ${namespace.namespace}`,
    [
      [t("Cluster"), t`context ${clusterID} of your kubeconfig`],
      [t("Agents"), count(agents.size)],
      [t("Tasks"), count(tasks.size)],
      [t("Cron tasks"), count(cronTasks.size)],
      [t("Not allowed"), missing.join(", ")],
    ],
    [
      watch.kind === "lost" ? watch.message : undefined,
      watch.kind === "connected" ? watch.problem?.message : undefined,
      missing.length === 0
        ? undefined
        : t(
            "“Show Role for Missing Permissions” writes a manifest of the missing permissions for an administrator to apply.",
          ),
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
      [t("Agent"), agentStatus(agent)],
      [t("Profile"), agent.profile],
      [t("Template"), agent.template],
      [t("URL in the cluster"), agent.url],
      [t("Connected through"), link?.kind === "open" ? TRANSPORT_WORDS[link.transport] : undefined],
      [t("Server"), server?.version === undefined ? undefined : `OpenCode ${server.version}`],
      [
        t("Running tasks"),
        agent.maxConcurrentTasks === undefined
          ? String(running)
          : t`${String(running)} of at most ${String(agent.maxConcurrentTasks)}`,
      ],
      [
        t("Quota"),
        agent.quota === undefined
          ? undefined
          : t`${plural(agent.quota.maxTaskStarts, "{0} task start", "{0} task starts")} in ${formatDuration(agent.quota.windowMs)}`,
      ],
      [t("Suspended automatically after"), agent.standbyAfter],
      [t("Idle since"), time(agent.idleSinceMs)],
      [
        t("Other ports"),
        agent.extraPorts.map(({ name, port }) => `${name} ${String(port)}`).join(", "),
      ],
      [t("Created"), time(agent.createdMs)],
    ],
    [
      agent.message,
      ...(agent.isSuspended
        ? [t("Resume it to see its sessions.")]
        : [
            link?.kind === "failed" ? t`It cannot be reached: ${link.message}.` : undefined,
            link?.kind === "open" && link.note !== undefined
              ? `${capitalised(link.note)}.`
              : undefined,
            connection?.kind === "lost" || connection?.kind === "unauthorized"
              ? `${capitalised(connection.message)}.`
              : undefined,
          ]),
      agent.standbyAfter !== undefined && namespace.denied?.has("patch agents") === true
        ? t(
            "You lack permission to mark it as in use (patch agents), so it may be suspended while you are viewing it.",
          )
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
      [t("Phase"), [task.phase, reasonWords(task)].filter((word) => word !== undefined).join(", ")],
      [t("Task"), cleanTitle(task.description, 300)],
      [t("Agent"), task.agent],
      [t("Template"), task.template],
      [t("Cron task"), task.cronTask],
      [t("Created"), time(task.createdMs)],
      [t("Started"), time(task.startedMs)],
      [t("Ended"), time(task.endedMs)],
      [t("Time"), timeWords(task, nowMs)],
      [t("Timeout"), task.timeoutMs === undefined ? undefined : formatDuration(task.timeoutMs)],
      [t("Pod"), task.podName],
      [t("Session"), task.session?.title],
      [t("Session id"), task.session?.id],
      [t("Session URL"), task.session?.url],
      [t("Messages"), summary === undefined ? undefined : formatCount(summary.messageCount)],
      [t("Tokens"), summary === undefined ? undefined : formatCount(summary.totalTokens)],
      [
        t("of which"),
        tokens === undefined
          ? undefined
          : t`${formatCount(tokens.input)} input, ${formatCount(tokens.output)} output, ${formatCount(tokens.reasoning)} reasoning, ${formatCount(tokens.cache)} cache`,
      ],
      [t("Cost by the cluster"), summary === undefined ? undefined : shownMoney(summary.costUSD)],
      [
        t("Cost with sub-sessions"),
        live === undefined || tree === undefined
          ? undefined
          : `${formatCost(live)} (${plural(tree.descendants, "{0} sub-session", "{0} sub-sessions")})`,
      ],
      [t("Files"), changesWords(task)],
    ],
    [
      childrenUSD === undefined
        ? undefined
        : t`The cluster's figure leaves sub-sessions out: +${shownMoney(childrenUSD)}.`,
      task.template === undefined
        ? undefined
        : t(
            "No session info: a task created from a template runs without a server. You can still read its log.",
          ),
      session.kind === "deleted" ? t("Its session was deleted on the agent's server.") : undefined,
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
      [t("Cron task"), isSuspended ? t("suspended") : t("active")],
      [t("Schedule"), schedule],
      [t("Time zone"), timeZone],
      [t("Running now"), String(active)],
      [t("Last"), time(cronTask.lastMs)],
      [t("Next"), isSuspended ? undefined : time(cronTask.nextMs)],
      [
        t("So far"),
        totalExecutions === undefined
          ? undefined
          : plural(totalExecutions, "{0} task", "{0} tasks"),
      ],
    ],
    [misreadNote(cronTask.misread)],
  );
}

function misreadNote(misread: readonly string[]): string | undefined {
  return misread.length === 0
    ? undefined
    : t`Some values from the cluster could not be read: ${misread.join(", ")}.`;
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
