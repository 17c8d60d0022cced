import type * as vscode from "vscode";

import { passwordKey, refusalToSend } from "../core/credentialPolicy.ts";
import type { Endpoint } from "../core/state/endpoint.ts";
import { failed, ok, type Result } from "../core/result.ts";

/**
 * Passwords of servers, kept by VS Code's secret storage under the server's base URL, and nowhere else.
 * The listener is told the URL whose password came, changed or went, in whichever window it happened.
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
  /** A password that the source of a server knows. */
  readonly known: (endpoint: Endpoint) => Promise<string | undefined>;
  readonly passwords: Passwords;
  /** Origins that may be spoken to by plain HTTP. */
  readonly allowedPlainHTTP: () => ReadonlySet<string>;
  /** What sends the requests of an endpoint that only a tunnel leads to. */
  readonly tunnel: (endpoint: Endpoint) => Promise<typeof fetch | undefined>;
}

/** What this window may send to a server, by `core/credentialPolicy.ts`. Keeps nothing. */
export class ServerCredentials {
  readonly #options: ServerCredentialsOptions;

  constructor(options: ServerCredentialsOptions) {
    this.#options = options;
  }

  /** The password of a server, where one is known. Fails with `unencrypted` where nothing may be sent. */
  async password(endpoint: Endpoint): Promise<Result<string | undefined>> {
    const { known, passwords, allowedPlainHTTP } = this.#options;
    const refusal = refusalToSend(endpoint, allowedPlainHTTP());
    if (refusal !== undefined) return failed(refusal);
    return ok((await known(endpoint)) ?? (await passwords.get(passwordKey(endpoint))));
  }

  /** What sends the requests to a server, where its address leads nowhere by itself. */
  async fetch(endpoint: Endpoint): Promise<typeof fetch | undefined> {
    return endpoint.isTunnel === true ? this.#options.tunnel(endpoint) : undefined;
  }
}

const SECRET_PREFIX = "password:";

function secretKey(url: string): string {
  return `${SECRET_PREFIX}${url}`;
}
