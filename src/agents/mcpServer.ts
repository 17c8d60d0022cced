import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Result } from "../core/result.ts";
import type { AgentTools } from "./agentTools.ts";
import { TOOLS } from "./toolDescriptions.ts";

/**
 * Serves the tools over the Model Context Protocol on this process's standard input and output until the client
 * closes them.
 */
export async function serveTools(tools: AgentTools, version: string): Promise<void> {
  // McpServer requires zod schemas; ours are JSON Schema, the same for every interface.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const server = new Server(
    { name: "opencode-sessions", version },
    {
      capabilities: { tools: {} },
      instructions:
        "What OpenCode sessions have used: tokens, cost, context, budgets. session_status without an id answers for the calling session.",
    },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: TOOLS.map(({ name, title, description, inputSchema, outputSchema }) => ({
      name,
      title,
      description,
      inputSchema,
      outputSchema,
      annotations: { readOnlyHint: true, openWorldHint: false },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) =>
    resultOf(await tools.call(params.name, params.arguments ?? {})),
  );
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  // The transport doesn't notice when its client goes away.
  process.stdin.once("end", () => void server.close());
  await server.connect(new StdioServerTransport());
  await closed;
}

function resultOf(answer: Result<object, Error>) {
  if (!answer.ok) {
    return { content: [{ type: "text" as const, text: answer.error.message }], isError: true };
  }
  return {
    content: [{ type: "text" as const, text: JSON.stringify(answer.value) }],
    structuredContent: { ...answer.value },
  };
}
