import { parentOf, rootOf, sessionModel } from "./lookup.ts";
import { modelKey } from "./model.ts";
import { contextUse, treeUsage } from "./selectors.ts";
import type { SessionRef } from "./session.ts";
import { type SessionState, sessionState } from "./sessionState.ts";
import { isShown } from "./shown.ts";
import { amount, price, state as stateSchema, text } from "./sessionStatusSchema.ts";
import { type CostStatus, costStatus } from "./sessionStatus.ts";
import type { State } from "./state.ts";
import { totalTokens } from "./usage.ts";

export interface SessionListOptions {
  /** Most entries, those changed last. */
  readonly limit: number;
  /** Those that a task started as well. */
  readonly includesChildren: boolean;
  /** Those put away as well. */
  readonly includesArchived: boolean;
  /** Only sessions of this folder. */
  readonly directory?: string | undefined;
}

/** One session in few words: plain JSON. */
export interface SessionListEntry extends CostStatus {
  readonly sessionID: string;
  readonly serverID: string;
  readonly server: string;
  readonly title: string;
  readonly directory: string;
  readonly parentID: string | null;
  readonly rootID: string;
  readonly state: SessionState["kind"];
  readonly model: string | null;
  /** By the server's clock, milliseconds since the epoch. */
  readonly updatedMs: number;
  /** It and all below it; `totalTokens`, `cost` and `costState` are theirs. */
  readonly sessions: number;
  readonly totalTokens: number;
  readonly contextPercent: number | null;
}

export interface SessionList {
  readonly schemaVersion: 1;
  /** Changed last first. */
  readonly sessions: readonly SessionListEntry[];
  /** Sessions that `limit` left out. */
  readonly more: number;
}

/** The sessions of all servers, those changed last first; one that several servers have once, as it is shown. */
export function sessionList(state: State, options: SessionListOptions): SessionList {
  const wanted: { readonly ref: SessionRef; readonly updatedMs: number }[] = [];
  for (const [serverID, { sessions }] of state.servers) {
    for (const session of sessions.values()) {
      if (!options.includesChildren && session.parentID !== undefined) continue;
      if (!options.includesArchived && (session.archivedMs ?? 0) > 0) continue;
      if (options.directory !== undefined && session.directory !== options.directory) continue;
      const ref = { serverID, sessionID: session.id };
      if (isShown(state, ref)) wanted.push({ ref, updatedMs: session.updatedMs });
    }
  }
  wanted.sort((a, b) => b.updatedMs - a.updatedMs);
  const shown = wanted.slice(0, options.limit);
  return {
    schemaVersion: 1,
    sessions: shown.flatMap(({ ref }) => entryOf(state, ref) ?? []),
    more: wanted.length - shown.length,
  };
}

function entryOf(state: State, ref: SessionRef): SessionListEntry | undefined {
  const server = state.servers.get(ref.serverID);
  const session = server?.sessions.get(ref.sessionID);
  if (server === undefined || session === undefined) return undefined;
  const tree = treeUsage(state, ref);
  const model = sessionModel(state, ref);
  return {
    sessionID: ref.sessionID,
    serverID: ref.serverID,
    server: server.endpoint.name,
    title: session.title,
    directory: session.directory,
    parentID: parentOf(state, ref)?.sessionID ?? session.parentID ?? null,
    rootID: rootOf(state, ref).sessionID,
    state: sessionState(state, ref).kind,
    model: model === undefined ? null : modelKey(model),
    updatedMs: session.updatedMs,
    sessions: tree.descendants + 1,
    totalTokens: totalTokens(tree.usage.tokens),
    ...costStatus(tree.usage),
    contextPercent: contextUse(state, ref)?.percent ?? null,
  };
}

/** JSON Schema (2020-12) of `SessionList`: what `list_sessions` answers, whoever asks. */
export const SESSION_LIST_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "list_sessions",
  description: "Sessions, those changed last first; figures are of the whole tree of each.",
  type: "object",
  properties: {
    schemaVersion: { const: 1 },
    sessions: {
      type: "array",
      items: {
        type: "object",
        properties: {
          sessionID: text,
          serverID: text,
          server: text,
          title: text,
          directory: text,
          parentID: { type: ["string", "null"] },
          rootID: text,
          state: stateSchema,
          model: { type: ["string", "null"], description: "providerID/modelID" },
          updatedMs: { type: "number" },
          sessions: { type: "integer", minimum: 1, description: "It and all below it" },
          totalTokens: { type: "number", minimum: 0 },
          ...price,
          contextPercent: amount,
        },
        required: [
          "sessionID",
          "serverID",
          "server",
          "title",
          "directory",
          "parentID",
          "rootID",
          "state",
          "model",
          "updatedMs",
          "sessions",
          "totalTokens",
          "cost",
          "costState",
          "contextPercent",
        ],
        additionalProperties: false,
      },
    },
    more: { type: "integer", minimum: 0, description: "Sessions that the limit left out" },
  },
  required: ["schemaVersion", "sessions", "more"],
  additionalProperties: false,
} as const;
