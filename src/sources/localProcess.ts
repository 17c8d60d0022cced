import { t } from "../core/language.ts";
import { execFile } from "node:child_process";
import { failed, ok } from "../core/result.ts";
import type { Result } from "../core/result.ts";
import { ServerError } from "../core/errors.ts";
import type { OpenCodeCommand } from "./openCodeCommand.ts";
import { loopbackHost } from "./openCodeCommand.ts";

/** An address a process listens on, as the system writes it: `127.0.0.1`, `0.0.0.0`, `::`, `*`. */
export interface ListeningAddress {
  readonly address: string;
  readonly port: number;
}

/** A process of this user whose program is called OpenCode. */
export interface LocalProcess {
  readonly pid: number;
  readonly command: OpenCodeCommand;
  /** Its working directory, if the system reports it. */
  readonly directory: string | undefined;
  /** TCP addresses it listens on; empty if there are none or the system doesn't report them. */
  readonly listening: readonly ListeningAddress[];
}

/** Lists this user's OpenCode processes; one implementation per platform. Never throws. */
export type ProcessList = (signal: AbortSignal) => Promise<Result<readonly LocalProcess[]>>;

/**
 * Base URLs on this machine where a process may answer: from its sockets, else from its command line. Empty
 * for a process that doesn't listen, or only listens on other interfaces.
 */
export function processURLs(process: LocalProcess): readonly string[] {
  const { command, listening } = process;
  const addresses =
    listening.length > 0 || command.port === undefined
      ? listening
      : [{ address: command.hostname ?? "127.0.0.1", port: command.port }];
  const urls = new Set<string>();
  for (const { address, port } of addresses) {
    const host = loopbackHost(address);
    if (host !== undefined) urls.add(`http://${host}:${port}`);
  }
  return [...urls];
}

/**
 * Runs a system program and returns what it printed. A non-zero exit with output counts as success: `lsof`
 * exits with 1 when one of several processes has nothing to list.
 */
export function readProgram(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Result<string>> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { signal, env, timeout: 15_000, maxBuffer: 16 * 1024 * 1024, windowsHide: true },
      (error, stdout) => {
        if (error === null || (typeof error.code === "number" && !signal.aborted)) {
          resolve(ok(stdout));
          return;
        }
        const reason = signal.aborted
          ? "cancelled"
          : error.killed === true
            ? "timeout"
            : "rejected";
        const message = t`The program ${program} could not be run: ${error.code ?? error.message}.`;
        resolve(failed(new ServerError(reason, message, { cause: error })));
      },
    );
  });
}
