import * as vscode from "vscode";

import { PROMPT_SCHEME, SESSION_SCHEME, SESSION_TEXT_SCHEME } from "../platform/ids.ts";
import type { DocumentSource, FolderContent } from "./documentSource.ts";
import type { SessionDocuments } from "./sessionDocuments.ts";

/**
 * The folders that documents of sessions seem to lie in. They are folders and no text providers, because VS
 * Code brings files back after a reload, and takes over a changed file without drawing all of it anew. What
 * fills them is loaded with the first document.
 */
export class VirtualFolders implements vscode.Disposable {
  readonly #source: DocumentSource;
  readonly #registrations: vscode.Disposable;
  readonly #session = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly #prompt = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  #documents: Promise<SessionDocuments> | undefined;

  constructor(source: DocumentSource) {
    this.#source = source;
    this.#registrations = vscode.Disposable.from(
      this.#session,
      this.#prompt,
      this.#register(SESSION_SCHEME, this.#session, ({ reading }) => reading),
      this.#register(SESSION_TEXT_SCHEME, this.#session, ({ reading }) => reading),
      this.#register(PROMPT_SCHEME, this.#prompt, ({ prompts }) => prompts),
    );
  }

  /** The documents; loads them when they are first asked for. */
  load(): Promise<SessionDocuments> {
    this.#documents ??= import("./sessionDocuments.ts").then(
      ({ SessionDocuments }) =>
        new SessionDocuments(this.#source, {
          session: tell(this.#session),
          prompt: tell(this.#prompt),
        }),
    );
    return this.#documents;
  }

  dispose(): void {
    this.#registrations.dispose();
    void this.#documents?.then((documents) => {
      documents.dispose();
    });
  }

  #register(
    scheme: string,
    changed: vscode.EventEmitter<vscode.FileChangeEvent[]>,
    contentOf: (documents: SessionDocuments) => FolderContent,
  ): vscode.Disposable {
    const content = async (): Promise<FolderContent> => contentOf(await this.load());
    const refuse = (): never => {
      throw vscode.FileSystemError.NoPermissions();
    };
    return vscode.workspace.registerFileSystemProvider(
      scheme,
      {
        onDidChangeFile: changed.event,
        watch: (uri) => {
          const watching = content().then((folder) => folder.watch(uri));
          return new vscode.Disposable(() => {
            void watching.then((watch): void => {
              watch.dispose();
            });
          });
        },
        stat: async (uri) => (await content()).stat(uri),
        readFile: async (uri) => (await content()).readFile(uri),
        writeFile: async (uri, bytes) => {
          (await content()).writeFile(uri, bytes);
        },
        readDirectory: () => [],
        createDirectory: refuse,
        delete: refuse,
        rename: refuse,
      },
      { isCaseSensitive: true, isReadonly: scheme !== PROMPT_SCHEME },
    );
  }
}

function tell(changed: vscode.EventEmitter<vscode.FileChangeEvent[]>): (uri: vscode.Uri) => void {
  return (uri) => {
    changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  };
}
