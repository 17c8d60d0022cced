import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { messagesWire } from "./messagesWire.ts";
import { openAIWire } from "./openAIWire.ts";
import { answerTo, piecesOf, tokensOf } from "./scriptedAnswer.ts";
import type { ScriptedAnswer } from "./scriptedAnswer.ts";
import { scriptedModelOf, scriptedModels } from "./scriptedModels.ts";
import type { AnswerUsage, Wire } from "./scriptedWire.ts";

const wires: readonly Wire[] = [openAIWire, messagesWire];
let toolCallCount = 0;

/** A request received by the provider. `status` is its HTTP answer's status, 0 if the connection was cut. */
export interface ScriptedRequest {
  readonly kind: ScriptedAnswer["kind"];
  readonly sessionID: string;
  readonly parentSessionID: string | undefined;
  readonly model: string;
  readonly stepIndex: number;
  readonly promptTokens: number;
  readonly status: number;
}

/** A running scripted provider. */
export interface ScriptedProvider {
  /** Base URL with `/v1`, as a provider's `baseURL`. */
  readonly url: string;
  /** The last thousand requests, oldest first. */
  readonly requests: readonly ScriptedRequest[];
  /** Permanently opens a gate that scripts wait at (`hold GATE`). */
  release(gate: string): void;
  /** Number of answers currently being streamed. */
  openStreams(): number;
  /** Ends all streams and closes the port. */
  stop(): Promise<void>;
}

export interface ScriptedProviderOptions {
  /** Pause between chunks unless a script sets one; default 4 ms. */
  readonly chunkDelayMs?: number;
  /** Characters per delta; default 12, about two words. */
  readonly chunkSize?: number;
}

/**
 * Starts a language-model provider on a free loopback port that follows the scripts in prompts (see
 * scriptLanguage.ts), in two wire formats. It needs no key; its only state is a count of simulated failures.
 */
export async function startScriptedProvider(
  options: ScriptedProviderOptions = {},
): Promise<ScriptedProvider> {
  const requests: ScriptedRequest[] = [];
  const failures = new Map<string, number>();
  const open = new Set<ServerResponse>();
  const gates = new Map<string, AbortController>();
  const gateOf = (name: string): AbortController => {
    const gate = gates.get(name) ?? new AbortController();
    gates.set(name, gate);
    return gate;
  };
  const pace = { delayMs: options.chunkDelayMs ?? 4, size: options.chunkSize ?? 12 };

  const answer = async (
    wire: Wire,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const chat = wire.chatOf(JSON.parse(await bodyOf(request)));
    if (chat === undefined || scriptedModelOf(chat.model) === undefined) {
      sendError(response, 404, wire, "no such model");
      return;
    }
    const scripted = answerTo(chat);
    const sessionID = headerOf(request, "x-session-id") ?? "";
    const record = (status: number): void => {
      const { kind, stepIndex, promptTokens } = scripted;
      const parentSessionID = headerOf(request, "x-parent-session-id");
      const { model } = chat;
      requests.push({ kind, sessionID, parentSessionID, model, stepIndex, promptTokens, status });
      if (requests.length > 1000) requests.shift();
    };
    const { step } = scripted;
    if (step.refusal) {
      record(step.refusal.status);
      sendError(response, step.refusal.status, wire, step.refusal.message);
      return;
    }
    const failureKey = `${sessionID} ${String(chat.messages.length)} ${String(scripted.seed)}`;
    const failed = failures.get(failureKey) ?? 0;
    const isFailing = failed < step.failures;
    const isCut = !isFailing && failed < step.failures + step.cuts;
    if (isFailing || isCut) failures.set(failureKey, failed + 1);
    if (isFailing) {
      record(500);
      if (step.retryAfterMs !== undefined) {
        response.setHeader("retry-after-ms", String(step.retryAfterMs));
      }
      sendError(response, 500, wire, "The model is overloaded, try again");
      return;
    }
    await delay(step.waitMs);
    record(isCut ? 0 : 200);
    await stream(wire, response, chat.model, scripted, {
      ...pace,
      isCut,
      pass: async (gate) => {
        const { signal } = gateOf(gate);
        if (!signal.aborted) await once(signal, "abort");
      },
    });
  };

  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0];
    const wire = wires.find((candidate) => candidate.path === path);
    if (request.method === "POST" && wire) {
      open.add(response);
      response.on("close", () => open.delete(response));
      answer(wire, request, response).catch((error: unknown) => {
        if (!response.headersSent) sendError(response, 500, wire, String(error));
        else response.destroy();
      });
    } else if (request.method === "GET" && path === "/v1/models") {
      const data = Object.keys(scriptedModels).map((id) => ({ id, object: "model" }));
      sendJSON(response, 200, { object: "list", data });
    } else sendJSON(response, 404, { error: { message: "not found" } });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${String(port)}/v1`,
    requests,
    release: (gate) => {
      gateOf(gate).abort();
    },
    openStreams: () => open.size,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function stream(
  wire: Wire,
  response: ServerResponse,
  model: string,
  answer: ScriptedAnswer,
  pace: {
    readonly delayMs: number;
    readonly size: number;
    readonly isCut: boolean;
    readonly pass: (gate: string) => Promise<void>;
  },
): Promise<void> {
  const { step } = answer;
  const delayMs = answer.kind === "title" ? 0 : (step.chunkDelayMs ?? pace.delayMs);
  const cacheWriteTokens = scriptedModelOf(model)?.reportsCacheWrites
    ? Math.floor((answer.promptTokens - answer.cachedTokens) * 0.9)
    : 0;
  const { promptTokens, cachedTokens } = answer;
  const prompt = { promptTokens, cachedTokens, cacheWriteTokens };
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const writer = wire.writerOf(response, model);
  writer.start({ ...prompt, completionTokens: 0, reasoningTokens: 0 });
  const characters = { reasoning: 0, text: 0 };
  let pieces = 0;
  for (const piece of piecesOf(answer, pace.size)) {
    if (response.destroyed) return;
    if (piece.kind === "gate") {
      await Promise.race([pace.pass(piece.gate), once(response, "close")]);
      continue;
    }
    if (pace.isCut && ++pieces > 5) {
      response.destroy();
      return;
    }
    characters[piece.kind] += piece.text.length;
    if (piece.kind === "reasoning") writer.reasoning(piece.text);
    else writer.text(piece.text);
    if (delayMs > 0) await delay(delayMs);
    else if (response.writableNeedDrain) await drained(response);
  }
  let toolCharacters = 0;
  for (const call of step.toolCalls) {
    toolCharacters += JSON.stringify(call).length;
    writer.toolCall(call, `call_${String(++toolCallCount)}`);
  }
  const reasoningTokens = characters.reasoning === 0 ? 0 : tokensOf(characters.reasoning);
  const completionTokens = reasoningTokens + tokensOf(characters.text + toolCharacters);
  const usage: AnswerUsage = { ...prompt, completionTokens, reasoningTokens };
  writer.finish(usage, step.toolCalls.length > 0);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

function sendError(response: ServerResponse, status: number, wire: Wire, message: string): void {
  sendJSON(response, status, wire.errorBody(message, status));
}

function sendJSON(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}
