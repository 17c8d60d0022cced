import { prose } from "../opencode/scriptedProse.ts";
import type { Identifiers, RowSink } from "./seedRows.ts";
import { addUsage, emptyUsage } from "./seedUsage.ts";
import type { SeedUsage } from "./seedUsage.ts";

/** The inputs for a session's messages. */
export interface SeedConversation {
  readonly id: string;
  readonly agent: string;
  readonly title: string;
  readonly directory: string;
  readonly createdMs: number;
  readonly nowMs: number;
  readonly messages: number;
  readonly providerID: string;
  readonly modelID: string;
  readonly contextLimit: number;
  readonly reportsCacheWrites: boolean;
  readonly cost: {
    readonly input: number;
    readonly output: number;
    readonly cache_read: number;
    readonly cache_write: number;
  };
}

// A few hundred texts are enough: only their size and shape matter.
const texts = Array.from({ length: 200 }, (_, at) => prose(20 + ((at * 37) % 120), at));

/**
 * Generates one session's messages: turns of a prompt and up to eight steps with tokens and cost (on message
 * and step-finish part), compactions of full contexts, and occasional aborted steps.
 */
export function seedParts(
  session: SeedConversation,
  random: () => number,
  idOf: Identifiers,
  sink: RowSink,
): { readonly usage: SeedUsage; readonly endMs: number } {
  const total = emptyUsage();
  const { id: session_id, providerID, modelID, agent, directory } = session;
  const pauseMs = Math.max(
    1,
    Math.min(45_000, (session.nowMs - session.createdMs) / (session.messages + 2)),
  );
  let timeMs = session.createdMs + 1000;
  let promptID = "";
  let stepsLeft = 0;
  let context = 9000;
  let isCompacting = false;

  const message = (id: string, startMs: number, endMs: number, data: unknown): void => {
    sink("message", {
      id,
      session_id,
      time_created: startMs,
      time_updated: endMs,
      data: JSON.stringify(data),
    });
  };
  const part = (message_id: string, atMs: number, data: unknown): void => {
    sink("part", {
      id: idOf("prt", atMs),
      message_id,
      session_id,
      time_created: atMs,
      time_updated: atMs,
      data: JSON.stringify(data),
    });
  };
  const text = (): string => texts[Math.floor(random() * texts.length)] ?? "";

  for (let at = 0; at < session.messages; at++) {
    timeMs = Math.floor(timeMs + pauseMs * (0.5 + random() * 0.5));
    if (stepsLeft === 0) {
      isCompacting = context > session.contextLimit * 0.85;
      promptID = idOf("msg", timeMs);
      stepsLeft = isCompacting ? 1 : 1 + Math.floor(random() * 8);
      const model = { providerID, modelID };
      message(promptID, timeMs, timeMs, { role: "user", time: { created: timeMs }, agent, model });
      part(
        promptID,
        timeMs,
        isCompacting
          ? { type: "compaction", auto: false }
          : { type: "text", text: `${session.title}. ${text()}` },
      );
      continue;
    }
    stepsLeft--;
    const messageID = idOf("msg", timeMs);
    const endMs = timeMs + 200 + Math.floor(random() * Math.min(9000, pauseMs));
    const isAborted = !isCompacting && random() < 0.01;
    const step = isAborted ? emptyUsage() : stepUsage(session, context, isCompacting, random);
    const isLast = stepsLeft === 0;
    const tokens = {
      total: step.input + step.output + step.reasoning + step.cacheRead + step.cacheWrite,
      input: step.input,
      output: step.output,
      reasoning: step.reasoning,
      cache: { write: step.cacheWrite, read: step.cacheRead },
    };
    message(messageID, timeMs, endMs, {
      parentID: promptID,
      role: "assistant",
      mode: isCompacting ? "compaction" : agent,
      agent: isCompacting ? "compaction" : agent,
      path: { cwd: directory, root: directory },
      ...(isCompacting ? { summary: true } : {}),
      cost: step.costUSD,
      tokens,
      modelID,
      providerID,
      time: { created: timeMs, completed: endMs },
      ...(isAborted
        ? { error: { name: "MessageAbortedError", data: { message: "Aborted" } } }
        : { finish: isLast ? "stop" : "tool-calls" }),
    });
    part(messageID, timeMs, { type: "step-start" });
    part(
      messageID,
      timeMs + 1,
      isLast || isAborted
        ? { type: "text", text: text(), time: { start: timeMs, end: endMs } }
        : toolPart(at, timeMs, endMs),
    );
    if (!isAborted) {
      part(messageID, endMs, {
        reason: isLast ? "stop" : "tool-calls",
        type: "step-finish",
        tokens,
        cost: step.costUSD,
      });
    }
    addUsage(total, { ...step, messages: 1 });
    context = isCompacting ? 9500 : tokens.total === 0 ? context : tokens.total + 300;
    timeMs = endMs;
  }
  return { usage: total, endMs: timeMs };
}

function stepUsage(
  session: SeedConversation,
  context: number,
  isCompacting: boolean,
  random: () => number,
): SeedUsage {
  const prompt = Math.floor(context + 100 + random() * 900);
  const cacheRead = isCompacting ? 0 : Math.floor((context * 0.92) / 128) * 128;
  const cacheWrite = session.reportsCacheWrites ? Math.floor((prompt - cacheRead) * 0.9) : 0;
  const input = prompt - cacheRead - cacheWrite;
  const output = Math.floor(40 + random() ** 2 * 1200);
  const reasoning = random() < 0.4 ? Math.floor(random() * 600) : 0;
  const { cost } = session;
  const costUSD =
    (input * cost.input +
      (output + reasoning) * cost.output +
      cacheRead * cost.cache_read +
      cacheWrite * cost.cache_write) /
    1e6;
  return { messages: 1, input, output, reasoning, cacheRead, cacheWrite, costUSD };
}

function toolPart(at: number, startMs: number, endMs: number): unknown {
  const isBash = at % 2 === 0;
  return {
    type: "tool",
    tool: isBash ? "bash" : "read",
    callID: `call_${String(at)}`,
    state: {
      status: "completed",
      input: isBash
        ? { command: "npm test", description: "Run npm test" }
        : { filePath: "src/index.ts" },
      output: texts[at % texts.length],
      title: isBash ? "npm test" : "src/index.ts",
      metadata: { truncated: false },
      time: { start: startMs, end: endMs },
    },
  };
}
