import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { base64Within, filesBelow, isStartedBy } from "./secrets.ts";
import type { SeenRequest } from "./seenRequest.ts";

/** What must not be written down. */
type What = "password" | "prompt" | "answer";

/** A place where one of them may be. */
export interface Allowed {
  readonly what: readonly What[];
  /** Matches the name of the place, as {@link Canaries.leaks} reports it. */
  readonly place: RegExp;
  readonly why: string;
}

/** Where to search. */
export interface Places {
  /** Folders by name: every file in them. */
  readonly folders: Readonly<Record<string, string>>;
  /** Other texts by name: what was shown, asked for or answered. */
  readonly texts?: Readonly<Record<string, string>>;
  /** What servers were sent, by the server's name: addresses and headers. */
  readonly requests?: Readonly<Record<string, readonly SeenRequest[]>>;
  /** Programs that hold the password themselves, such as the server; so do those that they start. */
  readonly holders?: readonly (number | undefined)[];
}

/** A password, a prompt and an answer that occur nowhere else on this machine. */
export class Canaries {
  readonly password = `canary-password-${randomUUID()}`;
  readonly prompt = `canary-prompt-${randomUUID()}`;
  readonly answer = `canary-answer-${randomUUID()}`;
  readonly #forms = (["password", "prompt", "answer"] as const).map((what) => ({
    what,
    forms: [this[what], ...base64Within(this[what])],
  }));
  readonly #allowed: readonly Allowed[];
  readonly #used = new Set<Allowed>();

  constructor(allowed: readonly Allowed[]) {
    this.#allowed = allowed;
  }

  /**
   * Where one of them is and may not be, as `what in place`: in files, texts and requests, and on Linux also on the
   * command line and in the environment of every running program.
   */
  leaks({ folders, texts = {}, requests = {}, holders = [] }: Places): readonly string[] {
    const found = new Set<string>();
    const search = (place: string, content: Buffer): void => {
      for (const what of this.#whatIn(content)) {
        const allowed = this.#allowed.find(
          (each) => each.what.includes(what) && each.place.test(place),
        );
        if (allowed === undefined) found.add(`${what} in ${place}`);
        else this.#used.add(allowed);
      }
    };
    for (const [name, folder] of Object.entries(folders)) {
      for (const file of filesBelow(folder)) {
        search(`${name}: ${path.relative(folder, file)}`, read(file));
      }
    }
    for (const [name, text] of Object.entries(texts)) search(name, Buffer.from(text));
    for (const [server, seen] of Object.entries(requests)) {
      for (const { method, path, headers } of seen) {
        search(`address of a request to ${server}: ${method} ${path}`, Buffer.from(path));
        for (const [name, value] of headers) {
          search(`header ${name} of a request to ${server}`, Buffer.from(`${name}: ${value}`));
        }
      }
    }
    const owners = holders.filter((pid) => pid !== undefined);
    for (const pid of runningPrograms()) {
      const line = read(`/proc/${pid}/cmdline`).toString().replaceAll("\0", " ");
      search(`command line: ${line}`, Buffer.from(line));
      const isHolder = owners.some((own) => own === Number(pid) || isStartedBy(Number(pid), own));
      if (isHolder) continue;
      for (const variable of read(`/proc/${pid}/environ`).toString().split("\0")) {
        const [name = ""] = variable.split("=", 1);
        search(`environment of ${line}: ${name}`, Buffer.from(variable));
      }
    }
    return [...found];
  }

  /** Why places are allowed in which nothing was found: they need not be, or the search does not see them. */
  unusedAllowances(): readonly string[] {
    return this.#allowed.filter((each) => !this.#used.has(each)).map(({ why }) => why);
  }

  #whatIn(content: Buffer): readonly What[] {
    return this.#forms
      .filter(({ forms }) => forms.some((form) => content.includes(form)))
      .map(({ what }) => what);
  }
}

/** What a window keeps in its browser, as `database/store/key` and text: VS Code's storage for one workspace or user. */
export async function browserStorage(page: Page): Promise<Record<string, string>> {
  return await page.evaluate(async () => {
    const settled = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => {
          resolve(request.result);
        };
        request.onerror = () => {
          reject(request.error ?? new Error("no reason"));
        };
      });
    const textOf = (value: unknown): string =>
      value instanceof Uint8Array ? new TextDecoder().decode(value) : JSON.stringify(value);
    const all: Record<string, string> = {};
    for (const { name = "" } of await indexedDB.databases()) {
      const database = await settled(indexedDB.open(name));
      for (const storeName of database.objectStoreNames) {
        const store = database.transaction(storeName).objectStore(storeName);
        const [keys, values] = await Promise.all([
          settled(store.getAllKeys()),
          settled(store.getAll()),
        ]);
        keys.forEach((key, index) => {
          all[`${name}/${storeName}/${JSON.stringify(key)}`] = textOf(values[index]);
        });
      }
      database.close();
    }
    for (const [name, storage] of Object.entries({ localStorage, sessionStorage })) {
      for (const key of Object.keys(storage)) all[`${name}/${key}`] = storage.getItem(key) ?? "";
    }
    return all;
  });
}

/** The process ids of all running programs. */
function runningPrograms(): readonly string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0); // gone, or owned by another user
  }
}
