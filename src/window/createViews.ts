import path from "node:path";
import * as vscode from "vscode";

import type { CommandContext } from "../commands/commandContext.ts";
import { SessionTerminals } from "../commands/session/sessionTerminals.ts";
import { reportFailure } from "../commands/reportFailure.ts";
import type { SessionRef } from "../core/state/session.ts";
import type { SideBarWidth } from "../core/state/shownParts.ts";
import { isAboutCurrency } from "../platform/usageConfiguration.ts";
import { inOneWindow } from "../sources/oneWindow.ts";
import { SessionDocuments } from "../views/documents/sessionDocuments.ts";
import { TurnDiffs } from "../views/documents/turnDiffs.ts";
import { AttentionNotifier } from "../views/notices/attentionNotifier.ts";
import { createStatusBar } from "../views/notices/statusBar.ts";
import { SessionPages } from "../views/pages/sessionPages.ts";
import type { PromptSource } from "../views/pages/sessionPrompt.ts";
import type { SendAnswer } from "../views/pages/sessionRequests.ts";
import { SessionView } from "../views/pages/sessionView.ts";
import { UsagePages } from "../views/pages/usagePages.ts";
import { AttentionTree } from "../views/tree/attentionTree.ts";
import { registerDimmedRows } from "../views/tree/dimmedRows.ts";
import { SessionsTree, type SessionsTreeOptions } from "../views/tree/sessionsTree.ts";
import { AutoCompactor } from "./autoCompactor.ts";
import { compactingWindow } from "./compactingWindow.ts";
import { createPromptSource } from "./createPromptSource.ts";
import type { WindowServers } from "./createServers.ts";
import type { WindowState } from "./createState.ts";

/** The views of the state, and what commands can do with them. */
export interface WindowViews {
  readonly tree: SessionsTree;
  readonly controls: Pick<CommandContext, "tree" | "attention" | "documents" | "terminals">;
  dispose(): void;
}

/** Actions that views request. */
export interface ViewActions {
  /** A server's row was opened: an agent of a cluster may need to be woken. */
  readonly openServer: SessionsTreeOptions["onDidOpenServer"];
  readonly sendPrompt: PromptSource["send"];
  readonly sendAnswer: SendAnswer;
}

/** Creates all views. */
export function createViews(
  context: vscode.ExtensionContext,
  {
    store,
    configuration,
    contextKeys,
    treeOptions,
    activeSession,
    attention,
    turns,
    log,
  }: WindowState,
  { pool, usage }: WindowServers,
  { openServer: onDidOpenServer, sendPrompt, sendAnswer }: ViewActions,
): WindowViews {
  const { extensionUri } = context;
  const watch = pool.watch.bind(pool);
  const showFailure = (what: string, error: unknown): void => {
    reportFailure(log, what, error);
  };
  const tree = new SessionsTree({
    store,
    treeOptions,
    activeSession,
    contextKeys,
    memento: context.workspaceState,
    onDidShowRoots: (refs) => {
      pool.learnContext(refs);
    },
    onDidOpenServer,
  });
  const attentionTree = new AttentionTree(store, attention);
  const diffs = new TurnDiffs(
    async ({ serverID, sessionID }, messageID) => {
      const answer = await pool.gateway(serverID)?.diff(sessionID, messageID);
      return answer?.ok === true ? answer.value : undefined;
    },
    () => {
      documents.redraw();
      pages.redraw();
      sessionView.redraw();
    },
  );
  const documents = new SessionDocuments({
    store,
    watch,
    todos: async ({ serverID, sessionID }) => {
      const list = await pool.gateway(serverID)?.todos(sessionID);
      return list?.ok === true ? list.value : undefined;
    },
    diffs,
  });
  const prompts = createPromptSource(context, store, pool, usage, sendPrompt);
  const onWidth = (width: SideBarWidth): void => {
    treeOptions.setSideBarWidth(width);
  };
  const pageOptions = {
    sendAnswer,
    extensionUri,
    store,
    watch,
    diffs,
    prompts,
    reportFailure: showFailure,
    log,
    onWidth,
  };
  const pages = new SessionPages({
    ...pageOptions,
    onDidOpen: (ref) => {
      activeSession.pick(ref);
    },
  });
  const sessionView = new SessionView(pageOptions, activeSession, pages.open.bind(pages));
  const openBreakdown = (ref: SessionRef): void => {
    pages.open(ref, { tab: "charts" });
  };
  const usagePages = new UsagePages({
    extensionUri,
    usage,
    store,
    watch,
    openBreakdown,
    reportFailure: showFailure,
    log,
    onWidth,
  });
  const terminals = new SessionTerminals();
  const parts = vscode.Disposable.from(
    createStatusBar(store, activeSession, usage, configuration),
    tree,
    attentionTree,
    registerDimmedRows(),
    pages,
    sessionView,
    usagePages,
    prompts,
    documents,
    terminals,
    new AttentionNotifier({
      store,
      queue: attention,
      settings: {
        mode: () => configuration.read().notifications,
        setMode: (mode) => configuration.write("notifications", mode),
      },
      turns,
      isShown: (ref) => pages.showsRequestsOf(ref),
    }),
    new AutoCompactor({
      window: compactingWindow(store, configuration),
      store,
      gateway: (serverID) => pool.gateway(serverID),
      settings: () => configuration.read().autoCompact,
      inOneWindow: (sessionID, task) =>
        inOneWindow(path.join(context.globalStorageUri.fsPath, "autoCompact"), sessionID, task),
      log,
    }),
    configuration.onDidChange((changed) => {
      if (!isAboutCurrency(changed)) return;
      pages.redraw();
      sessionView.redraw();
      documents.redraw();
    }),
    activeSession.onDidChange((ref) => {
      if (ref !== undefined) pool.learnContext([ref]);
    }),
  );
  return {
    tree,
    controls: {
      tree,
      attention: attentionTree,
      documents: {
        pages,
        openUsage: () => {
          usagePages.open();
        },
        sessions: documents,
      },
      terminals,
    },
    dispose: () => {
      parts.dispose();
    },
  };
}
