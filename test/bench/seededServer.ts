import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  type ScriptedProvider,
  startScriptedProvider,
} from "../support/opencode/scriptedProvider.ts";
import { seedServer, type SeedSummary } from "../support/seed/seed.ts";

/** A real OpenCode server with a year of sessions in it: 10,001 on six levels, 202,000 messages. */
export interface SeededServer {
  readonly server: OpenCodeServer;
  readonly provider: ScriptedProvider;
  readonly summary: SeedSummary;
}

let seeded: Promise<SeededServer> | undefined;

/** The seeded server of this run, created on first use and shared by all benchmarks. */
export function seededServer(): Promise<SeededServer> {
  seeded ??= start();
  return seeded;
}

/** Stops the seeded server, if one was created. */
export async function stopSeededServer(): Promise<void> {
  const running = await seeded;
  await running?.server.stop();
  await running?.provider.stop();
}

async function start(): Promise<SeededServer> {
  const provider = await startScriptedProvider();
  const server = await startOpenCode({
    providerURL: provider.url,
    projects: ["app", "lib", "docs"],
  });
  const summary = await seedServer(server);
  return { server, provider, summary };
}
