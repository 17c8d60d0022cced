import { homedir } from "node:os";
import { normaliseServerURL } from "../core/state/endpoint.ts";
import { ServerError } from "../core/errors.ts";
import { failed, ok, type Result } from "../core/result.ts";
import { withLimits } from "../core/timeLimit.ts";
import { detectServer } from "../server/detectServer.ts";
import type { LocalProcess, ProcessList } from "../sources/localProcess.ts";
import { processURLs } from "../sources/localProcess.ts";
import { DEFAULT_URL, platformProcesses } from "../sources/localSource.ts";
import { whoListens } from "../sources/processIdentity.ts";
import { readRegistration, registrationPath } from "../sources/registrationFile.ts";
import { DEFAULT_USERNAME } from "../sources/source.ts";
import { isListening } from "../sources/tcpPort.ts";
import type { ServerLogin } from "./serverReading.ts";

/** Environment variables that say which server is meant and how to log in. */
export const URL_VARIABLE = "OPENCODE_SESSIONS_URL";
export const PASSWORD_VARIABLE = "OPENCODE_SESSIONS_PASSWORD";
export const USERNAME_VARIABLE = "OPENCODE_SESSIONS_USERNAME";
/** If set to 1, another machine may be contacted over plain HTTP. */
export const PLAIN_HTTP_VARIABLE = "OPENCODE_SESSIONS_PLAIN_HTTP";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface FindServerOptions {
  /** As the user gave it; if undefined, the environment's, or else the local default. */
  readonly url: string | undefined;
  readonly environment: Environment;
  /** `platformProcesses`, by default of this platform. */
  readonly list?: ProcessList | undefined;
  /** Where `opencode serve` listens by default. */
  readonly defaultURL?: string;
}

/** Servers that may be meant, likeliest first. */
export interface FoundServers {
  readonly logins: readonly ServerLogin[];
  /** Whether the server was named, so that no other may take its place. */
  readonly isNamed: boolean;
}

/**
 * The server that is meant: the one named by address; else the OpenCode process that started this program; else what
 * is running on this machine. The password comes from the environment or a running server's registration file. It is
 * only sent to an address the user named and to this user's OpenCode processes, never to any other listener.
 */
export async function findServers({
  url,
  environment,
  list = platformProcesses(process.platform),
  defaultURL = DEFAULT_URL,
}: FindServerOptions): Promise<Result<FoundServers>> {
  const username =
    filled(environment[USERNAME_VARIABLE]) ??
    filled(environment["OPENCODE_SERVER_USERNAME"]) ??
    DEFAULT_USERNAME;
  const password =
    filled(environment[PASSWORD_VARIABLE]) ??
    filled(environment["OPENCODE_SERVER_PASSWORD"]) ??
    filled(environment["OPENCODE_PASSWORD"]);
  const given = filled(url) ?? filled(environment[URL_VARIABLE]);
  if (given !== undefined) {
    const address = normaliseServerURL(given);
    if (address === undefined) {
      const message =
        "the server address must be a URL such as http://127.0.0.1:4096, without a password";
      return failed(new ServerError("rejected", message));
    }
    return ok({ logins: [loginOf({ url: address, username, password })], isNamed: true });
  }
  const processes = await listProcesses(list);
  const parentPID = Number(environment["OPENCODE_PID"] ?? NaN);
  const parent = processes.find(({ pid }) => pid === parentPID);
  const ofParent = parent === undefined ? [] : loginsOf(parent, username, password);
  if (ofParent.length > 0) return ok({ logins: ofParent, isNamed: true });
  const logins = await localLogins(processes, { username, password, environment, defaultURL });
  return ok({ logins, isNamed: false });
}

/** The servers on this machine that answer, or require a password. */
async function localLogins(
  processes: readonly LocalProcess[],
  {
    username,
    password,
    environment,
    defaultURL,
  }: {
    readonly username: string;
    readonly password: string | undefined;
    readonly environment: Environment;
    readonly defaultURL: string;
  },
): Promise<readonly ServerLogin[]> {
  const logins = new Map<string, ServerLogin>();
  const add = (login: ServerLogin): void => {
    if (!logins.has(login.access.url)) logins.set(login.access.url, login);
  };
  const ofProcesses = processes.flatMap((process) => loginsOf(process, username, password));
  // Where `opencode serve` listens by default; anything that listens elsewhere is found by its process.
  for (const login of ofProcesses) if (login.access.url === defaultURL) add(login);
  add(loginOf({ url: defaultURL, username, password: undefined }));
  for (const login of ofProcesses) add(login);
  const { registration } = await readRegistration(registrationPath(environment, homedir()));
  if (registration !== undefined) {
    const { url, pid } = registration;
    // The file may be older than what listens there now: the password is for the process that wrote it.
    if ((await whoListens(pid, url)) === "itself") {
      logins.set(url, {
        ...loginOf({ url, username: DEFAULT_USERNAME, password: registration.password }),
        pid,
      });
    }
  }
  const answered = await Promise.all(
    [...logins.values()].map(async (login) => {
      if (!(await isListening(login.access.url))) return [];
      const detected = await detectServer(login.access);
      return detected.ok || detected.error.reason === "unauthorized" ? [login] : [];
    }),
  );
  return answered.flat();
}

/** How long to look for the processes on this machine. */
const LIST_TIMEOUT_MS = 5_000;

async function listProcesses(list: ProcessList | undefined): Promise<readonly LocalProcess[]> {
  if (list === undefined) return [];
  const listed = await withLimits({ timeoutMs: LIST_TIMEOUT_MS }, list);
  return listed.ok ? listed.value : [];
}

function loginsOf(
  process: LocalProcess,
  username: string,
  password: string | undefined,
): readonly ServerLogin[] {
  // If the system doesn't show who listens, the command line alone is no reason to send a password.
  const isProved = process.listening.length > 0;
  return processURLs(process).map((url) => {
    const access = { url, username, password: isProved ? password : undefined };
    return { ...loginOf(access), pid: process.pid };
  });
}

function loginOf(access: ServerLogin["access"]): ServerLogin {
  return { access, name: access.url.replace(/^https?:\/\//, ""), pid: undefined };
}

function filled(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text;
}
