import { setTimeout as delay } from "node:timers/promises";
import type { Session } from "@opencode-ai/sdk/v2";
import { endWithProgram } from "../cleanup.mjs";
import { at, stringOf } from "../json.ts";
import type { ScriptedModelID } from "../opencode/scriptedModels.ts";
import type { DoubleState } from "../opencode/v2Double/doubleState.ts";
import { startV2Double, type V2Double } from "../opencode/v2Double/startV2Double.ts";

/** The second-generation part of the demo. */
export interface V2Demo {
  readonly url: string;
  readonly name: string;
  /** Runs its sessions until the signal. */
  play(signal: AbortSignal): void;
  stop(): Promise<void>;
}

export interface V2DemoOptions {
  /** Folders of its sessions; the first one is its own. */
  readonly directories: readonly string[];
  /** Imported sessions of a first-generation server, as after an upgrade. */
  readonly imported: readonly Session[];
}

interface Story {
  readonly project: number;
  readonly model: ScriptedModelID;
  readonly startAfterMs: number;
  readonly pauseMs: number;
  /** Sent in this order, repeatedly. */
  readonly prompts: readonly string[];
  /** Queued after each prompt while that is being answered. */
  readonly queued?: string;
  /** Compacts once per this many prompts. */
  readonly compactsEvery?: number;
}

const stories: readonly Story[] = [
  {
    project: 0,
    model: "steady",
    startAfterMs: 3_000,
    pauseMs: 9_000,
    prompts: [
      "Cache the search results\nDO slow 60 ;; think 50 ;; read src/index.ts ;; task explore Find every caller of the search { slow 60 ;; think 20 ;; read src/index.ts ;; task general Time the slow ones { slow 60 ;; read src/index.ts ;; say 60 } ;; say 80 } ;; say 140",
      "Drop entries after five minutes\nDO slow 60 ;; think 40 ;; write src/cache.ts 20 ;; wait 3000 ;; say 120",
    ],
  },
  {
    project: 0,
    model: "swift",
    startAfterMs: 8_000,
    pauseMs: 14_000,
    prompts: [
      "Publish the preview\nDO slow 60 ;; think 20 ;; bash git push origin preview ;; say 70",
    ],
  },
  {
    project: 1,
    model: "deep",
    startAfterMs: 12_000,
    pauseMs: 18_000,
    prompts: [
      'Set up the mail templates\nDO slow 60 ;; think 30 ;; tool form {"fields":[{"key":"language","type":"string","title":"Language","description":"Which language first?","options":[{"value":"en","label":"English"},{"value":"de","label":"German"}],"custom":true,"required":true},{"key":"count","type":"integer","title":"Templates","description":"How many templates?","required":true},{"key":"tracking","type":"boolean","title":"Tracking","description":"Count opened mails?","required":true}]} ;; say 90',
    ],
  },
  {
    project: 1,
    model: "narrow",
    startAfterMs: 5_000,
    pauseMs: 7_000,
    compactsEvery: 3,
    prompts: ["Tidy the importer\nDO slow 60 ;; think 30 ;; context 5000 ;; say 90"],
  },
  {
    project: 0,
    model: "unlimited",
    startAfterMs: 16_000,
    pauseMs: 20_000,
    queued: "And add a test for it\nDO slow 60 ;; say 60",
    prompts: ["Sort the basket by shop\nDO slow 60 ;; think 40 ;; fail 1 9000 ;; say 150"],
  },
];

/**
 * Starts the double of OpenCode 2 for the demo. It requires no password, so that nobody has to type one
 * before there is anything to see.
 */
export async function startV2Demo(options: V2DemoOptions): Promise<V2Demo> {
  const { directories } = options;
  const double = await startV2Double({
    directories,
    password: "",
    permission: { shell: "ask" },
    chunkDelayMs: 90,
    chunkSize: 18,
  });
  addOlder(double.state, directories);
  options.imported.forEach((session, index) => {
    // The last one continued here, so its copies appear as two rows.
    addImported(double.state, session, index === options.imported.length - 1 ? 0.25 : 0);
  });
  const stop = async (): Promise<void> => {
    forget();
    await double.stop();
  };
  const forget = endWithProgram({ stop, kill: () => undefined });
  return {
    url: double.url,
    name: "OpenCode 2 (double)",
    play: (signal) => {
      for (const story of stories) {
        play(story, double, directories, signal).catch((error: unknown) => {
          if (!signal.aborted) console.error(`A demo session has ended: ${String(error)}`);
        });
      }
    },
    stop,
  };
}

async function play(
  story: Story,
  double: V2Double,
  directories: readonly string[],
  signal: AbortSignal,
): Promise<never> {
  await delay(story.startAfterMs, undefined, { signal });
  const directory = directories[story.project % directories.length] ?? "/";
  const model = { id: story.model, providerID: "scripted" };
  const made = await post(double, "/api/session", { location: { directory }, model });
  const path = `/api/session/${stringOf(at(made, "data", "id"))}`;
  for (let turn = 0; ; turn++) {
    await post(double, `${path}/prompt`, { text: story.prompts[turn % story.prompts.length] });
    if (story.queued !== undefined) {
      await delay(4_000, undefined, { signal });
      await post(double, `${path}/prompt`, { text: story.queued, delivery: "queue" });
    }
    await untilIdle(double, path, signal);
    if (story.compactsEvery !== undefined && turn % story.compactsEvery === 2) {
      await post(double, `${path}/compact`, {});
      await untilIdle(double, path, signal);
    }
    await delay(story.pauseMs, undefined, { signal });
  }
}

/** Polls once a second: the user may answer, stop or delete at any time. */
async function untilIdle(double: V2Double, path: string, signal: AbortSignal): Promise<void> {
  const sessionID = path.split("/").at(-1) ?? "";
  do await delay(1_000, undefined, { signal });
  while (double.turns.active().includes(sessionID));
  if (!double.state.sessions.has(sessionID)) throw new Error("it was deleted");
}

async function post(double: V2Double, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${double.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: HTTP ${String(response.status)} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** Older sessions: one archived by the first generation, one without a title, one not viewed. */
function addOlder(state: DoubleState, directories: readonly string[]): void {
  const titles = ["Rework the filters", undefined, "Trace the lost orders", "Write the handbook"];
  titles.forEach((title, index) => {
    const createdMs = Date.now() - (index + 1) * 86_400_000;
    const directory = directories[index % directories.length] ?? "/";
    const { info } = state.add({ title, directory, createdMs });
    const input = 40_000 * (index + 1);
    info.tokens = {
      input,
      output: input / 20,
      reasoning: 900,
      cache: { read: input * 3, write: 0 },
    };
    info.cost = (input * 3 + (input / 20) * 15) / 1e6;
    info.time.idle = createdMs + 600_000;
    if (index !== 2) info.time.viewed = info.time.idle;
    if (index === 3) info.time.archived = info.time.idle;
  });
}

function addImported(state: DoubleState, session: Session, laterUSD: number): void {
  const { id, title, time, directory, cost = 0, tokens } = session;
  const { info } = state.add({ id, title, directory, createdMs: time.created });
  info.time.updated = time.updated;
  info.cost = cost + laterUSD;
  if (tokens !== undefined) info.tokens = tokens;
}
