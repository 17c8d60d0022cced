import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { OpenCodeServer } from "../opencode/opencodeServer.ts";
import { runProgram } from "../opencode/opencodeTools.ts";
import { node24 } from "../project.mjs";
import type { SeedUsage } from "./seedUsage.ts";

/** A project that the server knows: its id and its folder. */
export interface SeedProject {
  readonly id: string;
  readonly directory: string;
}

export interface SeedOptions {
  /** Default 10,001, on six levels. */
  readonly sessions?: number;
  /** Default 202,000. */
  readonly messages?: number;
  /** Messages of the largest session; default 2,000. */
  readonly largestSession?: number;
  /** The time until which sessions are spread, ms; default now. */
  readonly nowMs?: number;
  /**
   * Spreads them over the office hours of so many days, as a team that likes some models better, one of them on a
   * subscription; default over a year, evenly.
   */
  readonly officeDays?: number;
}

/** What was written, with the exact sums a server, `opencode stats` and ccusage must find. */
export interface SeedSummary {
  readonly sessions: number;
  /** Sessions on each level, roots first. */
  readonly levels: readonly number[];
  readonly messages: number;
  readonly parts: number;
  readonly archivedSessions: number;
  /** Sessions without any message. */
  readonly emptySessions: number;
  /** Over all assistant messages; `messages` counts those. */
  readonly totals: SeedUsage;
  /** By `providerID/modelID`. */
  readonly perModel: Readonly<Record<string, SeedUsage>>;
  readonly largestSessionID: string;
  readonly largestSessionMessages: number;
  /** Ids from a root down to a session on the last level. */
  readonly deepestPath: readonly string[];
  /** The 40 root sessions created last, newest first. */
  readonly newestRootIDs: readonly string[];
  /** The latest `time.updated` written. */
  readonly newestMs: number;
}

/**
 * Writes sessions, messages, parts with tokens and costs straight into OpenCode's database, spread over the last year and
 * over the projects it knows. The schema and the project rows must be there, and nobody else may write meanwhile.
 * @throws Error when Node 24 is missing or the database refuses.
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
  // Our own program's answer.
  return JSON.parse(result.stdout) as SeedSummary;
}

/** Seeds a running server: makes its projects known, stops it, writes, and starts it again. */
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
