import type { ServerResponse } from "node:http";
import { arrayOf, isRecord, stringOf } from "../json.ts";
import type { Chat, ChatMessage } from "./scriptedAnswer.ts";
import type { AnswerWriter, Wire } from "./scriptedWire.ts";

/**
 * The messages format (`POST /v1/messages`), as used by `@ai-sdk/anthropic`: the one in which a provider
 * reports cache writes separately from cache reads.
 */
export const messagesWire: Wire = {
  path: "/v1/messages",
  chatOf,
  writerOf,
  errorBody: (message, status) => ({
    type: "error",
    error: { type: status < 500 ? "invalid_request_error" : "api_error", message },
  }),
};

function chatOf(body: unknown): Chat | undefined {
  if (!isRecord(body)) return undefined;
  const messages: ChatMessage[] = [];
  for (const message of arrayOf(body["messages"])) {
    if (!isRecord(message)) continue;
    const { role, content } = message;
    const size = JSON.stringify(message).length;
    if (role === "assistant") {
      messages.push({ role, text: textOf(content), size });
      continue;
    }
    // One user message may hold tool results and several prompts: unanswered ones are merged into it.
    const parts =
      typeof content === "string" ? [{ type: "text", text: content }] : arrayOf(content);
    for (const part of parts) {
      if (!isRecord(part)) continue;
      const isText = part["type"] === "text";
      messages.push({
        role: isText ? "user" : "tool",
        text: isText ? stringOf(part["text"]) : "",
        size: JSON.stringify(part).length,
      });
    }
  }
  const tools = arrayOf(body["tools"]);
  const toolsSize = tools.length === 0 ? 0 : JSON.stringify(tools).length;
  return { model: stringOf(body["model"]), system: textOf(body["system"]), messages, toolsSize };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return arrayOf(content)
    .map((part) => (isRecord(part) && part["type"] === "text" ? stringOf(part["text"]) : ""))
    .join("");
}

function writerOf(response: ServerResponse, model: string): AnswerWriter {
  let index = -1;
  let open: "thinking" | "text" | undefined;
  const frame = (type: string, value: Record<string, unknown>): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`);
  };
  const close = (): void => {
    if (open !== undefined) frame("content_block_stop", { index });
    open = undefined;
  };
  const ensure = (kind: "thinking" | "text"): void => {
    if (open === kind) return;
    close();
    open = kind;
    const block = kind === "text" ? { type: kind, text: "" } : { type: kind, thinking: "" };
    frame("content_block_start", { index: ++index, content_block: block });
  };
  return {
    start: (usage) => {
      const message = { id: "msg_scripted", type: "message", role: "assistant", model };
      frame("message_start", {
        message: {
          ...message,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: {
            input_tokens: usage.promptTokens - usage.cachedTokens - usage.cacheWriteTokens,
            cache_creation_input_tokens: usage.cacheWriteTokens,
            cache_read_input_tokens: usage.cachedTokens,
            output_tokens: 1,
          },
        },
      });
    },
    reasoning: (text) => {
      ensure("thinking");
      frame("content_block_delta", { index, delta: { type: "thinking_delta", thinking: text } });
    },
    text: (text) => {
      ensure("text");
      frame("content_block_delta", { index, delta: { type: "text_delta", text } });
    },
    toolCall: (call, callID) => {
      close();
      frame("content_block_start", {
        index: ++index,
        content_block: { type: "tool_use", id: callID, name: call.name, input: {} },
      });
      frame("content_block_delta", {
        index,
        delta: { type: "input_json_delta", partial_json: JSON.stringify(call.input) },
      });
      frame("content_block_stop", { index });
    },
    finish: (usage, hasToolCalls) => {
      close();
      frame("message_delta", {
        delta: { stop_reason: hasToolCalls ? "tool_use" : "end_turn", stop_sequence: null },
        usage: {
          output_tokens: usage.completionTokens,
          output_tokens_details: { thinking_tokens: usage.reasoningTokens },
        },
      });
      frame("message_stop", {});
      response.end();
    },
  };
}
