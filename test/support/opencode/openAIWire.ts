import type { ServerResponse } from "node:http";
import { arrayOf, isRecord, stringOf } from "../json.ts";
import type { Chat, ChatMessage } from "./scriptedAnswer.ts";
import type { AnswerUsage, AnswerWriter, Wire } from "./scriptedWire.ts";

/** OpenAI's streaming chat completions (`POST /v1/chat/completions`), as used by `@ai-sdk/openai-compatible`. */
export const openAIWire: Wire = {
  path: "/v1/chat/completions",
  chatOf,
  writerOf,
  errorBody: (message, status) => ({
    error: { message, type: status < 500 ? "invalid_request_error" : "server_error", code: null },
  }),
};

function chatOf(body: unknown): Chat | undefined {
  if (!isRecord(body)) return undefined;
  const messages: ChatMessage[] = [];
  let system = "";
  for (const message of arrayOf(body["messages"])) {
    if (!isRecord(message)) continue;
    const role = message["role"];
    const text = contentText(message["content"]);
    if (role === "system" || role === "developer") system += text;
    else if (role === "user" || role === "assistant" || role === "tool") {
      messages.push({ role, text, size: JSON.stringify(message).length });
    }
  }
  const tools = arrayOf(body["tools"]);
  const toolsSize = tools.length === 0 ? 0 : JSON.stringify(tools).length;
  return { model: stringOf(body["model"]), system, messages, toolsSize };
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  return arrayOf(content)
    .map((part) => (isRecord(part) ? stringOf(part["text"]) : ""))
    .join("\n");
}

function writerOf(response: ServerResponse, model: string): AnswerWriter {
  const created = Math.floor(Date.now() / 1000);
  let calls = 0;
  const frame = (choices: unknown[], usage?: unknown): void => {
    const chunk = { id: "chatcmpl-scripted", object: "chat.completion.chunk", created, model };
    response.write(
      `data: ${JSON.stringify({ ...chunk, choices, ...(usage === undefined ? {} : { usage }) })}\n\n`,
    );
  };
  const delta = (value: unknown): void => {
    frame([{ index: 0, delta: value, finish_reason: null }]);
  };
  return {
    start: () => {
      delta({ role: "assistant", content: "" });
    },
    reasoning: (text) => {
      delta({ reasoning_content: text });
    },
    text: (text) => {
      delta({ content: text });
    },
    toolCall: (call, callID) => {
      const index = calls++;
      const head = { index, id: callID, type: "function" };
      delta({ tool_calls: [{ ...head, function: { name: call.name, arguments: "" } }] });
      delta({ tool_calls: [{ index, function: { arguments: JSON.stringify(call.input) } }] });
    },
    finish: (usage, hasToolCalls) => {
      frame([{ index: 0, delta: {}, finish_reason: hasToolCalls ? "tool_calls" : "stop" }]);
      frame([], usageOf(usage));
      response.end("data: [DONE]\n\n");
    },
  };
}

function usageOf(usage: AnswerUsage): unknown {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
