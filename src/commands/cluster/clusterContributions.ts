import { type CommandAbout, type CommandRow, onRow, inTitle } from "../contribution.ts";
import type { CLUSTER_COMMANDS as HANDLERS } from "./clusterCommands.ts";

/** A command whose handler has a different name. */
function inCluster<const Name extends string>(
  name: Name,
  handler: keyof typeof HANDLERS,
  about: CommandAbout,
): CommandRow<Name> {
  return {
    name,
    about,
    run: async (context, argument) => {
      const { CLUSTER_COMMANDS: handlers } = await import("./clusterCommands.ts");
      await handlers[handler](context, argument);
    },
  };
}

/** The commands for Kubernetes clusters. */
export const CLUSTER_COMMANDS = [
  inCluster("addCluster", "addCluster", {
    title: "Add Kubernetes Cluster…",
    help: "Watches a namespace for agents and tasks of KubeOpenCode.",
    icon: "cloud",
    menus: [inTitle("sessions", "3_servers@3")],
  }),
  inCluster("removeCluster", "removeCluster", {
    title: "Remove Cluster Namespace from Tree",
    help: "Stops watching the namespace; nothing in the cluster changes.",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("namespace", "8_delete@1")],
  }),
  inCluster("createTask", "createTask", {
    title: "Create Cluster Task…",
    icon: "add",
    palette: "opencodeSessions.hasClusters",
    menus: [
      onRow("namespace mayCreate", "inline@1"),
      onRow("agent mayCreate", "inline@2"),
      onRow("namespace mayCreate", "1_cluster@1"),
      onRow("agent mayCreate", "1_cluster@1"),
    ],
  }),
  inCluster("createTaskFromFile", "createTaskFromFile", {
    title: "Create Cluster Task from Manifest…",
    help: "Creates a task from a YAML file.",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("namespace mayCreate", "1_cluster@2"), onRow("agent mayCreate", "1_cluster@2")],
  }),
  inCluster("stopTask", "stopTask", {
    title: "Stop Cluster Task…",
    icon: "debug-stop",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("task going mayPatch", "inline@2"), onRow("task going mayPatch", "1_cluster@3")],
  }),
  inCluster("followTaskLog", "followTaskLog", {
    title: "Follow Task Log",
    icon: "output",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("task over pod mayLog", "inline@2"), onRow("task pod mayLog", "1_cluster@2")],
  }),
  inCluster("followAgentLog", "followAgentLog", {
    title: "Follow Agent Log",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("agent mayLog", "1_cluster@3")],
  }),
  inCluster("stopFollowingLog", "stopFollowingLog", {
    title: "Stop Following Log…",
    palette: "opencodeSessions.hasClusters",
  }),
  inCluster("openTaskSession", "openTaskSession", {
    title: "Open Session of Task",
    icon: "comment-discussion",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("task hasSession", "inline@1"), onRow("task hasSession", "1_cluster@1")],
  }),
  inCluster("suspendAgent", "suspendAgent", {
    title: "Suspend Agent…",
    help: "Stops its pod until it is resumed.",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("agent awake mayPatch", "1_cluster@5")],
  }),
  inCluster("suspendCronTask", "suspendCronTask", {
    title: "Suspend Cron Task",
    help: "Stops its schedule until it is resumed.",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("cronTask awake mayPatch", "1_cluster@5")],
  }),
  inCluster("resumeAgent", "resumeAgent", {
    title: "Resume Agent",
    icon: "play",
    palette: "opencodeSessions.hasClusters",
    menus: [
      onRow("agent suspended mayPatch", "inline@1"),
      onRow("agent suspended mayPatch", "1_cluster@5"),
    ],
  }),
  inCluster("resumeCronTask", "resumeCronTask", {
    title: "Resume Cron Task",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("cronTask suspended mayPatch", "1_cluster@5")],
  }),
  inCluster("forwardAgentPort", "forwardPort", {
    title: "Forward Agent Port…",
    help: "Makes a port of the agent reachable on this machine.",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("agent mayForward", "1_cluster@4")],
  }),
  inCluster("triggerCronTask", "triggerCronTask", {
    title: "Trigger Cron Task Now",
    icon: "run",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("cronTask mayPatch", "inline@1"), onRow("cronTask mayPatch", "1_cluster@1")],
  }),
  inCluster("deleteTask", "deleteTask", {
    title: "Delete Task from Cluster…",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("task mayDelete", "8_delete@1")],
  }),
  inCluster("deleteAgent", "deleteAgent", {
    title: "Delete Agent from Cluster…",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("agent mayDelete", "8_delete@1")],
  }),
  inCluster("deleteCronTask", "deleteCronTask", {
    title: "Delete Cron Task from Cluster…",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("cronTask mayDelete", "8_delete@1")],
  }),
  inCluster("copyKubectlCommand", "copyKubectl", {
    title: "Copy kubectl Command…",
    help: "The same action for a terminal.",
    palette: "opencodeSessions.hasClusters",
    menus: [
      onRow("namespace", "5_copy@2"),
      onRow("task", "5_copy@2"),
      onRow("agent", "5_copy@2"),
      onRow("cronTask", "5_copy@2"),
    ],
  }),
  inCluster("showMissingRole", "showMissingRole", {
    title: "Show Role for Missing Permissions",
    help: "A Role that grants the permissions you lack, to pass on to an administrator.",
    palette: "opencodeSessions.hasClusters",
    menus: [onRow("namespace denied", "2_cluster@1")],
  }),
] as const satisfies readonly CommandRow[];
