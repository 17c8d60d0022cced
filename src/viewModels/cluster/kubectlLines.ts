import { t } from "../../core/language.ts";
import { type ClusterRef, type ClusterTask, type NamespaceRef } from "../../core/state/cluster.ts";

/** A terminal command that does the same as a command of this extension. */
export interface KubectlLine {
  readonly label: string;
  readonly line: string;
}

const RESOURCES = { agents: "agent", tasks: "task", cronTasks: "crontask" } as const;

/** A word of a command line, quoted if a shell would interpret it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function kubectl({ clusterID, namespace }: NamespaceRef, ...words: readonly string[]): string {
  return ["kubectl", "--context", clusterID, "-n", namespace, ...words].map(shellWord).join(" ");
}

/** Commands for a namespace's lists. */
export function namespaceLines(at: NamespaceRef): readonly KubectlLine[] {
  return [
    { label: t("List agents"), line: kubectl(at, "get", "agents.kubeopencode.io") },
    { label: t("Watch tasks"), line: kubectl(at, "get", "tasks.kubeopencode.io", "-w") },
    { label: t("List cron tasks"), line: kubectl(at, "get", "crontasks.kubeopencode.io") },
    { label: t("Create a task"), line: kubectl(at, "create", "-f", "task.yaml") },
  ];
}

/** Commands for one object, matching the extension's commands for it. */
export function objectLines(ref: ClusterRef, task?: ClusterTask): readonly KubectlLine[] {
  const { name } = ref;
  const resource = `${RESOURCES[ref.kind]}.kubeopencode.io`;
  const line = (label: string, ...words: readonly string[]): KubectlLine => ({
    label,
    line: kubectl(ref, ...words),
  });
  const annotate = (label: string, annotation: string): KubectlLine =>
    line(label, "annotate", resource, name, `kubeopencode.io/${annotation}=true`);
  const suspend = (label: string, isSuspended: boolean): KubectlLine =>
    line(
      label,
      "patch",
      resource,
      name,
      "--type=merge",
      "-p",
      `{"spec":{"suspend":${String(isSuspended)}}}`,
    );
  const show = line(t("Show"), "get", resource, name, "-o", "yaml");
  const remove = line(t("Delete"), "delete", resource, name);
  switch (ref.kind) {
    case "tasks":
      return [
        show,
        ...(task?.podName === undefined
          ? []
          : [line(t("Follow its log"), "logs", "-f", task.podName, "-c", "agent")]),
        annotate(t("Stop"), "stop"),
        remove,
      ];
    case "agents":
      return [
        show,
        line(
          t("Follow its log"),
          "logs",
          "-f",
          `deployment/${name}-server`,
          "-c",
          "opencode-server",
        ),
        line(t("Forward its port"), "port-forward", `deployment/${name}-server`, "4096"),
        suspend(t("Suspend"), true),
        suspend(t("Resume"), false),
        remove,
      ];
    case "cronTasks":
      return [
        show,
        annotate(t("Trigger"), "trigger"),
        suspend(t("Suspend"), true),
        suspend(t("Resume"), false),
        remove,
      ];
  }
}
