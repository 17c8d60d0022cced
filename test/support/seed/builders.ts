import type { Action, ServerAction } from "../../../src/core/state/actions.ts";
import { type Capability, NO_CAPABILITIES } from "../../../src/core/state/capabilities.ts";
import type { Endpoint } from "../../../src/core/state/endpoint.ts";
import type { Model, ModelRef } from "../../../src/core/state/model.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import type { PendingRequest, PermissionRequest } from "../../../src/core/state/request.ts";
import type { Session } from "../../../src/core/state/session.ts";
import {
  type Activity,
  type ConnectionState,
  INITIAL_STATE,
  type Project,
  type State,
  type StepUsage,
} from "../../../src/core/state/state.ts";
import type { Tokens } from "../../../src/core/usage/usage.ts";

/** The current time in test states. */
export const NOW_MS = Date.UTC(2026, 10, 21, 12, 0, 0);

/** The time this many minutes before `NOW_MS`. */
export function minutesAgo(minutes: number): number {
  return NOW_MS - minutes * 60_000;
}

export const SONNET: ModelRef = { providerID: "acme", modelID: "sonnet", variant: undefined };

/** A catalogue entry with a window of 200,000 tokens and a list price, unless overridden. */
export function aModel(overrides: Partial<Model> = {}): Model {
  return {
    providerID: SONNET.providerID,
    modelID: SONNET.modelID,
    name: "Sonnet",
    contextLimit: 200_000,
    price: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
    ...overrides,
  };
}

/** Tokens of the given kinds, zero for the rest. */
export function someTokens(
  counts: Partial<Record<"input" | "output" | "reasoning" | "cacheRead" | "cacheWrite", number>>,
): Tokens {
  return {
    input: counts.input ?? 0,
    output: counts.output ?? 0,
    reasoning: counts.reasoning ?? 0,
    cache: { read: counts.cacheRead ?? 0, write: counts.cacheWrite ?? 0 },
  };
}

/** A session of one server; a number for `tokens` means input tokens. */
export function aSession(
  options: Partial<Session> & { id: string; costUSD?: number; tokens?: number | Tokens },
): Session {
  const { costUSD = 0, tokens = 0, ...overrides } = options;
  return {
    parentID: undefined,
    projectID: "project-app",
    directory: "/code/app",
    title: options.id,
    agent: "build",
    model: SONNET,
    totals: {
      costUSD,
      tokens: typeof tokens === "number" ? someTokens({ input: tokens }) : tokens,
    },
    createdMs: minutesAgo(60),
    updatedMs: minutesAgo(30),
    archivedMs: undefined,
    changes: undefined,
    shareURL: undefined,
    revertMessageID: undefined,
    forkOfID: undefined,
    isUnread: false,
    ...overrides,
  };
}

/** A server to add to a state. */
export interface ServerSpec {
  readonly endpoint: Endpoint;
  readonly actions: readonly Action[];
}

/** A connected OpenCode 1 server with its sessions. `live` actions follow the snapshot. */
export function aServer(
  options: {
    id?: string;
    name?: string;
    origin?: Endpoint["origin"];
    sessions?: readonly Session[];
    models?: readonly Model[];
    projects?: readonly Project[];
    activities?: Readonly<Record<string, Activity>>;
    requests?: readonly PendingRequest[];
    capabilities?: readonly Capability[];
    hostname?: string;
    connection?: ConnectionState;
    hasSnapshot?: boolean;
    live?: (serverID: string) => readonly ServerAction[];
  } = {},
): ServerSpec {
  const serverID = options.id ?? "http://127.0.0.1:4096";
  const endpoint: Endpoint = {
    serverID,
    url: serverID.startsWith("http") ? serverID : `http://${serverID}`,
    name: options.name ?? "local",
    origin: options.origin ?? "local",
    username: "opencode",
    directory: undefined,
    pid: undefined,
  };
  const actions: Action[] = [{ type: "server.found", endpoint }];
  if (options.hasSnapshot !== false) {
    actions.push(
      {
        type: "server.identified",
        serverID,
        version: "1.18.33",
        generation: "OpenCode 1",
        capabilities:
          options.capabilities === undefined ? NO_CAPABILITIES : new Set(options.capabilities),
      },
      { type: "models.loaded", serverID, models: options.models ?? [aModel()] },
      { type: "projects.loaded", serverID, projects: options.projects ?? [] },
      {
        type: "snapshot.loaded",
        serverID,
        sessions: options.sessions ?? [],
        atMs: minutesAgo(10),
      },
      {
        type: "activities.loaded",
        serverID,
        scope: { kind: "all" },
        // As servers report it, a session that waits for an answer is working.
        activities: new Map<string, Activity>([
          ...(options.requests ?? []).map(
            ({ sessionID, askedMs }) => [sessionID, { kind: "working", sinceMs: askedMs }] as const,
          ),
          ...Object.entries(options.activities ?? {}),
        ]),
        requests: options.requests ?? [],
        except: new Set(),
        requestsExcept: new Set(),
      },
      {
        type: "connection.changed",
        serverID,
        connection: { kind: "connected", sinceMs: minutesAgo(10) },
      },
    );
  }
  if (options.hostname !== undefined) {
    actions.push({ type: "hostname.known", serverID, hostname: options.hostname });
  }
  actions.push(...(options.live?.(serverID) ?? []));
  if (options.connection !== undefined) {
    actions.push({ type: "connection.changed", serverID, connection: options.connection });
  }
  return { endpoint, actions };
}

/** The state after the actions of all servers, computed by the real reducer. */
export function stateWith(...servers: readonly ServerSpec[]): State {
  return after(INITIAL_STATE, ...servers.flatMap((server) => server.actions));
}

/** The state after further actions. */
export function after(state: State, ...actions: readonly Action[]): State {
  return reduce(state, actions).state;
}

/** A permission request of a session. */
export function aPermission(
  sessionID: string,
  overrides: Partial<PermissionRequest> = {},
): PermissionRequest {
  return {
    kind: "permission",
    id: `permission-of-${sessionID}`,
    sessionID,
    directory: "/code/app",
    permission: "bash",
    patterns: ["npm test"],
    always: ["npm *"],
    command: "npm test",
    diff: undefined,
    filePath: undefined,
    askedMs: minutesAgo(3),
    ...overrides,
  };
}

/** A finished step whose tokens fill the context. */
export function aStep(options: Partial<StepUsage> = {}): StepUsage {
  return {
    messageID: "message-1",
    costUSD: 0.01,
    tokens: someTokens({ input: 1000, output: 500 }),
    ...options,
  };
}

/** The action that sets how full a session's context is. */
export function contextKnown(
  serverID: string,
  sessionID: string,
  contextTokens: number,
  isEstimate = false,
): ServerAction {
  return {
    type: "context.known",
    serverID,
    sessionID,
    context: {
      contextTokens,
      modelKey: `${SONNET.providerID}/${SONNET.modelID}`,
      messageID: "message-1",
      isEstimate,
    },
  };
}
