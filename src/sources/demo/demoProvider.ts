import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";

import { demoStep, type DemoStep } from "../../core/demoScript.ts";

/** A scripted model on loopback that speaks OpenAI's chat-completions API, as OpenCode expects of any provider. */
export interface DemoProvider {
  /** Includes `/v1`. */
  readonly url: string;
  stop(): Promise<void>;
}

const chatSchema = z.object({
  messages: z.array(z.object({ role: z.string(), content: z.unknown() })),
});

/** Characters sent per chunk, and the pause after each, so that the answer visibly grows. */
const CHUNK = 12;
const PAUSE_MS = 60;
const MOST_BYTES = 20_000_000;

/** Starts the provider on a free port. Answers from the script for any model name; keeps no state. */
export async function startDemoProvider(): Promise<DemoProvider> {
  const server = createServer((request, response) => {
    response.on("error", () => undefined);
    void readBody(request).then(
      (body) => answer(response, body),
      () => {
        response.destroy();
      },
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server listening on TCP always has an `AddressInfo`.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function readBody(request: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error("too large");
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
}

async function answer(response: ServerResponse, body: unknown): Promise<void> {
  const chat = chatSchema.safeParse(body);
  if (!chat.success) {
    response.writeHead(400).end();
    return;
  }
  const { messages } = chat.data;
  const at = messages.findLastIndex(({ role }) => role === "user");
  const prompt = textOf(messages[at]?.content);
  const toolAnswers = messages.slice(at + 1).filter(({ role }) => role === "tool").length;
  const system = messages.find(({ role }) => role === "system");
  await stream(response, demoStep(textOf(system?.content ?? ""), prompt, toolAnswers));
}

function textOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}

async function stream(response: ServerResponse, step: DemoStep): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (choices: readonly unknown[], usage?: object): void => {
    const chunk = { id: "demo", object: "chat.completion.chunk", created: 0, model: "demo" };
    response.write(`data: ${JSON.stringify({ ...chunk, choices, usage })}\n\n`);
  };
  const delta = (value: object): void => {
    send([{ index: 0, delta: value, finish_reason: null }]);
  };
  delta({ role: "assistant", content: "" });
  const { text = "", tool } = step;
  for (let at = 0; at < text.length && !response.destroyed; at += CHUNK) {
    delta({ content: text.slice(at, at + CHUNK) });
    await delay(PAUSE_MS);
  }
  if (tool !== undefined) {
    const call = { name: tool.name, arguments: JSON.stringify(tool.input) };
    delta({ tool_calls: [{ index: 0, id: randomUUID(), type: "function", function: call }] });
  }
  send([{ index: 0, delta: {}, finish_reason: tool === undefined ? "stop" : "tool_calls" }]);
  const written = Math.ceil(text.length / 4) + 40;
  send([], {
    prompt_tokens: step.contextTokens,
    completion_tokens: written,
    total_tokens: step.contextTokens + written,
    prompt_tokens_details: { cached_tokens: Math.floor(step.contextTokens * 0.6) },
  });
  response.end("data: [DONE]\n\n");
}
