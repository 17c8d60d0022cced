import spawn from "cross-spawn";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import { isRecord, parseJSON, recordsOf, textOf } from "./values.ts";

/** What a login program gave. */
export interface ExecCredential {
  readonly token: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** Milliseconds since the epoch; undefined: as long as the cluster takes it. */
  readonly expiresMs: number | undefined;
}

/** What the program is told of the cluster, where the kubeconfig wants that. */
export interface ExecCluster {
  readonly server: string;
  readonly "certificate-authority-data"?: string;
  readonly "tls-server-name"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
}

/** A credential is renewed so long before it expires. */
const MARGIN_MS = 30_000;
const TIMEOUT_MS = 60_000;

/**
 * Runs the login program of a kubeconfig's user (client.authentication.k8s.io): once for all that ask at the
 * same time, and again only when its credential has expired or was refused. On Windows it may be a script
 * (`.cmd`) on the path as well, as for kubectl.
 */
export class ExecLogin {
  readonly #exec: unknown;
  readonly #cluster: ExecCluster;
  #credential: ExecCredential | undefined;
  #running: Promise<Result<ExecCredential>> | undefined;

  constructor(exec: unknown, cluster: ExecCluster) {
    this.#exec = exec;
    this.#cluster = cluster;
  }

  credential(): Promise<Result<ExecCredential>> {
    const known = this.#credential;
    if (known !== undefined && (known.expiresMs ?? Infinity) - MARGIN_MS > Date.now()) {
      return Promise.resolve(ok(known));
    }
    this.#running ??= run(this.#exec, this.#cluster).then((result) => {
      this.#running = undefined;
      this.#credential = result.ok ? result.value : undefined;
      return result;
    });
    return this.#running;
  }

  /** The cluster refused the credential: the next call gets a new one. */
  forget(): void {
    this.#credential = undefined;
  }
}

async function run(exec: unknown, cluster: ExecCluster): Promise<Result<ExecCredential>> {
  const wanted = isRecord(exec) ? exec : {};
  const command = textOf(wanted["command"]);
  if (command === undefined) {
    return failed(
      new ServerError("unauthorized", "the kubeconfig names no program to log in with"),
    );
  }
  const args = Array.isArray(wanted["args"]) ? wanted["args"].map(String) : [];
  const apiVersion = textOf(wanted["apiVersion"]) ?? "client.authentication.k8s.io/v1";
  const info = {
    apiVersion,
    kind: "ExecCredential",
    spec: {
      interactive: false,
      ...(wanted["provideClusterInfo"] === true ? { cluster } : {}),
    },
  };
  const environment: Record<string, string | undefined> = { ...process.env };
  for (const entry of recordsOf(wanted["env"])) {
    const name = textOf(entry["name"]);
    if (name !== undefined) environment[name] = String(entry["value"]);
  }
  environment["KUBERNETES_EXEC_INFO"] = JSON.stringify(info);
  const output = await outputOf(command, args, environment);
  if (!output.ok) {
    const hint = textOf(wanted["installHint"]);
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
      new ServerError("unauthorized", `the login program “${command}” gave no credential`),
    );
  }
  return ok(credential);
}

function outputOf(
  command: string,
  args: readonly string[],
  env: Record<string, string | undefined>,
): Promise<Result<string>> {
  return new Promise((resolve) => {
    const fail = (message: string, cause?: unknown): void => {
      resolve(
        failed(
          new ServerError("unauthorized", `the login program “${command}” ${message}`, { cause }),
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
        timeout: TIMEOUT_MS,
      });
    } catch (cause) {
      fail("could not be started", cause);
      return;
    }
    child.stdout?.setEncoding("utf8");
    child.stdout?.on("data", (chunk: string) => {
      output += chunk;
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      fail(error.code === "ENOENT" ? "is not installed" : "could not be started", error);
    });
    child.once("close", (code) => {
      if (code === 0) resolve(ok(output));
      // What it wrote on its error output may hold secrets: it is not repeated.
      else fail(`failed (${code === null ? "no answer in time" : `exit code ${String(code)}`})`);
    });
  });
}
