/** What a stored message tells of its figures: of any type, as they stand there, undefined where they do not. */
export interface MessageFacts {
  role: string;
  providerID: string;
  modelID: string;
  agent: string;
  createdMs: unknown;
  completedMs: unknown;
  costUSD: unknown;
  /** False when there is no `tokens` at all. */
  hasTokens: boolean;
  input: unknown;
  output: unknown;
  reasoning: unknown;
  read: unknown;
  write: unknown;
  isSummary: boolean;
  /** Whether it only ran tools, as the message of a slash command that starts a task does. */
  isToolCall: boolean;
}

/** Facts to be filled in; one object serves many messages. */
export function emptyFacts(): MessageFacts {
  return {
    role: "",
    providerID: "",
    modelID: "",
    agent: "",
    createdMs: undefined,
    completedMs: undefined,
    costUSD: undefined,
    hasTokens: false,
    input: undefined,
    output: undefined,
    reasoning: undefined,
    read: undefined,
    write: undefined,
    isSummary: false,
    isToolCall: false,
  };
}

/**
 * A finished answer as OpenCode 1 writes it, from its first character to its last. All keys and values are
 * named, so that nothing inside a text can be taken for one.
 */
const FINISHED_ANSWER = new RegExp(
  [
    String.raw`^\{"parentID":"[^"\\]*","role":"assistant","mode":"[^"\\]*","agent":"([^"\\]*)",`,
    String.raw`"path":\{"cwd":"(?:[^"\\]|\\.)*","root":"(?:[^"\\]|\\.)*"\},`,
    String.raw`"cost":([\d.e-]+),"tokens":\{"total":\d+,"input":(\d+),"output":(\d+),"reasoning":(\d+),`,
    String.raw`"cache":\{"write":(\d+),"read":(\d+)\}\},"modelID":"([^"\\]*)","providerID":"([^"\\]*)",`,
    String.raw`"time":\{"created":(\d+),"completed":(\d+)\}(?:,"finish":"([^"\\]*)")?\}$`,
  ].join(""),
);

/**
 * Reads a message's JSON into facts. The usual shape is recognised without making the whole of it into
 * objects, which takes a third of the time; any other is parsed. False when it is no JSON.
 */
export function readMessageText(text: string, facts: MessageFacts): boolean {
  const match = FINISHED_ANSWER.exec(text);
  if (match === null) {
    try {
      readMessage(JSON.parse(text), facts);
      return true;
    } catch {
      return false;
    }
  }
  facts.role = "assistant";
  facts.agent = match[1] ?? "";
  facts.costUSD = Number(match[2]);
  facts.hasTokens = true;
  facts.input = Number(match[3]);
  facts.output = Number(match[4]);
  facts.reasoning = Number(match[5]);
  facts.write = Number(match[6]);
  facts.read = Number(match[7]);
  facts.modelID = match[8] ?? "";
  facts.providerID = match[9] ?? "";
  facts.createdMs = Number(match[10]);
  facts.completedMs = Number(match[11]);
  facts.isSummary = false;
  facts.isToolCall = match[12] === "tool-calls";
  return true;
}

/** Reads a parsed message of either generation into facts. */
export function readMessage(value: unknown, facts: MessageFacts): void {
  const message = recordOf(value);
  const model = recordOf(message["model"]);
  const tokens = recordOf(message["tokens"]);
  const cache = recordOf(tokens["cache"]);
  const time = recordOf(message["time"]);
  facts.role = textOf(message["role"]);
  facts.providerID = textOf(message["providerID"]) || textOf(model["providerID"]);
  facts.modelID = textOf(message["modelID"]) || textOf(model["modelID"]) || textOf(model["id"]);
  // `mode` is what the agent was called before `agent` came.
  facts.agent = textOf(message["agent"]) || textOf(message["mode"]);
  facts.createdMs = time["created"];
  facts.completedMs = time["completed"];
  facts.costUSD = message["cost"];
  facts.hasTokens = isRecord(message["tokens"]);
  facts.input = tokens["input"];
  facts.output = tokens["output"];
  facts.reasoning = tokens["reasoning"];
  facts.read = cache["read"];
  facts.write = cache["write"];
  facts.isSummary = message["summary"] === true;
  facts.isToolCall = message["finish"] === "tool-calls";
}

/** An object, by key. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

/** A string; empty for anything else. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
