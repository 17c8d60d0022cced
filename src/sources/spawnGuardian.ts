import { t } from "../core/language.ts";
import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { createInterface } from "node:readline";
import { ServerError } from "../core/errors.ts";
import { failed, ok } from "../core/result.ts";
import type { Result } from "../core/result.ts";
import type { GuardianOrder } from "./guardianProtocol.ts";
import { GUARDIAN_ANSWER } from "./guardianProtocol.ts";
import type { Environment } from "./openCodeConfig.ts";
import { parseJSONAs } from "./parseJSON.ts";

/**
 * Starts a guardian with an order and waits until it guards. It then outlives this process. Aborting `signal`
 * ends the wait, and with it the guardian and its server.
 */
export function spawnGuardian(
  guardianFile: string,
  order: GuardianOrder,
  environment: Environment,
  signal: AbortSignal,
): Promise<Result<void>> {
  const child = spawn(process.execPath, [guardianFile, JSON.stringify(order)], {
    cwd: homedir(),
    env: guardianEnvironment(environment),
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
    windowsHide: true,
  });
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
      fail("cancelled", t("The start was cancelled."));
    };
    const timer = setTimeout(
      () => {
        fail("timeout", t("The watcher of the private server did not answer."));
      },
      (order.kind === "start" ? order.startTimeoutMs : 0) + 10_000,
    );
    child.once("error", (cause) => {
      fail(
        "rejected",
        t`The watcher of the private server could not be started: ${cause.message}.`,
        cause,
      );
    });
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      const answer = parseJSONAs(GUARDIAN_ANSWER, line);
      if (answer?.kind === "guarding") settle(ok(undefined));
      else if (answer !== undefined) fail("rejected", answer.message);
    });
    lines.once("close", () => {
      fail("rejected", t("The watcher of the private server ended early."));
    });
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
  });
}

/** `ELECTRON_RUN_AS_NODE` makes an editor's program run a script as Node; drops debugging options. */
function guardianEnvironment(environment: Environment): Record<string, string | undefined> {
  const kept = Object.entries(environment).filter(
    ([name]) => !/^(NODE_OPTIONS|VSCODE_INSPECTOR_OPTIONS)$/i.test(name),
  );
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: "1" };
}
