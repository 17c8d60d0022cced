import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { createInterface } from "node:readline";
import { ServerError } from "../core/errors.ts";
import { failed, ok } from "../core/result.ts";
import type { Result } from "../core/result.ts";
import type { GuardianOrder } from "./guardianProtocol.ts";
import { parseGuardianAnswer } from "./guardianProtocol.ts";
import type { Environment } from "./openCodeConfig.ts";

/**
 * Starts a guardian with an order and waits until it guards. It then lives on by itself, whatever becomes of
 * this process. `signal` ends the waiting, and with it the guardian and its server.
 */
export function spawnGuardian(
  guardianFile: string,
  order: GuardianOrder,
  environment: Environment,
  signal: AbortSignal,
): Promise<Result<void>> {
  const child = spawn(process.execPath, [guardianFile], {
    cwd: homedir(),
    env: guardianEnvironment(environment),
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
    windowsHide: true,
  });
  // A guardian that ended early shows in its closed output.
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(order)}\n`);
  return new Promise((resolve) => {
    const settle = (result: Result<void>) => {
      signal.removeEventListener("abort", cancel);
      clearTimeout(timer);
      child.stdin.destroy();
      child.stdout.destroy();
      child.unref();
      resolve(result);
    };
    const fail = (
      reason: "cancelled" | "rejected" | "timeout",
      message: string,
      cause?: unknown,
    ) => {
      settle(failed(new ServerError(reason, message, { cause })));
    };
    const cancel = () => {
      fail("cancelled", "The start was cancelled.");
    };
    const timer = setTimeout(() => {
      fail("timeout", "The watcher of the managed server did not answer.");
    }, order.startTimeoutMs + 10_000);
    child.once("error", (cause) => {
      fail(
        "rejected",
        `The watcher of the managed server could not be started: ${cause.message}.`,
        cause,
      );
    });
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      const answer = parseGuardianAnswer(line);
      if (answer?.kind === "guarding") settle(ok(undefined));
      else if (answer !== undefined) fail("rejected", answer.message);
    });
    lines.once("close", () => {
      fail("rejected", "The watcher of the managed server ended early.");
    });
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
  });
}

/** An editor's own program runs a script as Node does when it is told so; debugging options are the window's alone. */
function guardianEnvironment(environment: Environment): Record<string, string | undefined> {
  const kept = Object.entries(environment).filter(
    ([name]) => !/^(NODE_OPTIONS|VSCODE_INSPECTOR_OPTIONS)$/i.test(name),
  );
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: "1" };
}
