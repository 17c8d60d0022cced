import type * as vscode from "vscode";

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

const SECRET_PREFIX = "password:";

function secretKey(url: string): string {
  return `${SECRET_PREFIX}${url}`;
}
