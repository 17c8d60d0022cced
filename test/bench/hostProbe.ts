import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { projectRoot } from "../support/project.mjs";
import { freePort } from "../support/vscodeHost.mjs";

/** The extension that records alongside ours; see probe/probe.cjs. */
export const PROBE = fileURLToPath(new URL("probe", import.meta.url));

const profileSchema = z.object({
  /** µs of the monotonic clock. */
  startTime: z.number(),
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({
        functionName: z.string(),
        url: z.string(),
        lineNumber: z.number(),
        columnNumber: z.number(),
      }),
      children: z.array(z.number()).optional(),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

const lapSchema = z.object({
  profile: profileSchema,
  /** Every few ms: [µs of the monotonic clock, total ns that the main thread has waited for a core]. */
  waited: z.array(z.tuple([z.number(), z.number()])),
  /** When the event loop turned, µs of the monotonic clock. */
  turns: z.array(z.number()),
});

const sourceMapSchema = z.object({
  file: z.string().default("extension.cjs"),
  version: z.number(),
  sources: z.array(z.string()),
  sourcesContent: z.array(z.string()),
  names: z.array(z.string()),
  mappings: z.string(),
  sourceRoot: z.string().default(""),
});

type Lap = z.infer<typeof lapSchema>;
type Profile = Lap["profile"];

/** How long the extension host was blocked in a phase, by our code and by any code. */
export interface Held {
  /** Our longest run without its wait for a core: the benchmark's other programs share two. */
  readonly oursMs: number;
  /** Our longest run in wall-clock time. */
  readonly oursByClockMs: number;
  readonly anyCodeMs: number;
  /** The places in our sources that took most of our longest run. */
  readonly where: string;
}

/** Queries the probe in a workbench's extension host. */
export class HostProbe {
  readonly #port: number;

  private constructor(port: number) {
    this.#port = port;
  }

  /** Builds the extension, because the workbench runs what is in dist/. */
  static async prepare(): Promise<HostProbe> {
    const built = spawnSync(process.execPath, ["esbuild.mjs"], { cwd: projectRoot });
    if (built.status !== 0) throw new Error(`no build: ${built.stderr.toString()}`);
    return new HostProbe(await freePort());
  }

  /** The options to open the workbench with. */
  get options(): { readonly besides: readonly string[]; readonly env: Record<string, string> } {
    return { besides: [PROBE], env: { BENCH_PROBE_PORT: String(this.#port) } };
  }

  /** The longest runs since the last call, or since the extension host started. */
  async lap(): Promise<Held> {
    const answer = await fetch(`http://127.0.0.1:${String(this.#port)}/`);
    return blockedTime(lapSchema.parse(await answer.json()));
  }
}

type Owner = "ours" | "others" | "engine" | "nobody";

/**
 * One of our runs is a series of consecutive samples with our code on the stack. Engine work in between, such
 * as garbage collection, counts too. It ends when the event loop turns, as far as a 1 ms timer can see, so it
 * is never shorter than the longest task.
 */
function blockedTime({ profile, waited, turns }: Lap): Held {
  const bundle = path.join(projectRoot, "dist", "extension.cjs");
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children }) => (children ?? []).map((child) => [child, id])),
  );
  /** Our innermost frame, and the owner of the sample. */
  const seen = new Map<number, { readonly owner: Owner; readonly frame: number | undefined }>();
  const look = (id: number): { readonly owner: Owner; readonly frame: number | undefined } => {
    const known = seen.get(id);
    if (known !== undefined) return known;
    let frame: number | undefined = id;
    while (frame !== undefined && !isOf(nodes.get(frame), bundle)) frame = parents.get(frame);
    const name = nodes.get(id)?.callFrame.functionName;
    const owner =
      frame !== undefined
        ? "ours"
        : name === "(idle)"
          ? "nobody"
          : name === "(program)" || name === "(garbage collector)"
            ? "engine"
            : "others";
    const found = { owner, frame } as const;
    seen.set(id, found);
    return found;
  };

  const begin = () => ({ us: 0, upToUs: 0, sinceUs: 0, frames: new Map<number, number>() });
  let ours = begin();
  let longest = { ms: 0, frames: ours.frames };
  let byClockMs = 0;
  let anybodyUs = 0;
  let longestAnybodyUs = 0;
  let nowUs = profile.startTime;
  let turn = 0;
  const end = () => {
    const ms = ours.upToUs / 1000;
    const busyMs = ms - waitedMs(waited, ours.sinceUs, ours.sinceUs + ours.upToUs);
    byClockMs = Math.max(byClockMs, ms);
    if (busyMs > longest.ms) longest = { ms: busyMs, frames: ours.frames };
    ours = begin();
  };
  for (const [index, id] of profile.samples.entries()) {
    nowUs += profile.timeDeltas[index] ?? 0;
    // A sample represents the time until the next one.
    const us = profile.timeDeltas[index + 1] ?? 0;
    const { owner, frame } = look(id);
    let hasTurned = false;
    for (; (turns[turn] ?? Infinity) <= nowUs; turn++) hasTurned = true;
    if (hasTurned) end();
    anybodyUs = owner === "nobody" || hasTurned ? 0 : anybodyUs + us;
    longestAnybodyUs = Math.max(longestAnybodyUs, anybodyUs);
    if (owner === "ours" && frame !== undefined) {
      if (ours.us === 0) ours.sinceUs = nowUs;
      ours.us += us;
      ours.upToUs = ours.us;
      ours.frames.set(frame, (ours.frames.get(frame) ?? 0) + us);
    } else if (owner === "engine" && ours.us > 0) ours.us += us;
    else if (ours.us > 0) end();
  }
  end();
  return {
    oursMs: longest.ms,
    oursByClockMs: byClockMs,
    anyCodeMs: longestAnybodyUs / 1000,
    where: placesOf(longest.frames, nodes, bundle),
  };
}

/** How long the main thread waited for a core between two moments; readings slightly underestimate it. */
function waitedMs(readings: Lap["waited"], fromUs: number, toUs: number): number {
  const within = readings.filter(([atUs]) => atUs >= fromUs && atUs <= toUs);
  return ((within.at(-1)?.[1] ?? 0) - (within[0]?.[1] ?? 0)) / 1e6;
}

type Node = Profile["nodes"][number];

function isOf(node: Node | undefined, bundle: string): boolean {
  if (node === undefined || node.callFrame.url === "") return false;
  // VS Code loads it through the link in its extensions folder, or from the link's target.
  return node.callFrame.url.endsWith("/dist/extension.cjs") || node.callFrame.url === bundle;
}

function placesOf(
  frames: ReadonlyMap<number, number>,
  nodes: ReadonlyMap<number, Node>,
  bundle: string,
): string {
  const map = new SourceMap(
    sourceMapSchema.parse(JSON.parse(readFileSync(`${bundle}.map`, "utf8"))),
  );
  const times = new Map<string, number>();
  for (const [id, us] of frames) {
    const frame = nodes.get(id)?.callFrame;
    if (frame === undefined) continue;
    const entry = map.findEntry(frame.lineNumber, frame.columnNumber);
    const place =
      "originalSource" in entry
        ? `${entry.originalSource.replace(/^(\.\.\/)+/, "")}:${String(entry.originalLine + 1)}`
        : frame.functionName;
    times.set(place, (times.get(place) ?? 0) + us);
  }
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([place, us]) => `${place} ${(us / 1000).toFixed(0)}`)
    .join(", ");
}
