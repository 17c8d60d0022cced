import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endWithProgram } from "../cleanup.mjs";
import { evidenceTaken, offerEvidence, tailOf } from "../evidence.mjs";
import { createClient, poll } from "./client.ts";
import type { OpenCodeClient } from "./client.ts";
import { workingOpencode } from "../opencodeBinary.mjs";
import { waitMs } from "../patience.mjs";
import { createSandbox } from "./sandbox.ts";
import type { Sandbox } from "./sandbox.ts";
import { scriptedModels } from "./scriptedModels.ts";
import type { ScriptedModelID } from "./scriptedModels.ts";
import { startScriptedProvider } from "./scriptedProvider.ts";

export interface StartOpenCodeOptions {
  /** Base URL of a scripted provider, with `/v1`. Default: a private one, which stops with the server. */
  readonly providerURL?: string;
  /** Names of the git projects to create; the first is the server's own directory. Default `["app"]`. */
  readonly projects?: readonly string[];
  /** Basic auth password; the user is `opencode`. */
  readonly password?: string;
  /** Default: a free port. */
  readonly port?: number;
  /** Default `steady`. */
  readonly model?: ScriptedModelID;
  /** OpenCode's `permission` setting, e.g. `{ bash: "ask" }`. Default: OpenCode's own. */
  readonly permission?: Readonly<Record<string, unknown>>;
  /** Whether the server itself compacts when the context is full; default off. */
  readonly autoCompaction?: boolean;
  /** Additional configuration, overriding ours key by key. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Additional environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another server's folders: both then serve the same database. The other server keeps ownership of them. */
  readonly sandbox?: Sandbox;
}

/** A real OpenCode server with its own folders. */
export interface OpenCodeServer {
  /** `http://127.0.0.1:PORT`; unchanged by {@link restart}. */
  readonly url: string;
  readonly password: string | undefined;
  readonly sandbox: Sandbox;
  /** The git projects in the order of the options; absolute paths. */
  readonly directories: readonly string[];
  readonly dataDirectory: string;
  readonly databasePath: string;
  /** Its process environment, for more OpenCode processes with the same folders and configuration. */
  readonly env: Readonly<Record<string, string>>;
  /** Uses the first project's directory by default. */
  readonly client: OpenCodeClient;
  /** Opens a gate of its own provider; see `hold` in scriptLanguage.ts. */
  release(gate: string): void;
  /** Process id, or undefined while it is down. */
  pid(): number | undefined;
  /** Stops the server process (SIGTERM, or immediately with SIGKILL); its folders remain. */
  kill(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Starts it again with the same folders and port, killing it first if it is running. */
  restart(): Promise<void>;
  /** Stops the process and removes its folders. */
  stop(): Promise<void>;
}

let knownBinary: string | undefined;

/**
 * The pinned OpenCode program. Its folders go below `home`, because it creates some even for `--version`.
 * @throws Error if none runs here.
 */
export function opencodeProgram(home: string): string {
  knownBinary ??= workingOpencode({ home });
  if (knownBinary === undefined) throw new Error("no working OpenCode binary found: run npm ci");
  return knownBinary;
}

/**
 * Starts `opencode serve` on loopback with the scripted models and resolves once its health check succeeds.
 * @throws Error with the server's last output if it doesn't come up.
 */
export async function startOpenCode(options: StartOpenCodeOptions = {}): Promise<OpenCodeServer> {
  const sandbox = options.sandbox ?? createSandbox();
  const names = options.projects ?? ["app"];
  const directories = await Promise.all(names.map((name) => sandbox.createGitProject(name)));
  const cwd = directories[0] ?? sandbox.root;
  const binary = opencodeProgram(sandbox.root);
  const port = options.port ?? (await freePort());
  const provider = options.providerURL === undefined ? await startScriptedProvider() : undefined;
  const providerURL = options.providerURL ?? provider?.url;
  const env = {
    ...sandbox.env,
    PWD: cwd,
    OPENCODE_CONFIG_CONTENT: JSON.stringify(configOf(options, providerURL)),
    ...(options.password === undefined ? {} : { OPENCODE_SERVER_PASSWORD: options.password }),
    ...options.env,
  };
  let child: ChildProcess | undefined;
  let output = "";
  const start = async (): Promise<string> => {
    const args = ["serve", "--hostname", "127.0.0.1", "--port", String(port)];
    const started = spawn(binary, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-20_000);
      });
    }
    const listeningURL = await listening(started);
    await waitUntilHealthy(listeningURL);
    return listeningURL;
  };
  const kill = async (signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> => {
    const running = child;
    child = undefined;
    if (running !== undefined) await endProcess(running, signal);
  };

  const forgetEvidence = offerEvidence(`the OpenCode server on port ${String(port)}`, () =>
    [
      `pid ${String(child?.pid)}`,
      tailOf(output),
      ...(provider?.requests.slice(-40).map((each) => `model ${JSON.stringify(each)}`) ?? []),
      tailOf(newestLog(sandbox.dataDirectory)),
    ].join("\n"),
  );
  const stop = async (): Promise<void> => {
    await evidenceTaken();
    forgetEvidence();
    forget();
    await kill();
    await provider?.stop();
    if (options.sandbox === undefined) await sandbox.remove();
  };
  const forget = endWithProgram({ stop, kill: () => child?.kill("SIGKILL") });

  let url: string;
  try {
    url = await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    password: options.password,
    sandbox,
    directories,
    dataDirectory: sandbox.dataDirectory,
    databasePath: sandbox.databasePath,
    env,
    client: createClient({ url, password: options.password, directory: cwd }),
    release: (gate) => {
      if (provider === undefined)
        throw new Error("this server doesn't own the provider: release the gate on the provider");
      provider.release(gate);
    },
    pid: () => child?.pid,
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    stop,
  };
}

function configOf(
  options: StartOpenCodeOptions,
  providerURL: string | undefined,
): Record<string, unknown> {
  const models: Record<string, unknown> = {};
  for (const [id, { name, limit, cost, reportsCacheWrites }] of Object.entries(scriptedModels)) {
    models[id] = {
      name,
      cost,
      tool_call: true,
      reasoning: true,
      ...(limit === undefined ? {} : { limit }),
      ...(reportsCacheWrites ? { provider: { npm: "@ai-sdk/anthropic" } } : {}),
    };
  }
  return {
    disabled_providers: ["opencode"],
    model: `scripted/${options.model ?? "steady"}`,
    small_model: "scripted/small",
    share: "disabled",
    autoupdate: false,
    // Git at each step: only needed by tests of changed files and of reverts that restore files.
    snapshot: false,
    // Allows three levels of children below a root session.
    subagent_depth: 3,
    agent: {
      general: { permission: { task: "allow", todowrite: "allow" } },
      explore: { permission: { task: "allow", todowrite: "allow" } },
    },
    compaction: { auto: options.autoCompaction ?? false, prune: false },
    provider: {
      scripted: {
        npm: "@ai-sdk/openai-compatible",
        name: "Scripted",
        options: { baseURL: providerURL, apiKey: "scripted", timeout: false },
        models,
      },
    },
    ...(options.permission === undefined ? {} : { permission: options.permission }),
    ...options.config,
  };
}

/** The text of the newest log in the server's data folder. */
function newestLog(dataDirectory: string): string {
  const folder = join(dataDirectory, "log");
  const [newest] = existsSync(folder) ? readdirSync(folder).sort().reverse() : [];
  return newest === undefined ? "" : readFileSync(join(folder, newest), "utf8");
}

/** A currently free port. OpenCode's `--port 0` would try 4096 first, which may be in use by someone else. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function listening(child: ChildProcess): Promise<string> {
  let output = "";
  return await new Promise<string>((resolve, reject) => {
    const fail = (reason: string): void => {
      reject(new Error(`opencode serve ${reason}:\n${output.slice(-2000)}`));
    };
    const timer = setTimeout(fail, waitMs, `did not listen within ${String(waitMs)} ms`);
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-10_000);
      const url = /listening on (http:\/\/\S+)/.exec(output)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with ${String(code)}`);
    });
  });
}

/** Resolves once the server answers, even with 401. Stale connections to a former process break here. */
async function waitUntilHealthy(url: string): Promise<void> {
  await poll(`${url} to answer`, async () => {
    const headers = { connection: "close" };
    const response = await fetch(`${url}/global/health`, { headers }).catch(() => undefined);
    await response?.arrayBuffer();
    return response?.status === 200 || response?.status === 401 ? true : undefined;
  });
}

async function endProcess(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  const timeout = new AbortController();
  const insist = delay(5000, undefined, { signal: timeout.signal }).then(
    () => child.kill("SIGKILL"),
    () => undefined,
  );
  await ended;
  timeout.abort();
  await insist;
}
