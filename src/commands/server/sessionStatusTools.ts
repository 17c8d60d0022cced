import * as vscode from "vscode";

import type { FileChange, SetupScope } from "../../core/agents/programSetup.ts";
import { isLoopbackURL } from "../../core/state/endpoint.ts";
import { getSession } from "../../core/state/lookup.ts";
import type { ServerState } from "../../core/state/state.ts";
import { showInformation } from "../../platform/messages.ts";
import { shownPath } from "../../viewModels/text/paths.ts";
import { choose } from "../ask.ts";
import type { CommandContext, OpenCodeSetupControls } from "../commandContext.ts";
import { Refusal, valueOf } from "../failure.ts";
import { gatewayOf, refOf, serverTarget } from "../target.ts";

type Way = "run" | "config" | "tool";

interface WayItem extends vscode.QuickPickItem {
  readonly way: Way;
  /** Undefined: one folder, which the user is asked for. */
  readonly scope: "user" | undefined;
}

/** The maximum number of folders offered. */
const MOST_FOLDERS = 20;

/**
 * Gives agents of an OpenCode server the session_status tool: as an MCP server for this run or in OpenCode's
 * configuration, or as a tool file. Files are only written after the user has reviewed the change.
 */
export async function addSessionStatus(context: CommandContext, argument: unknown): Promise<void> {
  const title = vscode.l10n.t("Give Agents the session_status Tool");
  const server = await localServer(context, argument);
  const setup = context.agents;
  const requested = await pickWay(server, setup, title);
  const scope = requested.scope ?? (await pickFolder(context, server, argument, title));
  await setup.prepare(context.configuration.forPrograms());
  switch (requested.way) {
    case "run":
      await addForThisRun(context, server, setup, scope);
      return;
    case "config": {
      const start = await setup.startLasting();
      const change = await setup.planConfig(scope, server.capabilities, start);
      if (!(await reviewed(setup, change, title))) return;
      await showAddedToFile(context, server, setup, scope);
      return;
    }
    case "tool": {
      const change = await setup.planToolFile(scope, true);
      if (!(await reviewed(setup, change, title))) return;
      void showInformation(
        vscode.l10n.t("OpenCode will offer session_status the next time it starts."),
      );
    }
  }
}

/** Removes what `addSessionStatus` added. */
export async function removeSessionStatus(
  context: CommandContext,
  argument: unknown,
): Promise<void> {
  const title = vscode.l10n.t("Remove the session_status Tool");
  const server = await localServer(context, argument);
  const setup = context.agents;
  const { capabilities } = server;
  const scopes: SetupScope[] = ["user", ...foldersOf(server).map((directory) => ({ directory }))];
  const items: (vscode.QuickPickItem & { readonly change: FileChange | undefined })[] = [
    {
      label: vscode.l10n.t("For this run"),
      detail: vscode.l10n.t("The MCP server that was added until OpenCode stops"),
      change: undefined,
    },
  ];
  for (const scope of scopes) {
    const isConfigured = await setup.isConfigured(scope, capabilities);
    const changes = [
      isConfigured ? await setup.planConfig(scope, capabilities, undefined) : undefined,
      await setup.planToolFile(scope, false),
    ];
    for (const change of changes) {
      if (change === undefined) continue;
      const label = shownPath(vscode.workspace.asRelativePath(change.file));
      items.push({ label, detail: shownPath(change.file), change });
    }
  }
  const picked = await choose(items, {
    title,
    placeHolder: vscode.l10n.t("From where?"),
    matchOnDetail: true,
  });
  if (picked.change !== undefined) {
    if (!(await reviewed(setup, picked.change, title))) return;
    void showInformation(
      vscode.l10n.t("OpenCode will no longer offer it the next time it starts."),
    );
    return;
  }
  const scope = await pickFolder(context, server, argument, title);
  valueOf(await gatewayOf(context, server).removeMcpServer(scope.directory, setup.name));
  void showInformation(
    vscode.l10n.t("Agents in “{0}” no longer have session_status.", shownPath(scope.directory)),
  );
}

/** The server to set up; refuses one on another machine, which has no access to this machine's programs. */
async function localServer(context: CommandContext, argument: unknown): Promise<ServerState> {
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Which OpenCode server?"),
    none: vscode.l10n.t("There is no connected server."),
    isFit: ({ connection }) => connection.kind === "connected",
  });
  gatewayOf(context, server);
  const { url, origin } = server.endpoint;
  if (isLoopbackURL(url) && origin !== "kubernetes") return server;
  throw new Refusal(
    vscode.l10n.t(
      "This server is on another machine and cannot start a program on this one. There, use “npx opencode-sessions mcp” as the MCP server.",
    ),
  );
}

async function pickWay(
  server: ServerState,
  setup: OpenCodeSetupControls,
  title: string,
): Promise<WayItem> {
  const items: WayItem[] = [
    {
      label: vscode.l10n.t("For this run"),
      detail: vscode.l10n.t("An MCP server with three tools in one folder, until OpenCode stops"),
      way: "run",
      scope: undefined,
    },
    {
      label: vscode.l10n.t("In OpenCode's configuration"),
      description: shownPath(await setup.configFile("user")),
      detail: vscode.l10n.t("The same in all folders, once OpenCode has been restarted"),
      way: "config",
      scope: "user",
    },
    {
      label: vscode.l10n.t("In a project's configuration"),
      detail: vscode.l10n.t("The same in one folder, with this machine's paths"),
      way: "config",
      scope: undefined,
    },
  ];
  if (server.capabilities.has("toolFiles")) {
    items.push(
      {
        label: vscode.l10n.t("As a tool file"),
        description: shownPath(setup.toolFile("user")),
        detail: vscode.l10n.t(
          "session_status only, in all folders: always reports the agent's own session",
        ),
        way: "tool",
        scope: "user",
      },
      {
        label: vscode.l10n.t("As a tool file of a project"),
        detail: vscode.l10n.t(
          "The same in one folder; OpenCode then installs packages into its .opencode",
        ),
        way: "tool",
        scope: undefined,
      },
    );
  }
  return await choose(items, {
    title,
    placeHolder: vscode.l10n.t("How should agents get it?"),
    matchOnDetail: true,
  });
}

/** The row's folder, else the only known one, else the one the user picks; the window's own come first. */
async function pickFolder(
  context: CommandContext,
  server: ServerState,
  argument: unknown,
  title: string,
): Promise<{ readonly directory: string }> {
  const ref = refOf(context, argument);
  const ofRow = ref === undefined ? undefined : getSession(context.store.state, ref)?.directory;
  if (ofRow !== undefined && ofRow !== "") return { directory: ofRow };
  const folders = foldersOf(server);
  if (folders.length === 0)
    throw new Refusal(vscode.l10n.t("This server has no known folders yet."));
  if (folders.length === 1) return { directory: folders[0] ?? "" };
  const items = folders.map((directory) => ({ label: shownPath(directory), directory }));
  return await choose(items, { title, placeHolder: vscode.l10n.t("In which folder?") });
}

/** Folders of the server's sessions: this window's first, then the most recently used. */
function foldersOf({ sessions }: ServerState): string[] {
  const newest = [...sessions.values()]
    .sort((a, b) => b.updatedMs - a.updatedMs)
    .map(({ directory }) => directory)
    .filter((directory) => directory !== "");
  const own = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  const folders = [...new Set([...own, ...newest])];
  return folders.slice(0, MOST_FOLDERS);
}

async function addForThisRun(
  context: CommandContext,
  server: ServerState,
  setup: OpenCodeSetupControls,
  scope: SetupScope,
): Promise<void> {
  const directory = scope === "user" ? undefined : scope.directory;
  const { command, environment } = setup.startNow();
  const added = await gatewayOf(context, server).addMcpServer(directory, setup.name, command, {
    ...environment,
    OPENCODE_SESSIONS_URL: server.endpoint.url,
  });
  valueOf(added);
  void showInformation(
    vscode.l10n.t(
      "Agents in “{0}” can call {1}_session_status until OpenCode stops.",
      shownPath(directory ?? ""),
      setup.name,
    ),
  );
}

async function showAddedToFile(
  context: CommandContext,
  server: ServerState,
  setup: OpenCodeSetupControls,
  scope: SetupScope,
): Promise<void> {
  const message = vscode.l10n.t("OpenCode will offer session_status the next time it starts.");
  if (scope === "user") {
    void showInformation(message);
    return;
  }
  const now = vscode.l10n.t("Add Now");
  const answer = await showInformation(message, now);
  if (answer === now) await addForThisRun(context, server, setup, scope);
}

const REVIEW_SCHEME = "opencode-sessions-review";

/** Shows a change to a file and makes it if the user agrees. False if nothing was changed. */
async function reviewed(
  setup: OpenCodeSetupControls,
  change: FileChange | undefined,
  title: string,
): Promise<boolean> {
  if (change === undefined) {
    throw new Refusal(vscode.l10n.t("It is already there, so nothing has to be changed."));
  }
  const { file, before, after } = change;
  const sides = [before, after].map((text, side) => {
    const uri = vscode.Uri.file(file);
    return { uri: uri.with({ scheme: REVIEW_SCHEME, query: String(side) }), text: text ?? "" };
  });
  const [left, right] = sides;
  if (left === undefined || right === undefined) return false;
  const provider = vscode.workspace.registerTextDocumentContentProvider(REVIEW_SCHEME, {
    provideTextDocumentContent: (uri) =>
      sides.find((side) => side.uri.query === uri.query)?.text ?? "",
  });
  try {
    await vscode.commands.executeCommand("vscode.diff", left.uri, right.uri, `${title}: ${file}`);
    const write =
      after === undefined ? vscode.l10n.t("Delete the File") : vscode.l10n.t("Write the File");
    const answer = await showInformation(
      vscode.l10n.t("These are the changes in {0}.", file),
      write,
      vscode.l10n.t("Leave It"),
    );
    if (answer !== write) return false;
    await setup.write(change);
    return true;
  } finally {
    provider.dispose();
    await closeReview(right.uri);
  }
}

async function closeReview(uri: vscode.Uri): Promise<void> {
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(
      ({ input }) =>
        input instanceof vscode.TabInputTextDiff && input.modified.toString() === uri.toString(),
    );
  if (tabs.length > 0) await vscode.window.tabGroups.close(tabs);
}
