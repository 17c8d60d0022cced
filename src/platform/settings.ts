import type { SettingRow } from "./settingRow.ts";
import { USAGE_SETTINGS } from "./usageSettingRows.ts";

/** All settings, without the prefix, in the order in which their groups show them. */
export const SETTINGS = {
  servers: {
    group: "servers",
    description:
      "OpenCode servers to connect to, in addition to those found on this machine. Do not put passwords here: you are asked for one when a server requires it, and VS Code keeps it in its secret storage.",
    scope: "machine",
    isRestricted: true,
    default: [],
    schema: {
      type: "array",
      items: {
        type: "object",
        required: ["url"],
        additionalProperties: false,
        properties: {
          url: {
            type: "string",
            pattern: "^\\s*(https?://)?[^\\s/@:][^\\s@]*$",
            patternErrorMessage:
              "Enter an http or https address without a user name, for example http://127.0.0.1:4096.",
            description: "Address of the server, for example http://127.0.0.1:4096.",
          },
          name: {
            type: "string",
            description: "Name shown in the tree. Defaults to the address.",
          },
          username: {
            type: "string",
            default: "opencode",
            description: "User name for the server's password.",
          },
          directory: {
            type: "string",
            description: "Absolute path of the default project folder, on the server's machine.",
          },
        },
        defaultSnippets: [
          { label: "server", body: { url: "http://127.0.0.1:${1:4096}", name: "$2" } },
        ],
      },
    },
  },
  "localDiscovery.enabled": {
    group: "servers",
    description:
      "Look for OpenCode servers on this machine: on port 4096, on the port in OpenCode's own configuration, among your running `opencode` processes, and as the background service of OpenCode 2.",
    scope: "machine",
    isRestricted: true,
    default: true,
    schema: { type: "boolean" },
  },
  "managedServer.autoStart": {
    group: "servers",
    description:
      "Start a private OpenCode server when no other server is found. It runs `opencode serve` on 127.0.0.1 with a random password, is shared by all windows, and stops when the last one closes.",
    scope: "machine",
    isRestricted: true,
    default: false,
    schema: { type: "boolean" },
  },
  opencodePath: {
    group: "servers",
    description:
      "Path of the `opencode` program, used for private servers and terminals. When empty, it is looked up on the `PATH`.",
    scope: "machine",
    isRestricted: true,
    default: "",
    schema: { type: "string" },
  },
  allowedPlainHttp: {
    group: "servers",
    description:
      "Addresses on other machines that may be reached over plain HTTP, such as `http://build-box:4096`. Anyone on the network in between can read the passwords and sessions sent there. The command **OpenCode: Allow Unencrypted Connection…** adds to this list.",
    scope: "machine",
    isRestricted: true,
    default: [],
    schema: {
      type: "array",
      uniqueItems: true,
      items: {
        type: "string",
        pattern: "^\\s*http://[^\\s/@]",
        patternErrorMessage: "Enter an http address, for example http://build-box:4096.",
      },
    },
  },
  followInTui: {
    group: "servers",
    description:
      "Whether OpenCode terminals attached to a server show the session you pick. A server cannot distinguish its terminals, so all of them switch.",
    scope: "window",
    default: "ask",
    schema: {
      type: "string",
      enum: ["ask", "always", "never"],
      enumDescriptions: [
        "Ask once per server and window, when you use Switch Session…, and remember the answer for clicks in the tree.",
        "All terminals attached to that server switch to the session.",
        "Terminals keep their session.",
      ],
    },
  },
  "compact.confirm": {
    group: "compaction",
    description: "Ask for confirmation before compacting a session, and say what it will do.",
    scope: "window",
    default: true,
    schema: { type: "boolean" },
  },
  "tree.rowParts": {
    group: "display",
    description:
      "What a session's row shows next to its title, in this order. VS Code cuts off the end of a row that does not fit, so put the most important part first.",
    scope: "window",
    default: ["cost", "state", "context", "todos", "activity"],
    schema: {
      type: "array",
      uniqueItems: true,
      items: {
        type: "string",
        enum: ["cost", "tokens", "state", "context", "todos", "activity"],
        enumDescriptions: [
          "Cost of the session and its sub-sessions.",
          "Billed tokens.",
          "Anything unusual: waiting for you, failed, compacting, retrying, archived, or with queued prompts.",
          "How full the context window is, from 70% on.",
          "How many to-dos are done.",
          "The running tool, or how long ago the session was last active.",
        ],
      },
    },
  },
  "tree.titleLength": {
    group: "display",
    description:
      "How many characters of a top-level session's title its row shows. Leave this empty to fit the title and the cost into the side bar: its width is known once the Active Session or Usage view has been open in it, and is taken to be 300 pixels before. Below a server or project, and beside a mark or a long cost, a title is a few characters shorter. The tooltip shows the whole title, and so do rows while the view is filtered. `0` never shortens a title.",
    scope: "window",
    default: null,
    schema: { type: ["integer", "null"], minimum: 0 },
  },
  "statusBar.parts": {
    group: "display",
    description: "What the status bar shows about the active session, in this order.",
    scope: "window",
    default: ["cost", "context", "title"],
    schema: {
      type: "array",
      uniqueItems: true,
      items: {
        type: "string",
        enum: ["cost", "tokens", "context", "title"],
        enumDescriptions: [
          "Cost of the session and its sub-sessions.",
          "Billed tokens.",
          "How full the context window is.",
          "The session's title.",
        ],
      },
    },
  },
  notifications: {
    group: "notifications",
    description:
      "Which session events show a notification. Events within a few seconds of each other share one. The Needs Attention view and its badge always show everything.",
    scope: "window",
    default: "needed",
    schema: {
      type: "string",
      enum: ["off", "needed", "roots", "all"],
      enumDescriptions: [
        "No notifications.",
        "Requests that are waiting for you, and sessions that failed.",
        "Also top-level sessions that finished while you were not looking.",
        "Also sub-sessions that finished or failed.",
      ],
    },
  },
  "autoCompact.mode": {
    group: "compaction",
    description:
      "What to do when a session finishes its turn with its context window filled beyond the threshold. Applies to top-level sessions that ran while this window was open, and skips sessions that the server compacts automatically.",
    scope: "window",
    default: "offer",
    schema: {
      type: "string",
      enum: ["off", "offer", "on"],
      enumDescriptions: [
        "Do nothing.",
        "Offer to compact the session.",
        "Compact the session and show a receipt.",
      ],
    },
  },
  "autoCompact.threshold": {
    group: "compaction",
    description:
      "How full the model's context window must be, in percent, for a session to count as full.",
    scope: "window",
    default: 95,
    schema: { type: "number", minimum: 10, maximum: 100 },
  },
  "autoCompact.overrides": {
    group: "compaction",
    description:
      "Different modes and thresholds for particular servers and models. If several entries match a session, the last one wins; mode and threshold are decided separately.",
    scope: "window",
    default: [],
    schema: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        properties: {
          server: {
            type: "string",
            description: "Name or address of the server. Defaults to all servers.",
          },
          model: {
            type: "string",
            description:
              "Model as `provider/model`. Use `*` as a wildcard, as in `anthropic/*`. Defaults to all models.",
          },
          mode: {
            type: "string",
            enum: ["off", "offer", "on"],
            enumDescriptions: [
              "Do nothing.",
              "Offer to compact the session.",
              "Compact the session and show a receipt.",
            ],
            description: "Mode for these sessions.",
          },
          threshold: {
            type: "number",
            minimum: 10,
            maximum: 100,
            description: "Threshold for these sessions, in percent.",
          },
        },
        defaultSnippets: [
          { label: "model", body: { model: "${1:provider/model}", threshold: 80 } },
        ],
      },
    },
  },
  ...USAGE_SETTINGS,
} as const satisfies Readonly<Record<string, SettingRow>>;

export type SettingKey = keyof typeof SETTINGS;

function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

export const SETTING_KEYS: readonly SettingKey[] = Object.keys(SETTINGS).filter(isSettingKey);

/** Whether all settings whose names begin with `prefix` belong to the whole application, not to a machine or window. */
export function areOfApplication(prefix: string): boolean {
  return SETTING_KEYS.every(
    (key) => !key.startsWith(prefix) || SETTINGS[key].scope === "application",
  );
}
