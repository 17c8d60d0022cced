import { t } from "../../core/language.ts";
import { readFileSync } from "node:fs";
import type { Cluster } from "@kubernetes/client-node/dist/config_types.js";
import { ServerError } from "../../core/errors.ts";
import { MAX_LOGIN_CHARACTERS } from "../../core/limits.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import { spawn } from "./kubernetesClient.ts";
import { isRecord, parseJSON, recordsOf, textOf } from "./values.ts";

/** What a login program returned. */
export interface ExecCredential {
  readonly token: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** Milliseconds since the epoch; undefined means valid until the cluster refuses it. */
  readonly expiresMs: number | undefined;
}

/** Cluster facts passed to the program, if the kubeconfig asks for that. */
export interface ExecCluster {
  readonly server: string;
  readonly "certificate-authority-data"?: string;
  readonly "tls-server-name"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
}

/** How long before expiry a credential is renewed. */
const MARGIN_MS = 30_000;
const TIMEOUT_MS = 60_000;
/** How long a program that is ended may take to clean up. */
const KILL_AFTER_MS = 2_000;
const FIRST_WAIT_MS = 15_000;
/** The longest interval for a program whose credentials have expired on arrival. */
const LONGEST_WAIT_MS = 16 * 60_000;
/** After this many consecutive failures the program only runs again on the user's request. */
const MOST_FAILURES = 4;

/**
 * Runs the login program of a kubeconfig's user (client.authentication.k8s.io): once for all concurrent
 * callers, and again only when its credential has expired or was refused, with increasing delays. On Windows
 * it may also be a script (`.cmd`) on the path, as for kubectl.
 */
export class ExecLogin {
  readonly #exec: unknown;
  readonly #cluster: ExecCluster;
  readonly #now: () => number;
  readonly #limitMs: number;
  #credential: ExecCredential | undefined;
  #running: Promise<Result<ExecCredential>> | undefined;
  /** Consecutive runs without a credential the cluster accepted. */
  #failures = 0;
  #lastError: ServerError | undefined;
  #notBeforeMs = 0;
  /** Consecutive credentials that had expired on arrival: the program is wrong, or our clock is ahead. */
  #expiredOnArrival = 0;
  /** Until then, a credential that had expired on arrival is used: whether it is valid, the cluster decides. */
  #usedUntilMs = 0;

  /** `now`: a monotonic clock, in milliseconds. `limitMs`: how long the program may run. */
  constructor(
    exec: unknown,
    cluster: ExecCluster,
    now = (): number => performance.now(),
    limitMs = TIMEOUT_MS,
  ) {
    this.#exec = exec;
    this.#cluster = cluster;
    this.#now = now;
    this.#limitMs = limitMs;
  }

  credential(): Promise<Result<ExecCredential>> {
    const known = this.#credential;
    if (known !== undefined && (!hasExpired(known) || this.#now() < this.#usedUntilMs)) {
      return Promise.resolve(ok(known));
    }
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.resolve(failed(refusal));
    this.#running ??= run(this.#exec, this.#cluster, this.#limitMs).then((result) => {
      this.#running = undefined;
      this.#credential = result.ok ? result.value : undefined;
      if (result.ok) this.#noteArrival(result.value);
      else this.#count(result.error);
      return result;
    });
    return this.#running;
  }

  /** The cluster accepted the credential: resets the failure count. */
  accepted(): void {
    this.#failures = 0;
  }

  /** The cluster refused `shown`: the next call gets a new credential, unless it has been replaced already. */
  refused(shown: ExecCredential, error: ServerError): void {
    if (this.#credential !== shown) return;
    this.#credential = undefined;
    this.#count(error);
  }

  /** The user asked for a retry: the program may run again now. */
  retry(): void {
    this.#failures = 0;
    this.#notBeforeMs = 0;
    this.#expiredOnArrival = 0;
    this.#usedUntilMs = 0;
  }

  /** Lets a program whose credentials have expired on arrival run at growing intervals. */
  #noteArrival(credential: ExecCredential): void {
    if (!hasExpired(credential)) {
      this.#expiredOnArrival = 0;
      return;
    }
    const waitMs = Math.min(FIRST_WAIT_MS * 4 ** this.#expiredOnArrival, LONGEST_WAIT_MS);
    this.#expiredOnArrival++;
    this.#usedUntilMs = this.#now() + waitMs;
  }

  /**
   * The first refusal looks just like an expiry, so one run follows immediately. Later runs are delayed more
   * and more, and then stop until the user asks: each may open a browser window.
   */
  #count(error: ServerError): void {
    this.#failures++;
    this.#lastError = error;
    const waitMs = this.#failures === 1 ? 0 : FIRST_WAIT_MS * 4 ** (this.#failures - 2);
    this.#notBeforeMs = this.#now() + waitMs;
  }

  #refusal(): ServerError | undefined {
    if (this.#running !== undefined || this.#lastError === undefined) return undefined;
    const isOver = this.#failures >= MOST_FAILURES;
    if (!isOver && this.#now() >= this.#notBeforeMs) return undefined;
    const { message } = this.#lastError;
    const then = isOver ? t("log in yourself, then refresh") : t("will try again later");
    return new ServerError("unauthorized", `${message}; ${then}`, { status: 401 });
  }
}

/** The login programs of all contexts: those of one cluster and user share their runs. */
export class ExecLogins {
  readonly #logins = new Map<string, ExecLogin>();

  /** The login by this `exec` configuration at this cluster. */
  of(exec: unknown, cluster: ExecCluster): ExecLogin {
    const key = JSON.stringify([exec, cluster]);
    let login = this.#logins.get(key);
    if (login === undefined) this.#logins.set(key, (login = new ExecLogin(exec, cluster)));
    return login;
  }
}

function hasExpired({ expiresMs = Infinity }: ExecCredential): boolean {
  // eslint-disable-next-line project/monotonic-waits -- the program and we use the same clock
  return expiresMs - MARGIN_MS <= Date.now();
}

/** The cluster facts for a login program; the CA's content is included even if the kubeconfig names a file. */
export function execCluster({
  server,
  caData,
  caFile,
  tlsServerName,
  skipTLSVerify,
}: Cluster): ExecCluster {
  const authority = caData ?? (caFile === undefined ? undefined : base64OfFile(caFile));
  return {
    server,
    ...(authority === undefined ? {} : { "certificate-authority-data": authority }),
    ...(tlsServerName === undefined ? {} : { "tls-server-name": tlsServerName }),
    ...(skipTLSVerify ? { "insecure-skip-tls-verify": true } : {}),
  };
}

function base64OfFile(file: string): string | undefined {
  try {
    return readFileSync(file).toString("base64");
  } catch {
    // The connection will fail because of it, and report it.
    return undefined;
  }
}

async function run(
  exec: unknown,
  cluster: ExecCluster,
  limitMs: number,
): Promise<Result<ExecCredential>> {
  const config = isRecord(exec) ? exec : {};
  const command = textOf(config["command"]);
  if (command === undefined) {
    return failed(
      new ServerError("unauthorized", t("the kubeconfig does not name a login program")),
    );
  }
  const args = Array.isArray(config["args"]) ? config["args"].map(String) : [];
  const apiVersion = textOf(config["apiVersion"]) ?? "client.authentication.k8s.io/v1";
  const info = {
    apiVersion,
    kind: "ExecCredential",
    spec: {
      interactive: false,
      ...(config["provideClusterInfo"] === true ? { cluster } : {}),
    },
  };
  const environment: Record<string, string | undefined> = { ...process.env };
  for (const entry of recordsOf(config["env"])) {
    const name = textOf(entry["name"]);
    if (name !== undefined) environment[name] = String(entry["value"]);
  }
  environment["KUBERNETES_EXEC_INFO"] = JSON.stringify(info);
  const output = await outputOf(command, args, environment, limitMs);
  if (!output.ok) {
    const hint = textOf(config["installHint"]);
    if (hint === undefined) return output;
    const { reason, message } = output.error;
    return failed(new ServerError(reason, `${message}. ${hint}`, { cause: output.error }));
  }
  const parsed = parseJSON(output.value);
  const status = isRecord(parsed) && isRecord(parsed["status"]) ? parsed["status"] : {};
  const expires = Date.parse(textOf(status["expirationTimestamp"]) ?? "");
  const credential = {
    token: textOf(status["token"]),
    certificate: textOf(status["clientCertificateData"]),
    key: textOf(status["clientKeyData"]),
    expiresMs: Number.isNaN(expires) ? undefined : expires,
  };
  if (credential.token === undefined && credential.certificate === undefined) {
    return failed(
      new ServerError("unauthorized", t`the login program “${command}” returned no credential`),
    );
  }
  return ok(credential);
}

function outputOf(
  command: string,
  args: readonly string[],
  env: Record<string, string | undefined>,
  limitMs: number,
): Promise<Result<string>> {
  return new Promise((resolve) => {
    const fail = (message: string, cause?: unknown): void => {
      resolve(
        failed(
          new ServerError("unauthorized", t`the login program “${command}” ${message}`, { cause }),
        ),
      );
    };
    let output = "";
    let child;
    try {
      child = spawn(command, [...args], {
        env,
        stdio: ["ignore", "pipe", "ignore"],
        windowsHide: true,
      });
    } catch (cause) {
      fail(t("could not be started"), cause);
      return;
    }
    const { stdout } = child;
    // Reported at once: the program may ignore the signal, and what it started may keep its output open.
    const end = (message: string): void => {
      clearTimeout(timer);
      fail(message);
      stdout?.destroy();
      child.kill();
      setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS).unref();
    };
    const timer = setTimeout(() => {
      end(t`failed (${t("timed out")})`);
    }, limitMs);
    stdout?.setEncoding("utf8");
    stdout?.on("data", (chunk: string) => {
      output += chunk;
      if (output.length > MAX_LOGIN_CHARACTERS) end(t("prints too much"));
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(error.code === "ENOENT" ? t("is not installed") : t("could not be started"), error);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(ok(output));
      // Its stderr may contain secrets: never repeated.
      else fail(t`failed (${code === null ? t("it was ended") : t`exit code ${String(code)}`})`);
    });
  });
}
