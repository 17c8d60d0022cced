import * as vscode from "vscode";

import { trimEndOf } from "../../core/trim.ts";
import type { NamespaceState } from "../../core/state/cluster.ts";
import { showStatus } from "../../platform/messages.ts";
import { clusterElement, parseClusterElement } from "../../viewModels/cluster/clusterElements.ts";
import { cleanTitle } from "../../viewModels/text/format.ts";
import { choose, chosen, enterText } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { expectAllowed, namespaceTarget } from "./clusterTarget.ts";
import { Refusal, valueOf } from "../failure.ts";

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** The task's row shows the rest. */
const STATUS_MS = 5000;
const DURATION = /^(\d+(h|m|s))+$/;

/** Creates a task from what the user enters: agent or template, description, name, timeout, context text. */
export async function createTask(context: CommandContext, argument: unknown): Promise<void> {
  const namespace = await namespaceTarget(
    context,
    argument,
    vscode.l10n.t("Create a task in which namespace?"),
  );
  expectAllowed(namespace, "create tasks");
  const runner = await askRunner(context, namespace, argument);
  const title = vscode.l10n.t("Create Task");
  const description = await enterText({
    title,
    prompt: vscode.l10n.t("What should be done?"),
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === "" ? vscode.l10n.t("A task needs a description.") : undefined,
  });
  const name = await enterText({
    title,
    prompt: vscode.l10n.t("Name of the task"),
    value: nameFor(description, namespace),
    ignoreFocusOut: true,
    validateInput: (text) =>
      !NAME.test(text)
        ? vscode.l10n.t("Lowercase letters, digits and hyphens, at most 63.")
        : namespace.tasks.has(text)
          ? vscode.l10n.t("A task with this name already exists.")
          : undefined,
  });
  const timeout = await enterText({
    title,
    prompt: vscode.l10n.t("Timeout, such as 30m; empty for none"),
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === "" || DURATION.test(text.trim())
        ? undefined
        : vscode.l10n.t("A duration such as 90s, 30m or 1h30m."),
  });
  const known = await enterText({
    title,
    prompt: vscode.l10n.t("Additional context for the agent (optional)"),
    ignoreFocusOut: true,
  });
  const gateway = await context.clusters.gateway();
  valueOf(
    await gateway.createTask(namespace, {
      name,
      description,
      agent: runner.agent,
      template: runner.template,
      timeout: timeout.trim() === "" ? undefined : timeout.trim(),
      contexts: known.trim() === "" ? [] : [known],
    }),
  );
  showStatus(vscode.l10n.t("The task “{0}” was created.", name), STATUS_MS);
}

/** Creates tasks from a manifest: the file in the active editor, or one the user picks. */
export async function createTaskFromFile(
  context: CommandContext,
  argument: unknown,
): Promise<void> {
  const namespace = await namespaceTarget(
    context,
    argument instanceof vscode.Uri ? undefined : argument,
    vscode.l10n.t("Create the task in which namespace?"),
  );
  expectAllowed(namespace, "create tasks");
  const file = await manifestFile(argument);
  const manifest = (await vscode.workspace.openTextDocument(file)).getText();
  if (manifest.trim() === "") throw new Refusal(vscode.l10n.t("The file is empty."));
  const gateway = await context.clusters.gateway();
  const names = valueOf(await gateway.createFromManifest(namespace, manifest));
  showStatus(vscode.l10n.t("Created: {0}", names.join(", ")), STATUS_MS);
}

async function manifestFile(argument: unknown): Promise<vscode.Uri> {
  if (argument instanceof vscode.Uri) return argument;
  const active = vscode.window.activeTextEditor?.document;
  const another = { label: vscode.l10n.t("Another file…"), uri: undefined };
  if (active !== undefined && /^(yaml|json|jsonc)$/.test(active.languageId)) {
    const own = { label: vscode.workspace.asRelativePath(active.uri), uri: active.uri };
    const placeHolder = vscode.l10n.t("Which manifest?");
    const { uri } = await choose([own, another], { placeHolder });
    if (uri !== undefined) return uri;
  }
  const files = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("Task manifest"),
    filters: { Manifests: ["yaml", "yml", "json"] },
  });
  return chosen(files?.[0]);
}

async function askRunner(
  { tree }: CommandContext,
  namespace: NamespaceState,
  argument: unknown,
): Promise<{ readonly agent?: string; readonly template?: string }> {
  const element = typeof argument === "string" ? argument : tree.selection.current;
  const named = element === undefined ? undefined : parseClusterElement(element);
  if (named?.kind === "agents" && clusterElement(named) === element) return { agent: named.name };
  const template = {
    label: vscode.l10n.t("A template…"),
    iconPath: new vscode.ThemeIcon("file-code"),
    description: vscode.l10n.t("runs without a server"),
  };
  const items = [...namespace.agents.values()].map(({ name, profile, isReady }) => ({
    label: name,
    description: [isReady ? "" : vscode.l10n.t("not ready"), cleanTitle(profile ?? "")]
      .join(" ")
      .trim(),
  }));
  const picked = await choose([...items, template], {
    title: vscode.l10n.t("Create Task"),
    placeHolder: vscode.l10n.t("Which agent should do it?"),
  });
  if (picked !== template) return { agent: picked.label };
  const name = await enterText({
    title: vscode.l10n.t("Create Task"),
    prompt: vscode.l10n.t("Name of the agent template"),
    validateInput: (text) =>
      NAME.test(text) ? undefined : vscode.l10n.t("Lowercase letters, digits and hyphens."),
  });
  return { template: name };
}

/** An unused name made from the first words. */
function nameFor(description: string, { tasks }: NamespaceState): string {
  const words = description.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const base = trimEndOf(words.slice(0, 4).join("-").slice(0, 40), "-") || "task";
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${String(count)}`;
    if (!tasks.has(name)) return name;
  }
}
