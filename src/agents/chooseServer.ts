import { isReadableInTransit, originOf, refusalToSend } from "../core/credentialPolicy.ts";
import { ServerError } from "../core/errors.ts";
import { failed, type Result } from "../core/result.ts";
import { whoListens } from "../sources/processIdentity.ts";
import { findServers, type FindServerOptions, PLAIN_HTTP_VARIABLE } from "./findServers.ts";
import { type ServerLogin, ServerReading } from "./serverReading.ts";

export interface ChooseServerOptions extends FindServerOptions {
  /** Reports what the user should know about the choice; never a secret. */
  readonly note: (message: string) => void;
}

/** Finds the server that is meant, and reads it again for every question. */
export class ChosenServer {
  readonly #options: ChooseServerOptions;
  /** The server that answered last, which is tried first the next time. */
  #last: ServerLogin | undefined;

  constructor(options: ChooseServerOptions) {
    this.#options = options;
  }

  /**
   * Fails with `unreachable` if there is no server, `unauthorized` if it requires another password,
   * `rejected` if others could read the traffic and the user hasn't allowed that.
   */
  async read(): Promise<Result<ServerReading>> {
    if (this.#last !== undefined && (await isSameListener(this.#last))) {
      const again = await ServerReading.begin(this.#last);
      if (again.ok) return again;
    }
    const found = await findServers(this.#options);
    if (!found.ok) return found;
    const { logins, isNamed } = found.value;
    let error = new ServerError(
      "unreachable",
      "no OpenCode server is running on this machine: start one with “opencode serve”, or specify one by URL",
    );
    for (const [index, login] of logins.entries()) {
      if (refusalToSend(login.access, this.#allowed(login)) !== undefined) {
        error = inTheClear(login);
        continue;
      }
      if (isReadableInTransit(login.access)) {
        this.#options.note(
          `${login.access.url} is not encrypted: others on the network can read the password and the sessions`,
        );
      }
      const reading = await ServerReading.begin(login);
      if (reading.ok) {
        const others = logins.slice(index + 1).map(({ access }) => access.url);
        if (!isNamed && others.length > 0) {
          this.#options.note(
            `using ${login.access.url}; other servers: ${others.join(", ")} (choose with --server)`,
          );
        }
        this.#last = login;
        return reading;
      }
      error = withAddress(reading.error, login);
    }
    return failed(error);
  }

  /** The origins that may be contacted over plain HTTP. */
  #allowed({ access }: ServerLogin): ReadonlySet<string> {
    const origin = originOf(access.url);
    const isAllowed = this.#options.environment[PLAIN_HTTP_VARIABLE] === "1";
    return new Set(isAllowed && origin !== undefined ? [origin] : []);
  }

  /** Reads the server once, and passes the reading to a question. */
  async ask<T>(question: (reading: ServerReading) => Promise<Result<T>>): Promise<Result<T>> {
    const reading = await this.read();
    return reading.ok ? question(reading.value) : reading;
  }
}

/**
 * Whether what listens at a login's address is still what its password is for: once a process that was found on this
 * machine has ended, any program may listen there.
 */
async function isSameListener({ access, pid }: ServerLogin): Promise<boolean> {
  if (pid === undefined || access.password === undefined) return true;
  return (await whoListens(pid, access.url)) === "itself";
}

function inTheClear({ access }: ServerLogin): ServerError {
  return new ServerError(
    "rejected",
    `${access.url} is on another machine and not encrypted: nothing is sent, because others on the network could read the password and the sessions; use https, or set ${PLAIN_HTTP_VARIABLE}=1 to use it anyway`,
  );
}

function withAddress(
  { reason, message, status }: ServerError,
  { access }: ServerLogin,
): ServerError {
  const hint =
    reason === "unauthorized" ? "; set it in the environment as OPENCODE_SESSIONS_PASSWORD" : "";
  return new ServerError(reason, `${access.url}: ${message}${hint}`, { status });
}
