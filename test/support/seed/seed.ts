import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { OpenCodeServer } from "../opencode/opencodeServer.ts";
import { runProgram } from "../opencode/opencodeTools.ts";
import { node24 } from "../project.mjs";
import type { SeedUsage } from "./seedUsage.ts";

/** A project known to the server: its id and its folder. */
export interface SeedProject {
  readonly id: string;
  readonly directory: string;
}

export interface SeedOptions {
  /** Default 10,001, on six levels. */
  readonly sessions?: number;
  /** Default 202,000. */
  readonly messages?: number;
  /** Messages in the largest session; default 2,000. */
  readonly largestSession?: number;
  /** The end of the period that sessions are spread over, ms; default now. */
  readonly nowMs?: number;
  /**
   * Spreads them over the office hours of this many days, with some models used more than others and one on
   * a subscription; by default evenly over a year.
   */
  readonly officeDays?: number;
}

/** What was written, with the exact sums that a server, `opencode stats` and ccusage must report. */
export interface SeedSummary {
  readonly sessions: number;
  /** Sessions on each level, roots first. */
  readonly levels: readonly number[];
  readonly messages: number;
  readonly parts: number;
  readonly archivedSessions: number;
  /** Sessions without messages. */
  readonly emptySessions: number;
  /** Over all assistant messages, whose number is `messages`. */
  readonly totals: SeedUsage;
  /** By `providerID/modelID`. */
  readonly perModel: Readonly<Record<string, SeedUsage>>;
  readonly largestSessionID: string;
  readonly largestSessionMessages: number;
  /** IDs from a root to a session on the deepest level. */
  readonly deepestPath: readonly string[];
  /** The 40 most recently created root sessions, newest first. */
  readonly newestRootIDs: readonly string[];
  /** The latest `time.updated` written. */
  readonly newestMs: number;
}

/**
 * Writes sessions, messages, and parts with tokens and costs directly to OpenCode's database, spread over
 * the last year and its projects. The schema and project rows must exist, and nobody else may write.
 * @throws Error if Node 24 is missing or the database refuses.
 */
export async function seedDatabase(
  options: SeedOptions & { readonly databasePath: string },
): Promise<SeedSummary> {
  if (!existsSync(node24)) throw new Error("Node 24 is missing: run `node test/support/setup.mjs`");
  const writer = fileURLToPath(new URL("seedWriter.mjs", import.meta.url));
  const { sessions = 10_001, messages = 202_000, largestSession = 2000 } = options;
  const { databasePath, nowMs = Date.now(), officeDays } = options;
  const argument = JSON.stringify({
    databasePath,
    sessions,
    messages,
    largestSession,
    nowMs,
    officeDays,
  });
  const result = await runProgram(node24, ["--no-warnings", writer, argument], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: {},
    timeoutMs: 180_000,
  });
  if (result.exitCode !== 0) throw new Error(`seeding failed: ${result.stderr}`);
  // Trusted: this is our own program's answer.
  return JSON.parse(result.stdout) as SeedSummary;
}

/** Seeds a running server: registers its projects, stops it, writes, and restarts it. */
export async function seedServer(
  server: OpenCodeServer,
  options: SeedOptions = {},
): Promise<SeedSummary> {
  for (const directory of server.directories) {
    await server.client.request("GET", "/project/current", { directory });
  }
  await server.kill();
  const summary = await seedDatabase({ ...options, databasePath: server.databasePath });
  await server.restart();
  return summary;
}
