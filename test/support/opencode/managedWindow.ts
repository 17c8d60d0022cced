import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { ManagedServerOptions } from "../../../src/sources/managedServer.ts";
import { endWithProgram } from "../cleanup.mjs";
import { poll } from "./client.ts";
import { projectRoot } from "../project.mjs";

/** A window's startup options. */
export type ManagedWindowOptions = Omit<ManagedServerOptions, "probe" | "program" | "directory"> & {
  readonly program: string;
};

/** A window's output messages. */
export type WindowMessage =
  | {
      readonly kind: "report";
      readonly urls: readonly string[];
      readonly problems: readonly string[];
    }
  | { readonly kind: "done"; readonly url: string | undefined }
  | { readonly kind: "failed"; readonly reason: string; readonly message: string };

/** A process that uses the managed server like an editor window. */
export interface ManagedWindow {
  readonly pid: number;
  /** The last report; undefined before the first. */
  report(): Extract<WindowMessage, { kind: "report" }> | undefined;
  /** Resolves once the window reports these URLs. */
  waitForURLs(urls: readonly string[]): Promise<void>;
  /** Starts or joins the server; resolves with its URL, or with an error's `reason: message`. */
  launch(): Promise<string>;
  stop(): Promise<string>;
  /** Closes the window normally. */
  close(): Promise<void>;
  /** Kills it, after which it can't do anything. */
  kill(): Promise<void>;
}

const MAIN = fileURLToPath(new URL("managedWindowMain.ts", import.meta.url));

/** Opens a window and waits for its first report. */
export async function openManagedWindow(options: ManagedWindowOptions): Promise<ManagedWindow> {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, JSON.stringify(options)], {
    cwd: projectRoot,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const kill = async (): Promise<void> => {
    forget();
    child.kill("SIGKILL");
    await ended;
  };
  const forget = endWithProgram({ stop: kill, kill: () => child.kill("SIGKILL") });
  const answers = new EventEmitter();
  let report: Extract<WindowMessage, { kind: "report" }> | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const says = JSON.parse(line) as WindowMessage;
    if (says.kind === "report") report = says;
    else answers.emit("answer", says);
  });
  const tell = async (command: string): Promise<string> => {
    const answered = once(answers, "answer");
    child.stdin.write(`${command}\n`);
    const [says] = (await answered) as [WindowMessage];
    return says.kind === "failed"
      ? `${says.reason}: ${says.message}`
      : says.kind === "done"
        ? (says.url ?? "")
        : "";
  };
  await poll("the window's first report", () => Promise.resolve(report));
  return {
    pid: child.pid!,
    report: () => report,
    waitForURLs: async (urls) => {
      await poll(`the window to report ${JSON.stringify(urls)}`, () =>
        Promise.resolve(report?.urls.join() === urls.join() || undefined),
      );
    },
    launch: () => tell("launch"),
    stop: () => tell("stop"),
    close: async () => {
      forget();
      child.stdin.write("leave\n");
      await ended;
    },
    kill,
  };
}

/** Bundles the guardian as shipped. */
export async function buildGuardian(outfile: string): Promise<void> {
  await build({
    absWorkingDir: projectRoot,
    entryPoints: ["src/sources/serverGuardian.ts"],
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    outfile,
  });
}
