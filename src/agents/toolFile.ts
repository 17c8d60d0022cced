/** Where OpenCode looks for tool files, below a project's folder or its own configuration folder. */
export const TOOL_FILE_NAME = "session_status.js";

/** The first line of our tool files: a file that begins otherwise belongs to someone else and is left alone. */
const MARK = "// session_status by OpenCode Sessions:";

export interface ToolFileOptions {
  /** Path of the program `opencode-sessions.cjs`. */
  readonly program: string;
  /** Path of the JSON file with budgets and prices. */
  readonly settings: string;
}

/**
 * The tool file for OpenCode 1: the only way for an agent to learn exactly which session is its own, which OpenCode
 * reports to a custom tool but not to an MCP server. Plain JavaScript without packages; OpenCode's own runtime, which
 * can run files, runs the program, so that Node needn't be installed (observed on 1.18). The program asks the server
 * that this tool runs in, whose process it knows, with the password in that server's environment.
 */
export function toolFileText({ program, settings }: ToolFileOptions): string {
  return `${MARK} what an agent's own session, and those it started, have used.
// Installed by the VS Code extension, which also removes it; deleting this file is enough.
import { execFile } from "node:child_process";

const program = ${JSON.stringify(program)};
const settings = ${JSON.stringify(settings)};

export default {
  description:
    "Tokens, cost, budgets and context use of this session and of the sessions it started, and its last turn. Returns JSON.",
  args: {},
  execute(_args, context) {
    const args = [program, "status", context.sessionID, "--json", "--settings", settings];
    // OpenCode's runtime is Bun, which runs a file when it is told to be itself.
    const env = { ...process.env, BUN_BE_BUN: "1", OPENCODE_PID: String(process.pid) };
    const options = { env, signal: context.abort, timeout: 60_000, windowsHide: true };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, args, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trim());
        else reject(new Error(stderr.trim() || error.message));
      });
    });
  },
};
`;
}

/** Whether a tool file is ours. */
export function isOurToolFile(text: string): boolean {
  return text.startsWith(MARK);
}
