import { isReadableInTransit } from "../core/credentialPolicy.ts";
import type { WindowSources } from "./windowAnswers.ts";

/** How VS Code starts an MCP server for one OpenCode server; without its password. */
export interface ServerDefinition {
  readonly label: string;
  readonly serverID: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** An MCP server for each connected OpenCode server. */
export function serverDefinitions(
  { store }: Pick<WindowSources, "store">,
  program: string,
): readonly ServerDefinition[] {
  return [...store.state.servers].flatMap(([serverID, { endpoint, connection }]) => {
    if (connection.kind !== "connected") return [];
    // The program has no tunnels, and refuses what others on the network could read.
    if (endpoint.isTunnel === true || isReadableInTransit(endpoint)) return [];
    return [
      {
        label: `OpenCode Sessions: ${endpoint.name}`,
        serverID,
        command: process.execPath,
        args: [program, "mcp"],
        environment: {
          // Makes VS Code's own program run as Node.
          ELECTRON_RUN_AS_NODE: "1",
          OPENCODE_SESSIONS_URL: endpoint.url,
          OPENCODE_SESSIONS_USERNAME: endpoint.username,
        },
      },
    ];
  });
}

/** Calls the listener when the definitions change, until the returned function is called. */
export function onDidChangeDefinitions(
  sources: Pick<WindowSources, "store">,
  program: string,
  listener: () => void,
): () => void {
  const now = (): string => JSON.stringify(serverDefinitions(sources, program));
  let known = now();
  return sources.store.onDidChange(({ servers, structure }) => {
    if (servers.size === 0 && !structure) return;
    const before = known;
    known = now();
    if (known !== before) listener();
  });
}
