import { SESSION_PANEL_TYPE } from "../../platform/ids.ts";
import { type CommandRow, command, inEditor, inSubmenu } from "../contribution.ts";

/** True while a session's page is the active editor. */
export const ON_SESSION_PAGE = `activeWebviewPanelId == ${SESSION_PANEL_TYPE}`;
/** A session's page, or its conversation as a document. */
const ON_SESSION = `${ON_SESSION_PAGE} || resourceScheme == opencode-session`;

/** The commands that show part of a session, and those that navigate between sessions. */
export const READING_COMMANDS = [
  command("openTranscript", () => import("./readSession.ts"), {
    title: "Open Conversation",
    help: "The session's page: the conversation, which `Ctrl+F` searches, a prompt box, tokens, steps, sub-sessions and changed files.",
    icon: "comment-discussion",
    palette: "opencodeSessions.hasSessions",
    menus: [inSubmenu("open", "session", "1_session@1")],
  }),
  command("openMarkdown", () => import("./readSession.ts"), {
    title: "Open Conversation as Markdown",
    help: "The same conversation as a read-only document.",
    icon: "markdown",
    palette: "opencodeSessions.hasSessions",
    menus: [inSubmenu("open", "session", "1_session@6")],
  }),
  command("nextMessage", () => import("./readSession.ts"), {
    title: "Next Prompt",
    icon: "arrow-down",
    palette: ON_SESSION_PAGE,
    menus: [inEditor(ON_SESSION_PAGE, "navigation@2")],
    keys: [{ key: "alt+down", when: ON_SESSION_PAGE }],
  }),
  command("previousMessage", () => import("./readSession.ts"), {
    title: "Previous Prompt",
    icon: "arrow-up",
    palette: ON_SESSION_PAGE,
    menus: [inEditor(ON_SESSION_PAGE, "navigation@1")],
    keys: [{ key: "alt+up", when: ON_SESSION_PAGE }],
  }),
  command("readSummary", () => import("./readSession.ts"), {
    title: "Open Compaction Summary…",
    help: "Goes to the summary that a compaction wrote.",
    palette: "opencodeSessions.hasSessions",
    menus: [inSubmenu("open", "session connected !empty !uncompacted", "1_session@4")],
  }),
  command("showFiles", () => import("./changedFiles.ts"), {
    title: "Show Changed Files",
    help: "What the session has changed, overall and in each turn.",
    icon: "files",
    palette: "opencodeSessions.hasSessions",
    menus: [
      // Not by the server's count of changed files: OpenCode 1 (1.18) reports none for sessions that have some.
      inSubmenu("open", "session !empty", "1_session@2"),
      inEditor(ON_SESSION, "1_session@1"),
    ],
  }),
  command("openFileDiffs", () => import("./changedFiles.ts"), {
    title: "Open File Changes",
    icon: "diff",
    palette: false,
  }),
  command("openTodo", () => import("./readSession.ts"), {
    title: "Open To-Do List",
    help: "The agent's to-do list, as a document that stays up to date.",
    icon: "tasklist",
    palette: "opencodeSessions.hasSessions",
    menus: [
      inSubmenu("open", "session connected cap-todo !empty !noTodos", "1_session@3"),
      inEditor(ON_SESSION, "1_session@2"),
    ],
  }),
  command("goToRoot", () => import("./goToRelative.ts"), {
    title: "Go to Root Session",
    palette: "opencodeSessions.hasActiveSession",
    menus: [inSubmenu("open", "session child", "2_tree@2")],
  }),
  command("goToNextSibling", () => import("./goToRelative.ts"), {
    title: "Go to Next Sibling Session",
    palette: "opencodeSessions.hasActiveSession",
  }),
  command("goToPreviousSibling", () => import("./goToRelative.ts"), {
    title: "Go to Previous Sibling Session",
    palette: "opencodeSessions.hasActiveSession",
  }),
  command("revealSession", () => import("./goToRelative.ts"), {
    title: "Reveal Session in Tree",
    icon: "target",
    palette: ON_SESSION,
    menus: [inEditor(ON_SESSION, "1_session@4")],
  }),
] as const satisfies readonly CommandRow[];
