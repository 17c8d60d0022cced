/**
 * The demo behind `npm start`: real OpenCode servers with a scripted model, whose sessions work for ten
 * minutes and show every state and badge of the extension.
 *
 *     node --import tsx test/support/seed/demo.ts [--json] [--minutes N] [--v2] [--cluster]
 *
 * When ready it prints one line, with `--json` as
 * `{"servers":[{"url","name"}],"workspace":"/absolute/folder","settings":{}}`. It stops everything it has
 * started on SIGINT and SIGTERM, when its stdin (a pipe) ends, and when its parent process is gone.
 */
import { setMaxListeners } from "node:events";
import { fstatSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { endWithParent, endWithProgram } from "../cleanup.mjs";
import { demoPermission, demoServers, demoStories } from "./demoStories.ts";
import { playOutage, playStory } from "./demoStory.ts";
import { startOpenCode } from "../opencode/opencodeServer.ts";
import type { OpenCodeServer } from "../opencode/opencodeServer.ts";
import { startScriptedProvider } from "../opencode/scriptedProvider.ts";
import { seedDatabase } from "./seed.ts";
import { startClusterDemo } from "../kubernetes/clusterDemo.ts";
import { startV2Demo } from "./v2Demo.ts";
import type { V2Demo } from "./v2Demo.ts";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    minutes: { type: "string", default: "10" },
    v2: { type: "boolean", default: false },
    cluster: { type: "boolean", default: false },
  },
});

/** What `node test.mjs SECONDS` runs in the demo: a slow test suite. */
const testProgram = `const seconds = Number(process.argv[2] ?? 5);
for (let at = 1; at <= seconds * 2; at++) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  console.log(\`ok \${at} - case \${at}\`);
}
`;

/** Settings for the demo's window: budgets that the stories and the older sessions partly use up. */
const settings = {
  "opencodeSessions.budgets.limits": [
    { period: "daily", usd: 10 },
    { period: "weekly", usd: 40 },
    { period: "monthly", usd: 120 },
    { period: "weekly", tokens: 15_000_000, server: demoServers[1].name },
  ],
  // The session that hunts a memory leak fills four fifths of its context window.
  "opencodeSessions.autoCompact.overrides": [
    { model: "scripted/steady", mode: "on", threshold: 75 },
  ],
};

/** Older sessions that are deleted while the demo runs: the server forgets them, the ledger doesn't. */
const doomed: string[] = [];
const DELETE_EVERY_MS = 45_000;

endWithParent();
endWithInput();

const over = new AbortController();
// One signal for all stories.
setMaxListeners(0, over.signal);
const provider = await startScriptedProvider({ chunkDelayMs: 90, chunkSize: 18 });
endWithProgram({ stop: () => provider.stop(), kill: () => undefined });
const servers = await Promise.all(
  demoServers.map(({ projects }) =>
    startOpenCode({
      providerURL: provider.url,
      projects,
      permission: demoPermission,
      config: { snapshot: true },
    }),
  ),
);
// Stopped before the servers: registrations end last to first.
endWithProgram({
  stop: () => {
    over.abort();
  },
  kill: () => undefined,
});
await Promise.all(servers.map(prepare));
const secondGeneration = flags.v2 ? await startSecondGeneration() : undefined;
const cluster = flags.cluster ? await startClusterDemo(provider.url, demoPermission) : undefined;
announce();
play();

/** Adds what the stories run, and several weeks of history. */
async function prepare(server: OpenCodeServer, index: number): Promise<void> {
  for (const directory of server.directories) {
    await writeFile(join(directory, "test.mjs"), testProgram);
    await server.client.request("GET", "/project/current", { directory });
  }
  const sessions = index === 0 ? 320 : 90;
  const { databasePath } = server;
  const seeded = seedDatabase({
    databasePath,
    sessions,
    messages: sessions * 18,
    largestSession: 70,
    officeDays: 63,
  });
  try {
    const { newestRootIDs } = await seeded;
    if (index === 0) doomed.push(...newestRootIDs.slice(4, 13).filter((_, at) => at % 4 === 0));
  } catch (error) {
    console.error(`The demo has no older sessions: ${String(error)}`);
  }
}

/** The double of OpenCode 2, using the first server's projects, with some of its older sessions imported. */
async function startSecondGeneration(): Promise<V2Demo> {
  const all = (await servers[0]?.client.sessions()) ?? [];
  const parents = new Set(all.map(({ parentID }) => parentID));
  return startV2Demo({
    directories: servers[0]?.directories ?? ["/"],
    imported: all
      .filter(({ id, parentID }) => parentID === undefined && !parents.has(id))
      .slice(-3),
  });
}

function announce(): void {
  const list = servers.map(({ url }, at) => ({ url, name: demoServers[at]?.name ?? url }));
  if (secondGeneration !== undefined) {
    list.push({ url: secondGeneration.url, name: secondGeneration.name });
  }
  const workspace = servers[0]?.directories[0] ?? "";
  if (flags.json) {
    const all = { ...settings, ...cluster?.settings };
    process.stdout.write(`${JSON.stringify({ servers: list, workspace, settings: all })}\n`);
  } else {
    for (const { name, url } of list) console.log(`${name}: ${url}`);
    console.log(`Workspace: ${workspace}\nCtrl-C stops everything.`);
  }
}

function play(): void {
  setTimeout(
    () => {
      over.abort();
    },
    Number(flags.minutes) * 60_000,
  ).unref();
  for (const story of demoStories) {
    const server = servers[story.server];
    const directory = server?.directories.find((path) => path.endsWith(`/${story.project}`));
    if (server === undefined || directory === undefined) {
      throw new Error(`no project ${story.project}`);
    }
    playStory(story, server.client, directory, over.signal).catch((error: unknown) => {
      // Stopping a server on purpose ends its stories.
      if (!over.signal.aborted) console.error(`A demo session has ended: ${String(error)}`);
    });
  }
  const [, away] = servers;
  if (away !== undefined) {
    playOutage(away, over.signal).catch((error: unknown) => {
      if (!over.signal.aborted)
        console.error(`The demo's server did not come back: ${String(error)}`);
    });
  }
  for (const [at, sessionID] of doomed.entries()) {
    setTimeout(
      () => {
        if (over.signal.aborted) return;
        servers[0]?.client.request("DELETE", `/session/${sessionID}`).catch((error: unknown) => {
          console.error(`A demo session was not deleted: ${String(error)}`);
        });
      },
      (at + 1) * DELETE_EVERY_MS,
    ).unref();
  }
  secondGeneration?.play(over.signal);
  cluster?.play(over.signal);
  // Keeps the servers up after the stories are over.
  setInterval(() => undefined, 3_600_000);
}

/** Ends with stdin, unless it is a terminal or /dev/null. A pipe that closes means its other end is gone. */
function endWithInput(): void {
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isSocket()) return;
  process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
  process.stdin.resume();
}
