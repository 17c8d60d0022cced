import { type CommandRow, command, inSubmenu, inTitle, onRow } from "../contribution.ts";

/** The commands about servers, the tree as a whole and the extension itself. */
export const SERVER_COMMANDS = [
  command("copyServerURL", () => import("./copyServerURL.ts"), {
    title: "Copy Server URL",
    palette: "opencodeSessions.hasServers",
    menus: [inSubmenu("copy", "session address", "1_copy@2"), onRow("server", "5_copy@1")],
  }),
  command("addServer", () => import("./addServer.ts"), {
    title: "Add Server…",
    icon: "add",
    menus: [inTitle("sessions", "3_servers@1")],
  }),
  command("editServer", () => import("./editServer.ts"), {
    title: "Edit Server…",
    palette: "opencodeSessions.hasServers",
    menus: [onRow("server settings", "2_setting@1")],
  }),
  command("removeServer", () => import("./removeServer.ts"), {
    title: "Remove Server…",
    palette: "opencodeSessions.hasServers",
    menus: [onRow("server settings", "2_setting@2")],
  }),
  command("enterPassword", () => import("./enterPassword.ts"), {
    title: "Enter Server Password…",
    icon: "key",
    palette: "opencodeSessions.hasServers",
    menus: [onRow("server unauthorized", "inline@1"), onRow("server unauthorized", "1_server@1")],
  }),
  command(
    "allowPlainHttp",
    async () => ({ allowPlainHttp: (await import("./allowPlainHTTP.ts")).allowPlainHTTP }),
    {
      title: "Allow Unencrypted Connection…",
      help: "Lets a server on another machine be reached without encryption.",
      icon: "unlock",
      palette: "opencodeSessions.hasServers",
      menus: [onRow("server unencrypted", "inline@1"), onRow("server unencrypted", "1_server@1")],
    },
  ),
  command("reconnectServer", () => import("./reconnectServer.ts"), {
    title: "Reconnect Server",
    icon: "debug-restart",
    palette: "opencodeSessions.hasServers",
    menus: [onRow("server lost", "inline@1"), onRow("server", "1_server@2")],
  }),
  command("checkServerCompatibility", () => import("./checkServerCompatibility.ts"), {
    title: "Check Server Compatibility",
    help: "Compares what the extension uses with what the server offers.",
    palette: "opencodeSessions.hasServers",
    menus: [onRow("server connected", "1_server@4")],
  }),
  command("addSessionStatus", () => import("./sessionStatusTools.ts"), {
    title: "Give Agents the session_status Tool…",
    help: "Lets the agents of a server ask what they have used.",
    palette: "opencodeSessions.hasServers",
    menus: [onRow("server connected", "1_server@5")],
  }),
  command("removeSessionStatus", () => import("./sessionStatusTools.ts"), {
    title: "Remove the session_status Tool…",
    palette: "opencodeSessions.hasServers",
  }),
  command("startManagedServer", () => import("./ownServers.ts"), {
    title: "Start Private Server",
    help: "Starts a server for VS Code alone, shared by all windows.",
    icon: "play",
    palette: "isWorkspaceTrusted && opencodeSessions.managedServer == stopped",
    menus: [
      inTitle(
        "sessions",
        "3_servers@2",
        "isWorkspaceTrusted && opencodeSessions.managedServer == stopped",
      ),
    ],
  }),
  command("stopManagedServer", () => import("./ownServers.ts"), {
    title: "Stop Private Server",
    icon: "debug-stop",
    palette: "opencodeSessions.managedServer == running",
    menus: [
      inTitle("sessions", "3_servers@2", "opencodeSessions.managedServer == running"),
      onRow("server managed", "inline@2"),
      onRow("server managed", "1_server@3"),
    ],
  }),
  command("startDemo", () => import("./demo.ts"), {
    title: "Try the Demo",
    help: "Starts a server with a scripted model: no account, no cost.",
    icon: "beaker",
    palette: "isWorkspaceTrusted && opencodeSessions.demo == stopped",
    menus: [
      inTitle("sessions", "4_help@0", "isWorkspaceTrusted && opencodeSessions.demo == stopped"),
    ],
  }),
  command("stopDemo", () => import("./demo.ts"), {
    title: "Stop Demo",
    help: "Ends the demo and removes everything it has written.",
    icon: "debug-stop",
    palette: "opencodeSessions.demo == running",
    menus: [
      inTitle("sessions", "4_help@0", "opencodeSessions.demo == running"),
      onRow("server demo", "inline@2"),
      onRow("server demo", "1_server@3"),
    ],
  }),
  command("installProgram", () => import("./demo.ts"), {
    title: "Show How to Install OpenCode",
    help: "Opens OpenCode's installation page.",
    palette: false,
  }),
  command("setProgramPath", () => import("./demo.ts"), {
    title: "Set Program Path",
    help: "Opens the setting that names the OpenCode program.",
  }),
  command("startService", () => import("./ownServers.ts"), {
    title: "Start Background Service (Version 2)",
    help: "Starts OpenCode 2's own background service, which keeps running without VS Code.",
    icon: "server-process",
    palette: "isWorkspaceTrusted",
  }),
  command("refresh", () => import("./refresh.ts"), {
    title: "Refresh Sessions",
    icon: "refresh",
    menus: [inTitle("sessions", "navigation@3")],
  }),
  command("showLog", () => import("../showLog.ts"), {
    title: "Show Extension Log",
    menus: [inTitle("sessions", "4_help@2")],
  }),
  command("openSettings", () => import("../openSettings.ts"), {
    title: "Open Settings",
    icon: "gear",
    menus: [inTitle("sessions", "4_help@1")],
  }),
  command("checkHealth", () => import("./checkHealth.ts"), {
    title: "Run Health Check",
    help: "Checks servers, databases, disk space and clocks.",
  }),
  command("backUpDatabase", () => import("./backUpDatabase.ts"), {
    title: "Back Up Database…",
    help: "Writes a consistent copy of OpenCode's database.",
  }),
] as const satisfies readonly CommandRow[];
