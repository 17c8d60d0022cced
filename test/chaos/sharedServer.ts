import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { isLong } from "./chaos.ts";

let running: OpenCodeServer | undefined;
let isSuspect = false;

/**
 * A real server with the projects `app` and `lib`, which asks before it runs `bash`. The short form uses one
 * for all files, because a start and the first turn after it take several seconds. It may have sessions of
 * earlier files. The long form, and the file after a failed test, get a new one.
 */
export async function sharedServer(): Promise<OpenCodeServer> {
  if (isLong || isSuspect) await stopSharedServer();
  running ??= await startOpenCode({ projects: ["app", "lib"], permission: { bash: "ask" } });
  return running;
}

async function stopSharedServer(): Promise<void> {
  const server = running;
  running = undefined;
  isSuspect = false;
  await server?.stop();
}

afterEach(function () {
  if (this.currentTest?.state === "failed") isSuspect = true;
});

after(stopSharedServer);
