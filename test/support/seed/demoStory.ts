import { setTimeout as delay } from "node:timers/promises";
import { HTTPError, poll } from "../opencode/client.ts";
import type { OpenCodeClient } from "../opencode/client.ts";
import type { DemoStory } from "./demoStories.ts";

/** Counted from the demo's start. */
const OUTAGE_AT_MS = 100_000;
const OUTAGE_MS = 30_000;

/** Takes a server down for half a minute: its rows turn grey, keep their figures and recover automatically. */
export async function playOutage(
  server: { kill(): Promise<void>; restart(): Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  await delay(OUTAGE_AT_MS, undefined, { signal });
  await server.kill();
  await delay(OUTAGE_MS, undefined, { signal });
  await server.restart();
}

/**
 * Plays a story until `signal` is aborted. Restarts if its session is deleted or its server goes away; a
 * session that waits for the user waits indefinitely.
 */
export async function playStory(
  story: DemoStory,
  client: OpenCodeClient,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  await delay(story.startAfterMs, undefined, { signal });
  for (;;) {
    try {
      await playSession(story, client, directory, signal);
    } catch (error) {
      signal.throwIfAborted();
      // `fetch` throws a TypeError if the server doesn't respond.
      const isAway = error instanceof TypeError;
      if (!isAway && !(error instanceof HTTPError && error.status === 404)) throw error;
      await delay(story.pauseMs, undefined, { signal });
    }
  }
}

async function playSession(
  story: DemoStory,
  client: OpenCodeClient,
  directory: string,
  signal: AbortSignal,
): Promise<never> {
  const { prompts, model, agent } = story;
  const session = await client.createSession({ directory });
  for (let turn = 0; ; turn++) {
    const at = turn < prompts.length ? turn : 1 + ((turn - 1) % (prompts.length - 1));
    await untilIdle(session.id, client, directory, signal);
    const options = { model, ...(agent === undefined ? {} : { agent }) };
    await client.promptAsync(session.id, prompts[at] ?? "", options);
    await delay(1000, undefined, { signal });
    await untilIdle(session.id, client, directory, signal);
    if (story.compactAboveTokens !== undefined) {
      const context = await contextTokens(session.id, client);
      if (context > story.compactAboveTokens) await client.compact(session.id, model);
    }
    await delay(story.pauseMs, undefined, { signal });
  }
}

/** Polls once a second: the user may prompt, answer or abort at any time. */
async function untilIdle(
  sessionID: string,
  client: OpenCodeClient,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  await poll(
    "the demo's session",
    async () => {
      signal.throwIfAborted();
      return sessionID in (await client.status(directory)) ? undefined : true;
    },
    { everyMs: 1000, limitMs: 24 * 3600 * 1000 },
  );
}

async function contextTokens(sessionID: string, client: OpenCodeClient): Promise<number> {
  const messages = await client.messages(sessionID);
  const last = messages.findLast(
    ({ info }) => info.role === "assistant" && info.tokens.output > 0 && info.summary !== true,
  );
  if (last?.info.role !== "assistant") return 0;
  const { input, output, reasoning, cache } = last.info.tokens;
  return input + output + reasoning + cache.read + cache.write;
}
