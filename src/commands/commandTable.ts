import { ATTENTION_COMMANDS } from "./attention/attentionContributions.ts";
import { CLUSTER_COMMANDS } from "./cluster/clusterContributions.ts";
import { READING_COMMANDS } from "./session/readingContributions.ts";
import { SERVER_COMMANDS } from "./server/serverContributions.ts";
import { SESSION_COMMANDS, SESSION_SUBMENUS } from "./session/sessionContributions.ts";
import { USAGE_COMMANDS } from "./usage/usageContributions.ts";

/**
 * All commands. `npm run manifest` generates package.json, package.nls.json, docs/commands.md and
 * `platform/commandIDs.ts` from this table; a unit test fails if they differ.
 */
export const COMMANDS = [
  ...SESSION_COMMANDS,
  ...READING_COMMANDS,
  ...SERVER_COMMANDS,
  ...ATTENTION_COMMANDS,
  ...USAGE_COMMANDS,
  ...CLUSTER_COMMANDS,
] as const;

/** The submenus. */
export const SUBMENUS = SESSION_SUBMENUS;
