import { spawn } from "node:child_process";
import { join } from "node:path";
import { arrayOf, at, isRecord, numberOf, stringOf } from "../json.ts";
import { opencodeProgram } from "./opencodeServer.ts";
import type { OpenCodeServer } from "./opencodeServer.ts";
import { projectRoot } from "../project.mjs";
import { waitMs } from "../patience.mjs";

/** A program's output and exit status. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What another process needs to use a server's folders. */
export type OpenCodeFolders = Pick<
  OpenCodeServer,
  "env" | "sandbox" | "directories" | "dataDirectory"
>;

/**
 * Runs OpenCode (`stats`, `run`, `session list`, `export`, …) with a server's folders and configuration, by
 * default in its first project. As a separate process, it triggers no events on the server.
 * @throws Error if it takes longer than any wait in the tests.
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

/** Tokens and cost of one session or all, as counted by ccusage. `outputTokens` excludes reasoning. */
export interface CcusageTotals {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** All of the above plus reasoning. */
  readonly totalTokens: number;
  readonly costUSD: number;
}

export interface CcusageReport {
  readonly totals: CcusageTotals;
  readonly sessions: ReadonlyMap<string, CcusageTotals>;
}

/** What ccusage (an independent counter) reads from the server's database. Uses recorded prices. */
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

/** Runs a program to completion. @throws Error if it can't start or takes too long (it is then killed). */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    /** Default: the maximum wait of the tests. */
    readonly timeoutMs?: number;
  },
): Promise<ProgramResult> {
  const { cwd, env, timeoutMs = waitMs } = options;
  return await new Promise((resolve, reject) => {
    // OpenCode takes its working directory from PWD.
    const childEnv = { ...env, PWD: cwd };
    const child = spawn(program, args, { cwd, env: childEnv, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8");
      child[stream].on("data", (text: string) => (output[stream] += text));
    }
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${program} ${args.join(" ")}: timed out after ${String(timeoutMs)} ms`));
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
