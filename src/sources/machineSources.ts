/** The sources that search this machine. */
import { homedir } from "node:os";
import { LocalSource, platformDelays, platformProcesses } from "./localSource.ts";
import type { Result } from "../core/result.ts";
import type { ClaimCandidate } from "./localServers.ts";
import { openCodeConfigFiles } from "./openCodeConfig.ts";
import { startOpenCodeService } from "./openCodeService.ts";
import { whoListens } from "./processIdentity.ts";
import { registrationPath } from "./registrationFile.ts";
import { RegistrationSource } from "./registrationSource.ts";
import type { Probe } from "./source.ts";

/** This user's running servers, found by port, configuration and process. `isClaimed` as in `LocalSource`. */
export function createLocalSource(
  probe: Probe,
  isClaimed: (candidate: ClaimCandidate) => Promise<boolean>,
): LocalSource {
  return new LocalSource({
    probe,
    configFiles: openCodeConfigFiles(process.env, homedir()),
    processes: platformProcesses(process.platform),
    delays: platformDelays(process.platform),
    isClaimed,
  });
}

/** The background service of OpenCode 2, found by its registration. */
export function createServiceSource(probe: Probe): RegistrationSource {
  return new RegistrationSource({
    probe,
    whoListens,
    file: registrationPath(process.env, homedir()),
  });
}

/** Starts the background service of OpenCode 2 with the program from the settings. Returns OpenCode's version. */
export function startService(program: string, signal: AbortSignal): Promise<Result<string>> {
  return startOpenCodeService({ program, environment: process.env }, signal);
}
