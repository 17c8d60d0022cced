import {
  type CommandRow,
  type SubmenuRow,
  command,
  inEditor,
  inSubmenu,
  inTitle,
  onRow,
} from "../contribution.ts";

import { ON_SESSION_PAGE } from "./readingContributions.ts";

/** The submenus of a session row's menu. */
export const SESSION_SUBMENUS: readonly SubmenuRow[] = [
  { name: "open", title: "Open", menus: [onRow("session", "2_show@3")] },
  { name: "change", title: "Change", menus: [onRow("session", "3_change@1")] },
  { name: "copy", title: "Copy", menus: [onRow("session", "3_change@3")] },
];

/** The commands about sessions. A row has one button, for what is most likely to come next: more would cover its cost. */
export const SESSION_COMMANDS = [
  command("compactSession", () => import("./compactSession.ts"), {
    title: "Compact Session…",
    help: "Replaces the conversation that is sent to the model with a summary, and says what that saved.",
    icon: "fold",
    palette: "opencodeSessions.hasSessions",
    menus: [onRow("session idle connected !empty", "1_talk@5")],
  }),
  command("switchSession", () => import("./switchSession.ts"), {
    title: "Switch Session…",
    help: "Makes another session the active one.",
    icon: "arrow-swap",
    palette: "opencodeSessions.hasSessions",
    menus: [
      inTitle("sessions", "1_sessions@1", "opencodeSessions.hasSessions"),
      inEditor(ON_SESSION_PAGE, "2_sessions@2"),
    ],
    keys: [
      { key: "ctrl+alt+shift+o", mac: "cmd+alt+shift+o", when: "opencodeSessions.hasSessions" },
    ],
  }),
  command("activateSession", () => import("./activateSession.ts"), {
    title: "Make Active Session",
    help: "The active session is the one in the status bar and in the view “Active Session”.",
    icon: "target",
    palette: false,
    menus: [onRow("session !active", "2_show@1"), onRow("", "2_session@1", "attention")],
  }),
  command("openBreakdown", () => import("./openBreakdown.ts"), {
    title: "Show Token Breakdown",
    help: "Tokens, cost and context of one session, as charts.",
    icon: "graph",
    palette: "opencodeSessions.hasSessions",
    menus: [
      onRow("session", "2_show@2"),
      onRow("", "2_session@2", "attention"),
      inEditor("resourceScheme == opencode-session", "1_session@3"),
    ],
    keys: [
      {
        key: "ctrl+enter",
        mac: "cmd+enter",
        when: "focusedView == opencodeSessions.sessions && listFocus && !inputFocus",
        args: { from: "selection" },
      },
    ],
  }),
  command("openInTerminal", () => import("./openInTerminal.ts"), {
    title: "Open Session in Terminal",
    help: "A terminal that shows the session, one for each session.",
    icon: "terminal",
    palette: "opencodeSessions.hasSessions",
    menus: [inSubmenu("open", "session", "1_session@5"), onRow("", "2_session@3", "attention")],
  }),
  command("goToParent", () => import("./goToRelative.ts"), {
    title: "Go to Parent Session",
    palette: "opencodeSessions.hasActiveSession",
    menus: [inSubmenu("open", "session child", "2_tree@1")],
  }),
  command("revealActiveSession", () => import("./revealActiveSession.ts"), {
    title: "Reveal Active Session",
    icon: "target",
    palette: "opencodeSessions.hasActiveSession",
    menus: [inTitle("sessions", "1_sessions@2", "opencodeSessions.hasActiveSession")],
  }),
  command("copySessionID", () => import("./copySessionID.ts"), {
    title: "Copy Session ID",
    palette: "opencodeSessions.hasSessions",
    menus: [inSubmenu("copy", "session", "1_copy@1")],
    keys: [
      {
        key: "ctrl+c",
        mac: "cmd+c",
        when: "focusedView == opencodeSessions.sessions && listFocus && !inputFocus",
        args: { from: "selection" },
      },
    ],
  }),
  command("showAllProjects", () => import("./treeToggles.ts"), {
    title: "Show All Projects",
    icon: "folder",
    palette: "opencodeSessions.scope == workspace",
    menus: [
      inTitle(
        "sessions",
        "navigation@2",
        "opencodeSessions.hasSessions && opencodeSessions.scope == workspace",
      ),
    ],
  }),
  command("showWorkspaceOnly", () => import("./treeToggles.ts"), {
    title: "Show This Workspace Only",
    help: "Limits the tree to the folders of this window.",
    icon: "globe",
    palette: "opencodeSessions.scope == all",
    menus: [
      inTitle(
        "sessions",
        "navigation@2",
        "opencodeSessions.hasSessions && opencodeSessions.scope == all && workspaceFolderCount != 0",
      ),
    ],
  }),
  command("showArchived", () => import("./treeToggles.ts"), {
    title: "Show Archived Sessions",
    palette: "!opencodeSessions.showsArchived",
    menus: [inTitle("sessions", "2_show@2", "!opencodeSessions.showsArchived")],
  }),
  command("hideArchived", () => import("./treeToggles.ts"), {
    title: "Hide Archived Sessions",
    palette: "opencodeSessions.showsArchived",
    menus: [inTitle("sessions", "2_show@2", "opencodeSessions.showsArchived")],
  }),
  command("sortSessions", () => import("./sortSessions.ts"), {
    title: "Sort Sessions By…",
    icon: "sort-precedence",
    menus: [inTitle("sessions", "2_show@1", "opencodeSessions.hasSessions")],
  }),
  command("filterSessions", () => import("./filterSessions.ts"), {
    title: "Filter Sessions…",
    icon: "filter",
    menus: [
      inTitle(
        "sessions",
        "navigation@1",
        "opencodeSessions.hasSessions && !opencodeSessions.isFiltered",
      ),
    ],
  }),
  command("clearFilter", () => import("./treeToggles.ts"), {
    title: "Clear Session Filter",
    icon: "filter-filled",
    palette: "opencodeSessions.isFiltered",
    menus: [inTitle("sessions", "navigation@1", "opencodeSessions.isFiltered")],
  }),
  command("newSession", () => import("./newSession.ts"), {
    title: "New Session…",
    icon: "add",
    palette: "opencodeSessions.hasServers",
    menus: [
      inTitle("sessions", "navigation@0", "opencodeSessions.hasServers"),
      onRow("server connected", "1_server@0"),
      onRow("project connected", "1_project@1"),
      inEditor(ON_SESSION_PAGE, "2_sessions@1"),
    ],
  }),
  command("openProjectFolder", () => import("./projectFolder.ts"), {
    title: "Open Folder in New Window",
    palette: false,
    menus: [
      onRow("project local directory", "1_project@2"),
      onRow("project managed directory", "1_project@2"),
    ],
  }),
  command("copyProjectPath", () => import("./projectFolder.ts"), {
    title: "Copy Folder Path",
    palette: false,
    menus: [onRow("project directory", "2_copy@1")],
  }),
  command("promptSession", () => import("./promptSession.ts"), {
    title: "Write a Prompt…",
    help: "Opens the session's page at its prompt box.",
    icon: "comment",
    palette: "opencodeSessions.hasSessions",
    menus: [
      onRow("session idle connected !waiting", "inline@1"),
      onRow("session connected", "1_talk@1"),
      inEditor("resourceScheme == opencode-session", "navigation@3"),
    ],
  }),
  command("attachSelection", () => import("./promptSession.ts"), {
    title: "Attach Selection to Prompt",
    help: "Adds what is selected in an editor to the prompt of the active session.",
    palette: "editorHasSelection && opencodeSessions.hasSessions",
    menus: [
      {
        menu: "editor/context",
        when: "editorHasSelection && opencodeSessions.hasActiveSession",
        group: "9_opencode@1",
      },
    ],
  }),
  command("stopSession", () => import("./stopSession.ts"), {
    title: "Stop Session",
    help: "Stops the running turn.",
    icon: "debug-stop",
    palette: "opencodeSessions.hasSessions",
    menus: [
      onRow("session busy connected !waiting", "inline@1"),
      onRow("session busy connected", "1_talk@2"),
    ],
  }),
  command("stopSessionTree", () => import("./stopSession.ts"), {
    title: "Stop Session with Sub-sessions",
    help: "Stops every running turn below the session, too.",
    palette: "opencodeSessions.hasSessions",
    menus: [onRow("session busyBelow connected", "1_talk@3")],
  }),
  command("renameSession", () => import("./renameSession.ts"), {
    title: "Rename Session…",
    palette: "opencodeSessions.hasSessions",
    menus: [inSubmenu("change", "session connected", "1_change@1")],
    keys: [
      {
        key: "f2",
        when: "focusedView == opencodeSessions.sessions && listFocus && !inputFocus",
        args: { from: "selection" },
      },
    ],
  }),
  command("forkSession", () => import("./forkSession.ts"), {
    title: "Fork Session…",
    help: "Copies the session up to a prompt that you pick.",
    icon: "repo-forked",
    palette: "opencodeSessions.hasSessions",
    menus: [inSubmenu("change", "session connected", "1_change@2")],
  }),
  command("shareSession", () => import("./shareSession.ts"), {
    title: "Share Session…",
    help: "Publishes the session at a link. Only on servers that still support sharing.",
    palette: "opencodeSessions.canShare",
    menus: [inSubmenu("change", "session connected cap-share !shared", "3_share@1")],
  }),
  command("unshareSession", () => import("./shareSession.ts"), {
    title: "Stop Sharing Session",
    palette: "opencodeSessions.canShare",
    menus: [inSubmenu("change", "session connected cap-share shared", "3_share@1")],
  }),
  command("copyShareLink", () => import("./shareSession.ts"), {
    title: "Copy Session Share Link",
    palette: "opencodeSessions.canShare",
    menus: [inSubmenu("copy", "session cap-share shared", "1_copy@3")],
  }),
  command("revertSession", () => import("./revertSession.ts"), {
    title: "Revert Session to Prompt…",
    help: "Goes back to before a prompt, files included, after a preview.",
    icon: "discard",
    palette: "opencodeSessions.hasSessions",
    menus: [inSubmenu("change", "session connected cap-revert", "1_change@3")],
  }),
  command("unrevertSession", () => import("./revertSession.ts"), {
    title: "Undo Revert of Session…",
    palette: "opencodeSessions.hasSessions",
    menus: [inSubmenu("change", "session connected cap-revert reverted", "1_change@4")],
  }),
  command("initSession", () => import("./slashCommands.ts"), {
    title: "Generate AGENTS.md",
    help: "Has the agent describe the project for agents.",
    palette: "opencodeSessions.hasSessions",
    menus: [inSubmenu("change", "session connected cap-init", "2_run@2")],
  }),
  command("runSlashCommand", () => import("./slashCommands.ts"), {
    title: "Run Slash Command in Session…",
    help: "Runs one of the server's commands, with arguments.",
    palette: "opencodeSessions.hasSessions",
    menus: [inSubmenu("change", "session connected", "2_run@1")],
  }),
  command("archiveSession", () => import("./archiveSession.ts"), {
    title: "Archive Session",
    help: "Hides the session from the tree; “Show Archived Sessions” shows it again.",
    icon: "archive",
    palette: "opencodeSessions.hasSessions",
    menus: [onRow("session connected cap-archive !archived", "6_remove@1")],
  }),
  command("unarchiveSession", () => import("./archiveSession.ts"), {
    title: "Unarchive Session…",
    palette: "opencodeSessions.hasSessions",
    menus: [onRow("session connected cap-archive archived", "6_remove@1")],
  }),
  command("pinSession", () => import("./pinSession.ts"), {
    title: "Pin Session",
    help: "Keeps the session at the top of its project.",
    icon: "pin",
    palette: "opencodeSessions.hasSessions",
    menus: [onRow("session !pinned", "3_change@2")],
  }),
  command("unpinSession", () => import("./pinSession.ts"), {
    title: "Unpin Session",
    icon: "pinned",
    palette: "opencodeSessions.hasSessions",
    menus: [onRow("session pinned", "3_change@2")],
  }),
  command("deleteSession", () => import("./deleteSession.ts"), {
    title: "Delete Session…",
    help: "Shows first what will be deleted, and offers a backup.",
    icon: "trash",
    palette: "opencodeSessions.hasSessions",
    menus: [onRow("session connected", "6_remove@2")],
    keys: [
      {
        key: "delete",
        mac: "cmd+backspace",
        when: "focusedView == opencodeSessions.sessions && listFocus && !inputFocus",
        args: { from: "selection" },
      },
    ],
  }),
  command("cleanUpSessions", () => import("./cleanUpSessions.ts"), {
    title: "Clean Up Sessions…",
    help: "Deletes sessions that you pick from a list by age, state or cost.",
    palette: "opencodeSessions.hasSessions",
    menus: [inTitle("sessions", "1_sessions@3", "opencodeSessions.hasSessions")],
  }),
] as const satisfies readonly CommandRow[];
