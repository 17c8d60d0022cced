import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DomainTarget, readRow } from "./domainTarget.ts";
import { endpointOf } from "./pool.ts";

/** A real OpenCode 2 server to test against, from the environment. */
export interface RealV2 {
  readonly url: string;
  readonly password: string | undefined;
}

/**
 * The real OpenCode 2 server named by `OPENCODE_SESSIONS_TEST_V2_URL` (and
 * `OPENCODE_SESSIONS_TEST_V2_PASSWORD`); undefined, with a note in the test output, if none is named.
 */
export function realV2(): RealV2 | undefined {
  const url = process.env["OPENCODE_SESSIONS_TEST_V2_URL"]?.replace(/\/+$/, "");
  if (url === undefined || url === "") {
    console.log(
      "  Skipped the tests on a real OpenCode 2 server: OPENCODE_SESSIONS_TEST_V2_URL is not set.",
    );
    return undefined;
  }
  return { url, password: process.env["OPENCODE_SESSIONS_TEST_V2_PASSWORD"] };
}

/** Sessions are created in a temporary folder and deleted afterwards; nothing is prompted. */
export async function startRealV2Target({ url, password }: RealV2): Promise<DomainTarget> {
  const directory = await mkdtemp(join(tmpdir(), "opencode-sessions-"));
  return {
    endpoint: endpointOf(url),
    password,
    directory,
    truth: (sessionID) => readRow(`${url}/api/session/${sessionID}`, password),
    absence: undefined,
    stop: () => rm(directory, { recursive: true, force: true }),
  };
}
