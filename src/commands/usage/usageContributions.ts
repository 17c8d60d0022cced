import type { CommandContext } from "../commandContext.ts";
import { type CommandRow, command, inTitle } from "../contribution.ts";

/** The commands about usage and budgets. */
export const USAGE_COMMANDS = [
  command("openUsage", () => import("./openUsage.ts"), {
    title: "Open Usage",
    icon: "pulse",
    menus: [inTitle("usage", "navigation@1")],
  }),
  command("exportUsage", () => import("./exportUsage.ts"), {
    title: "Export Usage…",
    palette: "opencodeSessions.hasServers",
  }),
  command("refreshUsage", () => import("./refreshUsage.ts"), {
    title: "Reload Usage History",
    palette: "opencodeSessions.hasServers",
  }),
  command(
    "snoozeBudgets",
    () => Promise.resolve({ snoozeBudgets: ({ usage }: CommandContext) => usage.snoozeBudgets() }),
    { title: "Snooze Budgets…" },
  ),
] as const satisfies readonly CommandRow[];
