import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { ServerError } from "../../core/errors.ts";
import { failed, type Result } from "../../core/result.ts";
import { DEMO_SERVER_ID, type Endpoint } from "../../core/state/endpoint.ts";
import { writePrivateFile } from "../../files/writeFile.ts";
import type { ClaimCandidate } from "../localServers.ts";
import { ManagedServer, type ManagedServerOptions } from "../managedServer.ts";
import type { Environment } from "../openCodeConfig.ts";
import type { ServerSource } from "../source.ts";
import { SourceReporter } from "../sourceReporter.ts";
import { type DemoProvider, startDemoProvider } from "./demoProvider.ts";

type DemoOptions = Pick<
  ManagedServerOptions,
  "probe" | "guardianFile" | "program" | "environment" | "startTimeoutMs" | "checkMs"
>;

/** Everything that runs while the demo does. */
interface Running {
  readonly folder: string;
  readonly provider: DemoProvider;
  readonly server: ManagedServer;
}

/**
 * The demo: a scripted model and an OpenCode server private to this window, with all files in a temporary
 * folder. Never reads or writes the user's own OpenCode data. Ends when stopped, or when its window closes.
 */
export class DemoSource implements ServerSource {
  readonly id = DEMO_SERVER_ID;
  readonly knowsPasswords = true;
  readonly #options: DemoOptions;
  readonly #reporter = new SourceReporter();
  #running: Promise<Running> | undefined;

  constructor(options: DemoOptions) {
    this.#options = options;
  }

  start(listener: Parameters<ServerSource["start"]>[0]): void {
    if (!this.#reporter.open(listener)) return;
    queueMicrotask(() => {
      if (this.#running === undefined) this.#reporter.report({ servers: [], problems: [] });
    });
  }

  /** Starts the demo, or joins the running one; the endpoint has the demo project's directory. */
  async launch(signal: AbortSignal): Promise<Result<Endpoint>> {
    try {
      this.#running ??= this.#begin();
      const launched = await (await this.#running).server.launch(signal);
      if (!launched.ok) await this.stop();
      return launched;
    } catch (cause) {
      await this.stop();
      const message = cause instanceof Error ? cause.message : String(cause);
      return failed(new ServerError("rejected", `The demo could not be started: ${message}`));
    }
  }

  /** Ends the demo and removes its folder. A no-op when the demo isn't running. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    const ended = await running.catch(() => undefined);
    if (ended !== undefined) {
      await ended.server.stop();
      await ended.server.dispose();
      await ended.provider.stop();
      await rm(ended.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
    this.#reporter.report({ servers: [], problems: [] });
  }

  async refresh(): Promise<void> {
    await (await this.#running)?.server.refresh();
  }

  /** Whether a server found by another source is the demo's. */
  async claims(candidate: ClaimCandidate): Promise<boolean> {
    return (await (await this.#running)?.server.claims(candidate)) ?? false;
  }

  async dispose(): Promise<void> {
    this.#reporter.close();
    await this.stop();
  }

  async #begin(): Promise<Running> {
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), "opencode-demo-")));
    const directory = await createProject(folder);
    const provider = await startDemoProvider();
    const server = new ManagedServer({
      ...this.#options,
      storageDir: path.join(folder, "server"),
      directory: () => directory,
      environment: {
        ...this.#options.environment,
        ...(await demoEnvironment(folder, provider.url)),
      },
      graceMs: 1_000,
      endpoint: { serverID: DEMO_SERVER_ID, name: "Demo", origin: "demo", directory },
    });
    server.start((report) => {
      this.#reporter.report(report);
    });
    return { folder, provider, server };
  }
}

async function createProject(folder: string): Promise<string> {
  const directory = path.join(folder, "demo-shop");
  await mkdir(path.join(directory, "src"), { recursive: true });
  await writePrivateFile(
    path.join(directory, "README.md"),
    "# Demo shop\n\nA project for the demo.\n",
  );
  return directory;
}

/** Points OpenCode at the demo's own folders and model, and nothing else. */
async function demoEnvironment(folder: string, providerURL: string): Promise<Environment> {
  const inFolder = (name: string): string => path.join(folder, name);
  const configFolder = inFolder("config/opencode");
  // The plugin dependencies OpenCode would install are already in place: the demo needs no network.
  await mkdir(path.join(configFolder, "node_modules"), { recursive: true });
  const dependencies = { "@opencode-ai/plugin": "*" };
  const lock = { lockfileVersion: 3, requires: true, packages: { "": { dependencies } } };
  await writePrivateFile(path.join(configFolder, "package.json"), JSON.stringify({ dependencies }));
  await writePrivateFile(path.join(configFolder, "package-lock.json"), JSON.stringify(lock));
  const own = Object.keys(process.env).filter((name) => /^OPENCODE_/i.test(name));
  return {
    ...Object.fromEntries(own.map((name) => [name, undefined])),
    HOME: inFolder("home"),
    USERPROFILE: inFolder("home"),
    XDG_DATA_HOME: inFolder("data"),
    XDG_CONFIG_HOME: inFolder("config"),
    XDG_CACHE_HOME: inFolder("cache"),
    XDG_STATE_HOME: inFolder("state"),
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
    NO_PROXY: "127.0.0.1,localhost",
    OPENCODE_CONFIG_CONTENT: JSON.stringify(demoConfig(providerURL)),
  };
}

function demoConfig(baseURL: string): object {
  const model = {
    name: "Scripted Model",
    tool_call: true,
    limit: { context: 200_000, output: 16_000 },
    cost: { input: 3, output: 15, cache_read: 0.3 },
  };
  return {
    disabled_providers: ["opencode"],
    model: "demo/scripted",
    small_model: "demo/scripted",
    share: "disabled",
    autoupdate: false,
    compaction: { auto: false },
    permission: { bash: "ask" },
    provider: {
      demo: {
        npm: "@ai-sdk/openai-compatible",
        name: "Demo",
        options: { baseURL, apiKey: "demo" },
        models: { scripted: model },
      },
    },
  };
}
