import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { endWithProgram } from "../cleanup.mjs";
import { recentNode } from "../recentNode.mjs";

export interface ReplayOptions {
  /** Default 1. */
  readonly servers?: number;
  /** Sessions listed by each server. */
  readonly sessions: number;
  /** Messages per session; default none. */
  readonly messages?: number;
}

/** Commands to the program; `server` selects one server, by default all. */
export type ReplayCommand =
  | {
      readonly kind: "play";
      readonly server?: number;
      readonly round: number;
      readonly events: number;
      readonly sessions: number;
      /** Default: as fast as clients read them. */
      readonly eventsPerSecond?: number;
      /** Renames a listed session to `Renamed <n>` after every this many chunks; default never. */
      readonly renamesEvery?: number;
      /** Whether the sessions are deleted afterwards. */
      readonly deletes: boolean;
    }
  | { readonly kind: "slow"; readonly server?: number; readonly isSlow: boolean };

/** Servers that replay, in a separate process. */
export interface Replay {
  readonly urls: readonly string[];
  /** Resolves with the number of events once they have been sent. */
  send(command: ReplayCommand): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the servers of replayServer.ts on loopback. */
export async function startReplay(options: ReplayOptions): Promise<Replay> {
  const program = fileURLToPath(new URL("replayServer.ts", import.meta.url));
  const child = spawn(
    recentNode,
    ["--no-warnings", "--import", "tsx", program, JSON.stringify(options)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const kill = (): void => void child.kill("SIGKILL");
  const stop = async (): Promise<void> => {
    forget();
    const ended = once(child, "exit");
    child.stdin.end();
    await ended;
  };
  const forget = endWithProgram({ stop, kill });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // Trusted: these are our own program's answers.
  const answer = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value));
  const urls = (await answer()) as readonly string[];
  return {
    urls,
    send: async (command) => {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return (await answer()) as number;
    },
    stop,
  };
}
