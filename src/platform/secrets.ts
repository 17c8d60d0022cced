import type * as vscode from "vscode";

import { passwordKey, refusalToSend } from "../core/credentialPolicy.ts";
import { ServerError } from "../core/errors.ts";
import { t } from "../core/language.ts";
import type { Endpoint } from "../core/state/endpoint.ts";
import { failed, ok, type Result } from "../core/result.ts";

/**
 * Server passwords, stored only in VS Code's secret storage, under the server's base URL (see `passwordKey`).
 * Listeners receive the URL whose password was added, changed or removed, in any window.
 */
export class Passwords {
  readonly #storage: vscode.SecretStorage;

  constructor(storage: vscode.SecretStorage) {
    this.#storage = storage;
  }

  async get(url: string): Promise<string | undefined> {
    return this.#storage.get(secretKey(url));
  }

  async store(url: string, password: string): Promise<void> {
    await this.#storage.store(secretKey(url), password);
  }

  async forget(url: string): Promise<void> {
    await this.#storage.delete(secretKey(url));
  }

  onDidChange(listener: (url: string) => void): vscode.Disposable {
    return this.#storage.onDidChange(({ key }) => {
      if (key.startsWith(SECRET_PREFIX)) listener(key.slice(SECRET_PREFIX.length));
    });
  }
}

interface ServerCredentialsOptions {
  /** A password known to the server's source. */
  readonly known: (endpoint: Endpoint) => Promise<string | undefined>;
  readonly passwords: Passwords;
  /** Origins that may be contacted over plain HTTP. */
  readonly allowedPlainHTTP: () => ReadonlySet<string>;
  /** The `fetch` for an endpoint that is only reachable through a tunnel. */
  readonly tunnel: (endpoint: Endpoint) => Promise<typeof fetch | undefined>;
}

/** Provides what this window may send to a server, according to `core/credentialPolicy.ts`. Caches nothing. */
export class ServerCredentials {
  readonly #options: ServerCredentialsOptions;

  constructor(options: ServerCredentialsOptions) {
    this.#options = options;
  }

  /** Why nothing may be sent to a server; undefined if sending is allowed. */
  refusal(endpoint: Endpoint): ServerError | undefined {
    return refusalToSend(endpoint, this.#options.allowedPlainHTTP());
  }

  /** The password of a server, if one is known. Fails with `unencrypted` if nothing may be sent. */
  async password(endpoint: Endpoint): Promise<Result<string | undefined>> {
    const { known, passwords } = this.#options;
    const refusal = this.refusal(endpoint);
    if (refusal !== undefined) return failed(refusal);
    return ok((await known(endpoint)) ?? (await passwords.get(passwordKey(endpoint))));
  }

  /** The `fetch` to use for a server whose address is only valid in a tunnel; undefined for all others. */
  async fetch(endpoint: Endpoint): Promise<typeof fetch | undefined> {
    if (endpoint.isTunnel !== true) return undefined;
    // Without the tunnel, the address would be looked up on the network.
    return (await this.#options.tunnel(endpoint)) ?? closedTunnel;
  }
}

function closedTunnel(): Promise<never> {
  return Promise.reject(new ServerError("unreachable", t("the connection to the agent is closed")));
}

const SECRET_PREFIX = "password:";

function secretKey(url: string): string {
  return `${SECRET_PREFIX}${url}`;
}
