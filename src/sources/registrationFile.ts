import { t } from "../core/language.ts";
import { open } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { isLoopbackURL, normaliseServerURL } from "../core/state/endpoint.ts";
import type { Environment } from "./openCodeConfig.ts";
import { codeOf, parseJSONAs, PID } from "./parseJSON.ts";

/** What OpenCode 2's background service records about itself. */
export interface Registration {
  readonly version: string;
  /** Base URL on this machine's loopback interface. */
  readonly url: string;
  readonly pid: number;
  /** Only valid for `url`. Never stored, never logged. */
  readonly password: string | undefined;
}

/** The result of reading the file: a registration that may be out of date, or why there is none. */
export interface RegistrationRead {
  /** The file's text, to detect changes; undefined if there is no readable file. */
  readonly text: string | undefined;
  readonly registration: Registration | undefined;
  readonly problem:
    { readonly severity: "warning" | "error"; readonly message: string } | undefined;
}

const REGISTRATION = z.object({
  version: z.string(),
  url: z.string(),
  pid: PID,
  password: z.string().nullish(),
});

/** A registration takes some 200 bytes; anything far larger is something else. */
const MAX_BYTES = 64 * 1024;

/** Where the service registers: the same place on every system. */
export function registrationPath(environment: Environment, homeDir: string): string {
  const stateHome = environment["XDG_STATE_HOME"] || path.join(homeDir, ".local", "state");
  return path.join(stateHome, "opencode", "service.json");
}

/** Reads the registration. A missing file isn't a problem: there is no service. Never throws. */
export async function readRegistration(file: string): Promise<RegistrationRead> {
  let text: string;
  let mode: number;
  let owner: number;
  try {
    const handle = await open(file, "r");
    try {
      const stats = await handle.stat();
      if (!stats.isFile() || stats.size > MAX_BYTES) {
        return refused(undefined, t("is not a registration file"));
      }
      ({ mode, uid: owner } = stats);
      text = await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return NO_FILE;
    return refused(undefined, t`could not be read (${String(code)})`);
  }
  const uid = process.getuid?.();
  if (uid !== undefined && owner !== uid && owner !== 0) {
    return refused(text, t("belongs to another user of this machine and is not trusted"));
  }
  const parsed = parseRegistration(text);
  if (typeof parsed === "string") return refused(text, parsed);
  const isOpenToOthers = uid !== undefined && (mode & 0o044) !== 0;
  const problem = isOpenToOthers
    ? {
        severity: "warning" as const,
        message: t(
          "contains the service's password and can be read by other users of this machine; `chmod 600` fixes that",
        ),
      }
    : undefined;
  return { text, registration: parsed, problem };
}

/** Parses a registration's text; a string result says why it is invalid. Unknown fields are ignored. */
export function parseRegistration(text: string): Registration | string {
  const value = parseJSONAs(z.looseObject({}), text);
  if (value === undefined) return t("is not JSON");
  const { data } = REGISTRATION.safeParse(value);
  if (data === undefined) {
    return t(
      "has a format this extension does not support; OpenCode may be newer than the extension",
    );
  }
  const { version, pid, password } = data;
  const url = normaliseServerURL(data.url);
  if (url === undefined) return t("does not contain an http address");
  if (!isLoopbackURL(url)) {
    return t("names another machine and is refused: only a service on this machine is accepted");
  }
  return { version, url, pid, password: password ?? undefined };
}

const NO_FILE: RegistrationRead = { text: undefined, registration: undefined, problem: undefined };

function refused(text: string | undefined, message: string): RegistrationRead {
  return { text, registration: undefined, problem: { severity: "error", message } };
}
