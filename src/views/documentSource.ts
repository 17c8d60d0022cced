import type * as vscode from "vscode";

import type { TaskDescription } from "../core/ledger/taskCosts.ts";
import type { SessionRef } from "../core/session.ts";
import type { Store } from "../core/store.ts";
import type { ContextKeys } from "../platform/contextKeys.ts";
import type { TaskHint } from "../viewModels/taskHint.ts";
import type { TodoEntry } from "../viewModels/todoDocument.ts";
import type { AskTurnDiffs } from "./turnDiffs.ts";

/** Where documents of sessions get what they show. */
export interface DocumentSource {
  readonly store: Pick<Store, "state" | "onDidChange">;
  readonly contextKeys: ContextKeys;
  /** Keeps a session's messages in the state until the returned function is called. */
  readonly watch: (ref: SessionRef) => () => void;
  /** Asks a server for a session's todo list; undefined when it cannot be had. */
  readonly todos: (ref: SessionRef) => Promise<readonly TodoEntry[] | undefined>;
  readonly turnDiffs: AskTurnDiffs;
  /** What tasks like one have cost; undefined when too few were seen. */
  readonly taskHint: (task: TaskDescription) => TaskHint | undefined;
}

/** What stands behind a scheme: VS Code's own contract, without what nothing here needs. */
export interface FolderContent {
  watch(uri: vscode.Uri): vscode.Disposable;
  stat(uri: vscode.Uri): Promise<vscode.FileStat>;
  readFile(uri: vscode.Uri): Promise<Uint8Array>;
  writeFile(uri: vscode.Uri, content: Uint8Array): void;
}
