import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { endWithProgram } from "../cleanup.mjs";
import { projectRoot } from "../project.mjs";
import { poll } from "./client.ts";

export interface ActingWindowOptions {
  readonly url: string;
  /** The ID under which the window knows the server; its address by default. */
  readonly serverID?: string;
  /** Compacts full sessions automatically, or answers every permission request. */
  readonly does: "compact" | "answer";
  /** The folder that windows share. */
  readonly folder: string;
  readonly thresholdPercent: number;
}

/** A process that acts on a server automatically, like an editor window. */
export interface ActingWindow {
  /** What it did, one line each: `ready`, and `began ID` and `ended ID` for sessions. */
  readonly output: readonly string[];
  /** Resolves once it has printed the line. */
  waitForLine(line: string): Promise<void>;
  /** Kills it, after which it can't do anything. */
  kill(): Promise<void>;
}

const MAIN = fileURLToPath(new URL("actingWindowMain.ts", import.meta.url));

/** Opens a window and waits until it is connected. */
export async function openActingWindow(options: ActingWindowOptions): Promise<ActingWindow> {
  const child: ChildProcess = spawn(
    process.execPath,
    ["--no-warnings", "--import", "tsx", MAIN, JSON.stringify(options)],
    { cwd: projectRoot, stdio: ["pipe", "pipe", "inherit"] },
  );
  const ended = once(child, "exit");
  const kill = async (): Promise<void> => {
    forget();
    child.kill("SIGKILL");
    await ended;
  };
  const forget = endWithProgram({ stop: kill, kill: () => child.kill("SIGKILL") });
  const output: string[] = [];
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (line) => output.push(line));
  }
  const waitForLine = async (line: string): Promise<void> => {
    await poll(`a window to say ${line}`, () =>
      Promise.resolve(output.includes(line) || undefined),
    );
  };
  await waitForLine("ready");
  return { output, waitForLine, kill };
}
