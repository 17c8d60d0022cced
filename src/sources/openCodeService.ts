import { t } from "../core/language.ts";
import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { ServerError } from "../core/errors.ts";
import { failed, ok, type Result } from "../core/result.ts";
import type { Environment } from "./openCodeConfig.ts";
import { findProgram, type FoundProgram, programEnvironment } from "./openCodeProgram.ts";

const VERSION_TIMEOUT_MS = 15_000;
/** The first start of a version may migrate its database. */
const START_TIMEOUT_MS = 60_000;

/** Options for starting the background service. */
export interface OpenCodeServiceOptions {
  /** The program from the settings: a path, or a name to look up. */
  readonly program: string;
  readonly environment: Environment;
  readonly homeDir?: string;
  readonly platform?: NodeJS.Platform;
}

/**
 * Runs `opencode service start`, which starts the user's background service of OpenCode 2 unless it is
 * already running. Only call this at the user's request: the service outlives the editor, and is found by its
 * registration file like one started elsewhere. Returns the program's version. Fails with "unsupported" for
 * OpenCode 1, which has no service.
 */
export async function startOpenCodeService(
  options: OpenCodeServiceOptions,
  signal: AbortSignal,
): Promise<Result<string>> {
  const { environment, platform = process.platform, homeDir = homedir() } = options;
  const program = await findProgram(options.program, { environment, homeDir, platform });
  if (program === undefined) {
    return failed(
      new ServerError(
        "notFound",
        t`OpenCode was not found: there is no program “${options.program}”. Install it, or set “opencodeSessions.opencodePath” to its path.`,
      ),
    );
  }
  const run = (words: readonly string[], timeoutMs: number): Promise<Result<string>> =>
    output(program, words, { environment, homeDir, timeoutMs, signal });
  const said = await run(["--version"], VERSION_TIMEOUT_MS);
  if (!said.ok) return said;
  const version = /\b\d{1,9}\.\d{1,9}\.\d{1,9}\S*/.exec(said.value)?.[0];
  if (version === undefined || Number.parseInt(version, 10) < 2) {
    const name = version === undefined ? t("This program") : t`OpenCode ${version}`;
    return failed(
      new ServerError(
        "unsupported",
        t`${name} has no background service: it was introduced in OpenCode 2. “Start Private Server” runs one for VS Code.`,
      ),
    );
  }
  const started = await run(["service", "start"], START_TIMEOUT_MS);
  return started.ok ? ok(version) : started;
}

interface RunOptions {
  readonly environment: Environment;
  readonly homeDir: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A program's output; the error has the last line it printed. */
function output(
  { file, needsShell }: FoundProgram,
  words: readonly string[],
  { environment, homeDir, timeoutMs, signal }: RunOptions,
): Promise<Result<string>> {
  return new Promise((resolve) => {
    execFile(
      needsShell ? `"${file}"` : file,
      words,
      {
        cwd: homeDir,
        env: programEnvironment(environment),
        shell: needsShell,
        signal,
        timeout: timeoutMs,
        windowsHide: true,
      },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(ok(stdout.trim()));
          return;
        }
        const command = `opencode ${words.join(" ")}`;
        if (signal.aborted) {
          resolve(failed(new ServerError("cancelled", t`“${command}” was cancelled.`)));
        } else if (error.killed === true) {
          const seconds = String(timeoutMs / 1000);
          const message = t`“${command}” did not end within ${seconds} seconds.`;
          resolve(failed(new ServerError("timeout", message)));
        } else {
          const complaint = stderr.trim().split("\n").at(-1)?.trim() ?? "";
          const why = complaint === "" ? t`exit code ${String(error.code)}` : complaint;
          resolve(failed(new ServerError("rejected", t`“${command}” failed: ${why}.`)));
        }
      },
    );
  });
}
