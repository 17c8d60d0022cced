import { spawn } from "node:child_process";
import { join } from "node:path";
import { arrayOf, at, isRecord, numberOf, stringOf } from "../json.ts";
import { opencodeProgram } from "./opencodeServer.ts";
import type { OpenCodeServer } from "./opencodeServer.ts";
import { projectRoot } from "../project.mjs";
import { waitMs } from "../patience.mjs";

/** What a program said and how it ended. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The part of a server that a further process on its folders needs. */
export type OpenCodeFolders = Pick<
  OpenCodeServer,
  "env" | "sandbox" | "directories" | "dataDirectory"
>;

/**
 * Runs the OpenCode program (`stats`, `run`, `session list`, `export`, …) on the folders and the configuration of a
 * server, in its first project unless told otherwise. It is a process of its own: the server sends no events for it.
 * @throws Error when it takes longer than any wait of the tests.
 */
export async function runOpenCode(
  folders: OpenCodeFolders,
  args: readonly string[],
  options: { readonly directory?: string } = {},
): Promise<ProgramResult> {
  const cwd = options.directory ?? folders.directories[0] ?? folders.sandbox.root;
  const program = opencodeProgram(folders.sandbox.root);
  return await runProgram(program, args, {
    cwd,
    env: folders.env,
  });
}

/** Tokens and cost of one session, or of all, as ccusage counts them. `outputTokens` excludes the reasoning. */
export interface CcusageTotals {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** All of them and the reasoning. */
  readonly totalTokens: number;
  readonly costUSD: number;
}

export interface CcusageReport {
  readonly totals: CcusageTotals;
  readonly sessions: ReadonlyMap<string, CcusageTotals>;
}

/** What ccusage (an independent counter) reads from the server's database. Prices are the recorded ones. */
export async function ccusage(folders: OpenCodeFolders): Promise<CcusageReport> {
  const cli = join(projectRoot, "node_modules/ccusage/src/cli.js");
  const result = await runProgram(
    process.execPath,
    [cli, "opencode", "session", "--json", "--offline"],
    {
      cwd: folders.sandbox.root,
      env: { ...folders.sandbox.env, OPENCODE_DATA_DIR: folders.dataDirectory },
    },
  );
  if (result.exitCode !== 0) throw new Error(`ccusage: ${result.stderr}`);
  const report: unknown = JSON.parse(result.stdout);
  const sessions = new Map<string, CcusageTotals>();
  for (const session of arrayOf(at(report, "sessions"))) {
    if (isRecord(session)) sessions.set(stringOf(session["sessionId"]), totalsOf(session));
  }
  return { totals: totalsOf(at(report, "totals")), sessions };
}

function totalsOf(value: unknown): CcusageTotals {
  return {
    inputTokens: numberOf(at(value, "inputTokens")),
    outputTokens: numberOf(at(value, "outputTokens")),
    cacheReadTokens: numberOf(at(value, "cacheReadTokens")),
    cacheWriteTokens: numberOf(at(value, "cacheCreationTokens")),
    totalTokens: numberOf(at(value, "totalTokens")),
    costUSD: numberOf(at(value, "totalCost")),
  };
}

/** Runs a program to its end. @throws Error when it cannot be started or takes too long (it is killed then). */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    /** Default: as long as any wait of the tests. */
    readonly timeoutMs?: number;
  },
): Promise<ProgramResult> {
  const { cwd, env, timeoutMs = waitMs } = options;
  return await new Promise((resolve, reject) => {
    // OpenCode takes its directory from PWD.
    const childEnv = { ...env, PWD: cwd };
    const child = spawn(program, args, { cwd, env: childEnv, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8");
      child[stream].on("data", (text: string) => (output[stream] += text));
    }
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${program} ${args.join(" ")}: no end after ${String(timeoutMs)} ms`));
    }, timeoutMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ exitCode: code ?? -1, ...output });
    });
  });
}
