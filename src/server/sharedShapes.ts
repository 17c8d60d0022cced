import { MAX_PICTURE_CHARACTERS } from "../core/limits.ts";
import type { MessagePart, TurnDiff } from "../core/state/message.ts";
import type { ModelRef } from "../core/state/model.ts";
import type { PendingRequest } from "../core/state/request.ts";
import type { SessionTotals } from "../core/state/session.ts";
import type { Project } from "../core/state/state.ts";
import { type ModelPrice, NO_TOKENS, type Tokens } from "../core/usage/usage.ts";
import type { Agent, SlashCommand } from "./gateway.ts";
import { arrayOf, countOf, idOf, isObject, nameOf, objectOf, stringOf } from "./narrow.ts";

/*
 * Shapes that both generations of OpenCode share.
 */

/** Reads `{input, output, reasoning, cache{read, write}}`; missing kinds are zero. */
export function parseTokens(value: unknown): Tokens {
  if (!isObject(value)) return NO_TOKENS;
  const cache = objectOf(value["cache"]);
  return {
    input: countOf(value["input"]),
    output: countOf(value["output"]),
    reasoning: countOf(value["reasoning"]),
    cache: { read: countOf(cache["read"]), write: countOf(cache["write"]) },
  };
}

/** Reads `{providerID, id | modelID, variant?}`. */
export function parseModelRef(value: unknown): ModelRef | undefined {
  if (!isObject(value)) return undefined;
  const providerID = nameOf(value["providerID"]);
  const modelID = nameOf(value["modelID"]) ?? nameOf(value["id"]);
  if (providerID === undefined || modelID === undefined) return undefined;
  const variant = nameOf(value["variant"]);
  return { providerID, modelID, variant: variant === "default" ? undefined : variant };
}

/** Reads `{input, output, cache{read, write}}` in dollars per million; undefined when all are zero. */
export function parsePrice(value: unknown): ModelPrice | undefined {
  if (!isObject(value)) return undefined;
  const cache = objectOf(value["cache"]);
  const price: ModelPrice = {
    input: countOf(value["input"]),
    output: countOf(value["output"]),
    cacheRead: countOf(cache["read"]),
    cacheWrite: countOf(cache["write"]),
  };
  const isFree = price.input + price.output + price.cacheRead + price.cacheWrite === 0;
  return isFree ? undefined : price;
}

/** Reads `{cost, tokens}`, a session's absolute figures; undefined without tokens, as on servers before 1.14.49. */
export function parseTotals(value: unknown): SessionTotals | undefined {
  const { cost, tokens } = objectOf(value);
  return isObject(tokens) ? { costUSD: countOf(cost), tokens: parseTokens(tokens) } : undefined;
}

/** Reads file diffs `{file | path, patch | diff, additions, deletions}`. */
export function parseDiffs(value: unknown): readonly TurnDiff[] {
  return arrayOf(value).flatMap((item) => {
    const diff = objectOf(item);
    const file = stringOf(diff["file"]) ?? stringOf(diff["path"]);
    if (file === undefined) return [];
    return [
      {
        file,
        additions: countOf(diff["additions"]),
        deletions: countOf(diff["deletions"]),
        patch: stringOf(diff["patch"]) ?? stringOf(diff["diff"]),
      },
    ];
  });
}

/** Picture types that can't contain scripts. */
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp);base64,/;

/** Reads a file of a message. Its contents are only kept if they are a picture of reasonable size. */
export function parseFile(id: string, name: unknown, url: unknown, mime: unknown): MessagePart {
  const text = stringOf(url) ?? "";
  const isData = text.startsWith("data:");
  const isPicture = text.length <= MAX_PICTURE_CHARACTERS && PICTURE.test(text.slice(0, 40));
  return {
    kind: "file",
    id,
    filename: stringOf(name) ?? (isData ? "" : text),
    mime: stringOf(mime) ?? "",
    ...(isPicture ? { pictureURL: text } : {}),
  };
}

/** Reads an agent a prompt may name; undefined for hidden ones. */
export function parseAgent(value: unknown): Agent | undefined {
  const agent = objectOf(value);
  const name = nameOf(agent["id"]) ?? nameOf(agent["name"]);
  if (name === undefined || agent["hidden"] === true) return undefined;
  return {
    name,
    description: stringOf(agent["description"]) ?? "",
    isPrimary: agent["mode"] !== "subagent",
  };
}

/** Reads a slash command. */
export function parseCommand(value: unknown): SlashCommand | undefined {
  const command = objectOf(value);
  const name = nameOf(command["name"]);
  return name === undefined
    ? undefined
    : { name, description: stringOf(command["description"]) ?? "" };
}

/** Reads a project `{id, worktree | canonical, name?}`. */
export function parseProject(value: unknown): Project | undefined {
  const { id, worktree, canonical, directory, name } = objectOf(value);
  const projectID = idOf(id);
  const folder = stringOf(worktree) ?? stringOf(canonical) ?? stringOf(directory);
  if (projectID === undefined || folder === undefined) return undefined;
  return { id: projectID, worktree: folder, name: stringOf(name) };
}

/** The facts that all requests of a session share; undefined without id or session. */
export function parseRequestFacts(
  value: unknown,
  directory: string | undefined,
  nowMs: number,
): Pick<PendingRequest, "id" | "sessionID" | "directory" | "askedMs"> | undefined {
  const { id: given, sessionID: session } = objectOf(value);
  const id = idOf(given);
  const sessionID = idOf(session);
  return id === undefined || sessionID === undefined
    ? undefined
    : { id, sessionID, directory, askedMs: nowMs };
}

/** Reads all items of a list, leaving out those `parse` refuses; undefined if it isn't a list. */
export function parseAll<T>(
  body: unknown,
  parse: (item: unknown) => T | undefined,
): T[] | undefined {
  if (!Array.isArray(body)) return undefined;
  const found: T[] = [];
  const items: readonly unknown[] = body;
  for (const item of items) {
    const parsed = parse(item);
    if (parsed !== undefined) found.push(parsed);
  }
  return found;
}
