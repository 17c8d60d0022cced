import { operationKey, type Specification } from "../specification.ts";

/**
 * How to call this server, where versions of OpenCode 2 differ. Chosen by what its own `/openapi.json` names;
 * without one, as in 2.0.18.
 */
export interface Routes {
  readonly renamesByPatch: boolean;
  readonly clearsRevertByDelete: boolean;
  readonly cancelsFormByDelete: boolean;
  readonly replyField: "decision" | "reply";
  readonly forkField: "before" | "boundary" | "messageID";
  /** Early versions take `{prompt: {text}}`, later ones `{text}`. */
  readonly nestsPrompt: boolean;
  readonly takesFiles: boolean;
  readonly takesDelivery: boolean;
  /** Base path of MCP servers; undefined if none can be added. */
  readonly mcpPath: string | undefined;
  /** Path of a session's durable log, before and after the session's id; undefined if there is none. */
  readonly logPath: readonly [before: string, after: string] | undefined;
  readonly statisticsPath: string | undefined;
  readonly hasInbox: boolean;
  readonly hasView: boolean;
  readonly hasRevert: boolean;
}

const SESSION = "/api/session/{}";
const LOG = `${SESSION}/log`;
const EXPERIMENTAL_LOG = "/api/experimental/session/{}/log";

/** Chooses the routes; an undefined specification means that the server has none to read. */
export function chooseRoutes(specification: Specification | undefined): Routes {
  const has = (method: string, path: string): boolean =>
    specification === undefined || specification.operations.has(operationKey(method, path));
  /** The first that exists; the first of all if nothing is known. */
  const first = (method: string, ...paths: readonly string[]): string | undefined =>
    paths.find((path) => has(method, path));
  const bodyOf = (method: string, path: string): ReadonlySet<string> | undefined =>
    specification?.operations.get(operationKey(method, path))?.body;

  const reply = bodyOf("POST", `${SESSION}/permission/{}/reply`);
  const fork = bodyOf("POST", `${SESSION}/fork`);
  const prompt = bodyOf("POST", `${SESSION}/prompt`);
  const mcp = first("PUT", "/api/experimental/mcp/{}", "/api/mcp/{}");
  const log = first("GET", EXPERIMENTAL_LOG, LOG);
  return {
    renamesByPatch: has("PATCH", SESSION) || !has("POST", `${SESSION}/rename`),
    clearsRevertByDelete: has("DELETE", `${SESSION}/revert`),
    cancelsFormByDelete: has("DELETE", `${SESSION}/form/{}`),
    replyField: reply?.has("reply") === true && !reply.has("decision") ? "reply" : "decision",
    forkField:
      fork === undefined || fork.has("before")
        ? "before"
        : fork.has("boundary")
          ? "boundary"
          : "messageID",
    nestsPrompt: prompt?.has("prompt") === true && !prompt.has("text"),
    takesFiles: prompt === undefined || prompt.has("files") || prompt.has("prompt"),
    takesDelivery: prompt === undefined || prompt.has("delivery"),
    mcpPath: mcp?.slice(0, -"/{}".length),
    logPath: log === undefined ? undefined : splitAtParameter(log),
    statisticsPath: first("GET", "/api/experimental/session/stats", "/api/session/stats"),
    hasInbox: has("GET", `${SESSION}/inbox`),
    hasView: has("POST", `${SESSION}/view`),
    hasRevert: has("POST", `${SESSION}/revert/stage`),
  };
}

function splitAtParameter(path: string): readonly [string, string] {
  const at = path.indexOf("{}");
  return [path.slice(0, at), path.slice(at + 2)];
}
