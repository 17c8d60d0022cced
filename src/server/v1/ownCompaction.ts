import { countOf, objectOf } from "../narrow.ts";

/** Maximum output of a step if the model allows more, and the reserve if none is configured. */
const MOST_OUTPUT_TOKENS = 32_000;
const USUAL_RESERVE_TOKENS = 20_000;

/**
 * The context in tokens at which OpenCode 1 compacts a session automatically, at the end of the step that reaches it;
 * undefined if it never does. `config` is its configuration, `model` its catalogue entry. The formula is the server's
 * own (1.18) and was checked against it: a limit of 32,000 with 4,000 of output gives 28,000.
 */
export function ownCompactionTokens(config: unknown, model: unknown): number | undefined {
  const compaction = objectOf(objectOf(config)["compaction"]);
  if (compaction["auto"] === false) return undefined;
  const limit = objectOf(objectOf(model)["limit"]);
  const context = countOf(limit["context"]);
  if (context === 0) return undefined;
  const output = Math.min(countOf(limit["output"]), MOST_OUTPUT_TOKENS) || MOST_OUTPUT_TOKENS;
  const input = countOf(limit["input"]);
  if (input === 0) return Math.max(0, context - output);
  const configured = compaction["reserved"];
  const reserved =
    typeof configured === "number" ? configured : Math.min(USUAL_RESERVE_TOKENS, output);
  return Math.max(0, input - reserved);
}
