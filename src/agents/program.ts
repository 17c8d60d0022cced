/**
 * The program `opencode-sessions`: one file that runs under plain Node, without VS Code and without packages.
 * Started by a person, by OpenCode as an MCP server, and by OpenCode's own runtime for the tool file.
 */
import { runCLI } from "./cli.ts";
import { unsupportedRuntime } from "./nodeVersion.ts";

// That SQLite is experimental in some runtimes is nothing a person can act on.
process.removeAllListeners("warning");
// A reader that has seen enough, as `head`, is no failure.
process.stdout.on("error", () => process.exit(0));
// Ends by itself, so that what it keeps while it runs is removed.
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
  // Kept connections and a wait for input must not hold it, and what was written must arrive.
  process.stdout.write("", () => process.exit(code));
});
