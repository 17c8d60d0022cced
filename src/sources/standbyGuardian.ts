import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { homedir } from "node:os";
import type { GuardianOrder } from "./guardianProtocol.ts";
import type { ProcessIdentity } from "./processIdentity.ts";

/** Delay before a restart after something else ended it, to spare a machine that is short of memory. */
const RESTART_DELAY_MS = 5_000;

/**
 * The second guardian, as managed by the first one: started with it, and again when it ends. It waits for the
 * end of its standard input, which comes when this process ends, for whatever reason.
 */
export class StandbyGuardian {
  readonly #order: GuardianOrder;
  #child: ChildProcess | undefined;
  #server: number | ProcessIdentity | undefined;
  #restart: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(order: Extract<GuardianOrder, { readonly kind: "standBy" }>) {
    this.#order = order;
    this.#start();
  }

  /** Sends it the server's process before a lease does: only the bare id if the server has just been started. */
  noteServer(server: number | ProcessIdentity): void {
    this.#server = server;
    this.#child?.stdin?.write(`${JSON.stringify(server)}\n`);
  }

  /** Lets it end: its guardian has stopped the server, or somebody else guards it. */
  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#restart);
    this.#child?.stdin?.end();
    this.#child?.unref();
  }

  #start(): void {
    const [, program = ""] = process.argv;
    const child = spawn(process.execPath, [program, JSON.stringify(this.#order)], {
      cwd: homedir(),
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      windowsHide: true,
    });
    this.#child = child;
    const again = () => {
      if (this.#hasEnded || this.#child !== child) return;
      this.#child = undefined;
      this.#restart = setTimeout(() => {
        this.#start();
      }, RESTART_DELAY_MS);
    };
    child.once("error", again);
    child.once("exit", again);
    child.stdin.on("error", () => undefined);
    if (this.#server !== undefined) child.stdin.write(`${JSON.stringify(this.#server)}\n`);
  }
}
