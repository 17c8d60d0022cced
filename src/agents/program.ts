/**
 * The program `opencode-sessions`: one file that runs under plain Node, without VS Code and without packages.
 * Started by the user, by OpenCode as an MCP server, and by OpenCode's own runtime for the tool file.
 */
import { runCLI } from "./cli.ts";
import { unsupportedRuntime } from "./nodeVersion.ts";

// The user can't do anything about SQLite being experimental in some runtimes.
process.removeAllListeners("warning");
// A reader that has seen enough, such as `head`, isn't a failure.
process.stdout.on("error", () => process.exit(0));
// Exits normally on a signal, so that anything kept only while running is cleaned up.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

const problem = unsupportedRuntime(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

void runCLI(process.argv.slice(2), {
  version: process.env["OPENCODE_SESSIONS_VERSION"] ?? "",
  environment: process.env,
  directory: process.cwd(),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}).then((code) => {
  // Open connections and pending input must not keep the process alive, and all output must arrive.
  process.stdout.write("", () => process.exit(code));
});
