import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { SessionStatus } from "../../../src/core/agents/publicAPI.ts";
import schemas from "../../../src/agents/answerSchemas.json" with { type: "json" };
import type { MessageWithParts, OpenCodeClient } from "./client.ts";
import { isRecord } from "../json.ts";

/** Figures as reported by the server itself. */
export interface ServerFigures {
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cache: { readonly read: number; readonly write: number };
  readonly totalTokens: number;
  readonly cost: number;
}

export function figuresOf(messages: readonly MessageWithParts[]): ServerFigures {
  const sum = { input: 0, output: 0, reasoning: 0, read: 0, write: 0, cost: 0 };
  for (const { info } of messages) {
    if (info.role !== "assistant") continue;
    sum.input += info.tokens.input;
    sum.output += info.tokens.output;
    sum.reasoning += info.tokens.reasoning;
    sum.read += info.tokens.cache.read;
    sum.write += info.tokens.cache.write;
    sum.cost += info.cost;
  }
  const { input, output, reasoning, read, write, cost } = sum;
  const totalTokens = input + output + reasoning + read + write;
  return { input, output, reasoning, cache: { read, write }, totalTokens, cost };
}

/** The messages before the one that contains a call: the usage at the time of the call. */
export function messagesBefore(
  messages: readonly MessageWithParts[],
  call: { readonly messageID: string },
): readonly MessageWithParts[] {
  return messages.slice(
    0,
    messages.findIndex(({ info }) => info.id === call.messageID),
  );
}

/** A finished tool call and its output. */
export interface EndedCall {
  readonly messageID: string;
  readonly status: string;
  readonly output: string;
}

export async function callsOf(
  client: OpenCodeClient,
  sessionID: string,
  tool: string,
): Promise<readonly EndedCall[]> {
  return (await client.messages(sessionID)).flatMap(({ info, parts }) =>
    parts.flatMap((part) => {
      if (part.type !== "tool" || part.tool !== tool) return [];
      const { state } = part;
      const output =
        state.status === "completed" ? state.output : state.status === "error" ? state.error : "";
      return [{ messageID: info.id, status: state.status, output }];
    }),
  );
}

const validateStatus = new Ajv2020({ strict: true, allowUnionTypes: true }).compile<SessionStatus>(
  schemas.SessionStatus,
);

/** Parses a status from JSON and validates it against its schema. */
export function parsedStatus(json: string): SessionStatus {
  const value: unknown = JSON.parse(json);
  assert.ok(isRecord(value), json);
  assert.ok(validateStatus(value), JSON.stringify(validateStatus.errors));
  return value;
}

/** Compares figures; costs to a billionth of a dollar, because float sums differ in the last digit. */
export function assertFigures(
  actual: Omit<ServerFigures, "cost"> & { readonly cost: number | null },
  expected: ServerFigures,
  what: string,
): void {
  const { input, output, reasoning, cache, totalTokens } = actual;
  const { cost: expectedCost, ...tokens } = expected;
  assert.deepEqual({ input, output, reasoning, cache, totalTokens }, tokens, what);
  assert.ok(
    actual.cost !== null && Math.abs(actual.cost - expectedCost) < 1e-9,
    `${what}: cost ${String(actual.cost)} is not ${String(expectedCost)}`,
  );
}
