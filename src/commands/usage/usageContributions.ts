import type { CommandContext } from "../commandContext.ts";
import { type CommandRow, command, inTitle } from "../contribution.ts";

/** The commands about usage and budgets. */
export const USAGE_COMMANDS = [
  command("openUsage", () => import("./openUsage.ts"), {
    title: "Open Usage",
    help: "Charts of what was used, with budgets and forecasts.",
    icon: "pulse",
    menus: [inTitle("usage", "navigation@1")],
  }),
  command("exportUsage", () => import("./exportUsage.ts"), {
    title: "Export Usage…",
    help: "By day, session or answer, as CSV or JSON.",
    palette: "opencodeSessions.hasServers",
  }),
  command("refreshUsage", () => import("./openUsage.ts"), {
    title: "Reload Usage History",
    help: "Reads again what budgets and charts are based on.",
    palette: "opencodeSessions.hasServers",
  }),
  command(
    "snoozeBudgets",
    () => Promise.resolve({ snoozeBudgets: ({ usage }: CommandContext) => usage.snoozeBudgets() }),
    {
      title: "Snooze Budgets…",
      help: "Silences the budgets that have been reached, for a while.",
    },
  ),
] as const satisfies readonly CommandRow[];
