import { type CommandAbout, type CommandRow, command, onRow, inTitle } from "../contribution.ts";
import type * as handlers from "./clusterCommands.ts";

/** A command that the palette offers once there is a cluster. */
function inCluster<const Name extends Exclude<keyof typeof handlers, "openAgentRow">>(
  name: Name,
  about: CommandAbout,
): CommandRow<Name> {
  return {
    name,
    about: { palette: "opencodeSessions.hasClusters", ...about },
    run: async (context, argument) => {
      const module = await import("./clusterCommands.ts");
      await module[name](context, argument);
    },
  };
}

/** The commands for Kubernetes clusters. */
export const CLUSTER_COMMANDS = [
  command("addCluster", () => import("./addCluster.ts"), {
    title: "Add Kubernetes Cluster…",
    help: "Watches a namespace for agents and tasks of KubeOpenCode.",
    icon: "cloud",
    menus: [inTitle("sessions", "3_servers@3")],
  }),
  inCluster("removeCluster", {
    title: "Remove Cluster Namespace from Tree",
    help: "Stops watching the namespace; nothing in the cluster changes.",
    menus: [onRow("namespace", "8_delete@1")],
  }),
  inCluster("createTask", {
    title: "Create Cluster Task…",
    icon: "add",
    menus: [
      onRow("namespace mayCreate", "inline@1"),
      onRow("agent mayCreate", "inline@2"),
      onRow("namespace mayCreate", "1_cluster@1"),
      onRow("agent mayCreate", "1_cluster@1"),
    ],
  }),
  inCluster("createTaskFromFile", {
    title: "Create Cluster Task from Manifest…",
    help: "Creates a task from a YAML file.",
    menus: [onRow("namespace mayCreate", "1_cluster@2"), onRow("agent mayCreate", "1_cluster@2")],
  }),
  inCluster("stopTask", {
    title: "Stop Cluster Task…",
    icon: "debug-stop",
    menus: [onRow("task going mayPatch", "inline@2"), onRow("task going mayPatch", "1_cluster@3")],
  }),
  inCluster("followTaskLog", {
    title: "Follow Task Log",
    icon: "output",
    menus: [onRow("task over pod mayLog", "inline@2"), onRow("task pod mayLog", "1_cluster@2")],
  }),
  inCluster("followAgentLog", {
    title: "Follow Agent Log",
    menus: [onRow("agent mayLog", "1_cluster@3")],
  }),
  inCluster("stopFollowingLog", {
    title: "Stop Following Log…",
  }),
  inCluster("openTaskSession", {
    title: "Open Session of Task",
    icon: "comment-discussion",
    menus: [onRow("task hasSession", "inline@1"), onRow("task hasSession", "1_cluster@1")],
  }),
  inCluster("suspendAgent", {
    title: "Suspend Agent…",
    help: "Stops its pod until it is resumed.",
    menus: [onRow("agent awake mayPatch", "1_cluster@5")],
  }),
  inCluster("suspendCronTask", {
    title: "Suspend Cron Task",
    help: "Stops its schedule until it is resumed.",
    menus: [onRow("cronTask awake mayPatch", "1_cluster@5")],
  }),
  inCluster("resumeAgent", {
    title: "Resume Agent",
    icon: "play",
    menus: [
      onRow("agent suspended mayPatch", "inline@1"),
      onRow("agent suspended mayPatch", "1_cluster@5"),
    ],
  }),
  inCluster("resumeCronTask", {
    title: "Resume Cron Task",
    menus: [onRow("cronTask suspended mayPatch", "1_cluster@5")],
  }),
  inCluster("forwardAgentPort", {
    title: "Forward Agent Port…",
    help: "Makes a port of the agent reachable on this machine.",
    menus: [onRow("agent mayForward", "1_cluster@4")],
  }),
  inCluster("triggerCronTask", {
    title: "Trigger Cron Task Now",
    icon: "run",
    menus: [onRow("cronTask mayPatch", "inline@1"), onRow("cronTask mayPatch", "1_cluster@1")],
  }),
  inCluster("deleteTask", {
    title: "Delete Task from Cluster…",
    menus: [onRow("task mayDelete", "8_delete@1")],
  }),
  inCluster("deleteAgent", {
    title: "Delete Agent from Cluster…",
    menus: [onRow("agent mayDelete", "8_delete@1")],
  }),
  inCluster("deleteCronTask", {
    title: "Delete Cron Task from Cluster…",
    menus: [onRow("cronTask mayDelete", "8_delete@1")],
  }),
  inCluster("copyKubectlCommand", {
    title: "Copy kubectl Command…",
    help: "The same action for a terminal.",
    menus: [
      onRow("namespace", "5_copy@2"),
      onRow("task", "5_copy@2"),
      onRow("agent", "5_copy@2"),
      onRow("cronTask", "5_copy@2"),
    ],
  }),
  inCluster("showMissingRole", {
    title: "Show Role for Missing Permissions",
    help: "A Role that grants the permissions you lack, to pass on to an administrator.",
    menus: [onRow("namespace denied", "2_cluster@1")],
  }),
] as const satisfies readonly CommandRow[];
