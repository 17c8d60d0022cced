import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { stripVTControlCharacters } from "node:util";
import { isLoopbackURL, normaliseServerURL } from "../core/state/endpoint.ts";
import type { StartOrder } from "./guardianProtocol.ts";
import type { Lease } from "./managedLease.ts";
import type { Environment } from "./openCodeConfig.ts";
import { programEnvironment } from "./openCodeProgram.ts";
import { endProcess, isAlive } from "./processEnd.ts";
import { identify } from "./processIdentity.ts";

/** A server process that a guardian watches. */
export interface GuardedServer extends Pick<Lease, "url" | "password" | "server"> {
  /** Undefined while it runs, then how it ended. */
  ended(): string | undefined;
  /** Calls `listener` when the server ends, where that can be detected immediately. */
  onEnd(listener: () => void): void;
  /** Ends the server and its child processes; resolves once it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts `opencode serve` on a free loopback port with a random password; a string result says why it failed
 * to come up. On failure, or when `signal` aborts, no process is left running. The password is passed in the
 * environment, which only this user can see. `onSpawned` receives the process id before the server is ready.
 */
export async function startServer(
  order: StartOrder,
  environment: Environment,
  signal: AbortSignal,
  onSpawned: (pid: number) => void,
): Promise<GuardedServer | string> {
  const password = randomBytes(24).toString("base64url");
  const child = spawnServer(order, serverEnvironment(environment, password));
  const watched = watchEnd(child);
  if (child.pid !== undefined) onSpawned(child.pid);
  const server = child.pid === undefined ? undefined : await identify(child.pid);
  const url = await Promise.race([
    listeningURL(child),
    watched.whenEnded,
    waitFor(order.startTimeoutMs, signal),
  ]);
  if (url !== undefined && server !== undefined && isLoopbackURL(url)) {
    return {
      url,
      password,
      server,
      ended: watched.ended,
      onEnd: (listener) => void watched.whenEnded.then(listener),
      stop: async () => {
        await endProcess(server);
      },
    };
  }
  const ended = watched.ended();
  if (server === undefined) child.kill("SIGKILL");
  else await endProcess(server);
  if (ended !== undefined) return ended;
  if (signal.aborted) return "The start was cancelled.";
  if (url !== undefined)
    return "OpenCode listens on an address outside this machine and was stopped.";
  return `OpenCode did not answer within ${order.startTimeoutMs / 1000} s.${watched.lastWords()}`;
}

/** Takes over a server started by another guardian. */
export function adoptServer({ url, password, server }: Lease): GuardedServer {
  return {
    url,
    password,
    server,
    ended: () => (isAlive(server.pid) ? undefined : "OpenCode exited."),
    // It isn't a child of this process, so its end is only noticed at the next check.
    onEnd: () => undefined,
    stop: async () => {
      await endProcess(server);
    },
  };
}

/** The server's environment: the window's plus credentials under the names of both OpenCode generations. */
export function serverEnvironment(
  environment: Environment,
  password: string,
): Record<string, string | undefined> {
  return {
    ...programEnvironment(environment),
    OPENCODE_SERVER_USERNAME: "opencode",
    OPENCODE_SERVER_PASSWORD: password,
    OPENCODE_PASSWORD: password,
  };
}

function spawnServer(order: StartOrder, env: Record<string, string | undefined>): ChildProcess {
  const args = ["serve", "--hostname", "127.0.0.1", "--port", "0"];
  const options = { cwd: order.directory, env, stdio: ["ignore", "pipe", "pipe"] as const };
  return order.needsShell
    ? spawn(`"${order.file}" ${args.join(" ")}`, {
        ...options,
        stdio: [...options.stdio],
        shell: true,
        windowsHide: true,
      })
    : spawn(order.file, args, {
        ...options,
        stdio: [...options.stdio],
        windowsHide: true,
        // Its own process group: OpenCode may be a script that starts the real program.
        detached: process.platform !== "win32",
      });
}

/** The base URL a server prints. Keeps reading the output afterwards, or the server would block on a full pipe. */
function listeningURL(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-10_000);
      const address = /server listening on (https?:\/\/\S+)\s/.exec(output)?.[1];
      if (address !== undefined) resolve(normaliseServerURL(address));
    });
  });
}

/** Watches a process until it ends, and keeps the last line it printed. */
function watchEnd(child: ChildProcess): {
  readonly ended: () => string | undefined;
  readonly lastWords: () => string;
  readonly whenEnded: Promise<undefined>;
} {
  let ended: string | undefined;
  let lastLine = "";
  const lastWords = () => (lastLine === "" ? "" : ` Its last output: ${lastLine}`);
  child.stderr?.on("data", (chunk: Buffer) => {
    lastLine = lastLineOf(chunk.toString()) ?? lastLine;
  });
  const whenEnded = new Promise<undefined>((resolve) => {
    child.once("error", (error) => {
      ended ??= `OpenCode could not be started: ${error.message}.`;
      resolve(undefined);
    });
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      ended ??= `OpenCode exited (${signal ?? `exit code ${String(code)}`}).${lastWords()}`;
      resolve(undefined);
    };
    child.once("close", end);
    child.once("exit", (code, signal) => {
      // Its last output may still be in transit; a process it started may keep the pipe open forever.
      setTimeout(end, 200, code, signal);
    });
  });
  return { ended: () => ended, lastWords, whenEnded };
}

function waitFor(delayMs: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs, undefined);
    timer.unref();
    const end = () => {
      resolve(undefined);
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

function lastLineOf(text: string): string | undefined {
  const lines = stripVTControlCharacters(text)
    .split(/\r?\n/)
    .map((line) => line.trim());
  return lines.findLast((line) => line !== "")?.slice(0, 300);
}
