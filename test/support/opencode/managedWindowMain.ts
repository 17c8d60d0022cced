/**
 * A window as far as a managed server can tell: a process that can be killed. Started by `managedWindow.ts`;
 * takes its options as an argument and one command per line, and prints one answer per line.
 */
import { createInterface } from "node:readline";
import { detectServer } from "../../../src/server/detectServer.ts";
import { ManagedServer } from "../../../src/sources/managedServer.ts";
import type { ManagedWindowOptions, WindowMessage } from "./managedWindow.ts";

const { program, ...options } = JSON.parse(process.argv[2] ?? "{}") as ManagedWindowOptions;
const managed = new ManagedServer({ ...options, program: () => program, probe: detectServer });

function say(says: WindowMessage): void {
  process.stdout.write(`${JSON.stringify(says)}\n`);
}

managed.start(({ servers, problems }) => {
  say({
    kind: "report",
    urls: servers.map(({ endpoint }) => endpoint.url),
    problems: problems.map(({ message }) => message),
  });
});

createInterface({ input: process.stdin })
  .on("line", (line) => void obey(line))
  .on("close", () => process.exit());

async function obey(line: string): Promise<void> {
  if (line === "leave") {
    await managed.dispose();
    process.exit();
  }
  const result = line === "launch" ? await managed.launch() : await managed.stop();
  say(
    result.ok
      ? { kind: "done", url: result.value?.url }
      : { kind: "failed", reason: result.error.reason, message: result.error.message },
  );
}
