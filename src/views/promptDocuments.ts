import * as vscode from "vscode";

import type { Changes } from "../core/changes.ts";
import { getSession, sessionModel } from "../core/lookup.ts";
import type { TaskDescription } from "../core/ledger/taskCosts.ts";
import { modelKey, type ModelRef } from "../core/model.ts";
import type { State } from "../core/state.ts";
import type { Store } from "../core/store.ts";
import { type CommandID, PROMPT_SCHEME } from "../platform/ids.ts";
import { parsePromptQuery, promptAddress } from "../viewModels/documentTarget.ts";
import { cleanTitle } from "../viewModels/format.ts";
import { withoutIcons } from "../viewModels/markdown.ts";
import { concernsPrompt, promptNotice, type PromptTarget } from "../viewModels/promptNotice.ts";
import type { TaskHint } from "../viewModels/taskHint.ts";
import type { FolderContent } from "./documentSource.ts";
import { Paced } from "./paced.ts";

/** What a prompt is sent with, where it is not what the session has. */
export interface PromptChoices {
  readonly agent?: string | undefined;
  readonly model?: ModelRef | undefined;
}

/** A prompt that is being written in an editor. */
export interface PromptDraft extends PromptChoices {
  readonly uri: vscode.Uri;
  readonly target: PromptTarget;
  readonly text: string;
}

interface Kept {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

const SEND_PROMPT: CommandID = "opencodeSessions.sendPrompt";
const CHOOSE_AGENT: CommandID = "opencodeSessions.choosePromptAgent";
const CHOOSE_MODEL: CommandID = "opencodeSessions.choosePromptModel";

/** The line above a prompt follows the session it goes to. */
const LENS_INTERVAL_MS = 300;

/**
 * Prompts that are being written: documents of any length, above which stands what they are sent with and what
 * becomes of them. Saving one keeps it in memory until it is sent or the window closes; nothing is stored.
 */
export class PromptDocuments implements FolderContent, vscode.CodeLensProvider, vscode.Disposable {
  readonly #store: Pick<Store, "state" | "onDidChange">;
  readonly #changed: (uri: vscode.Uri) => void;
  readonly #taskHint: (task: TaskDescription) => TaskHint | undefined;
  readonly #kept = new Map<string, Kept>();
  readonly #choices = new Map<string, PromptChoices>();
  readonly #lensesChanged = new vscode.EventEmitter<void>();
  /** What stands above each prompt, by its address. */
  readonly #shown = new Map<string, string>();
  readonly #update = new Paced(LENS_INTERVAL_MS, () => {
    // VS Code waits for these to be quiet: while a session streams it would never draw them.
    const hasChanged = visiblePrompts().some((document) => {
      const titles = titlesOf(this.#lenses(document));
      return this.#shown.get(document.uri.toString()) !== titles;
    });
    if (hasChanged) this.#lensesChanged.fire();
  });
  readonly #placeholder = vscode.window.createTextEditorDecorationType({
    after: {
      contentText: vscode.l10n.t("Write the prompt here, as long as you like."),
      color: new vscode.ThemeColor("input.placeholderForeground"),
    },
  });
  readonly #parts: vscode.Disposable;
  #number = 0;

  readonly onDidChangeCodeLenses: vscode.Event<void> = this.#lensesChanged.event;

  constructor(
    store: Pick<Store, "state" | "onDidChange">,
    changed: (uri: vscode.Uri) => void,
    taskHint: (task: TaskDescription) => TaskHint | undefined,
  ) {
    this.#store = store;
    this.#changed = changed;
    this.#taskHint = taskHint;
    this.#parts = vscode.Disposable.from(
      this.#lensesChanged,
      this.#update,
      this.#placeholder,
      vscode.languages.registerCodeLensProvider({ scheme: PROMPT_SCHEME }, this),
      new vscode.Disposable(
        store.onDidChange((changes) => {
          if (visiblePrompts().some((document) => concerns(document, changes))) {
            this.#update.request();
          }
        }),
      ),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        this.#drawPlaceholder(document);
      }),
      vscode.window.onDidChangeVisibleTextEditors((editors) => {
        for (const { document } of editors) this.#drawPlaceholder(document);
        // What happened while an editor was hidden is drawn when it is seen again.
        if (visiblePrompts().length > 0) this.#update.request();
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme !== PROMPT_SCHEME) return;
        this.#choices.delete(uri.toString());
        this.#shown.delete(uri.toString());
      }),
    );
  }

  /** Opens a prompt to a session, with what was written of it before; or one to a session yet to be made. */
  async open(
    target: PromptTarget,
    { text, ...choices }: PromptChoices & { readonly text?: string } = {},
  ): Promise<void> {
    const uri = this.#uriOf(target);
    if (text !== undefined && !this.#kept.has(uri.toString())) {
      this.writeFile(uri, Buffer.from(text, "utf8"));
    }
    if (choices.agent !== undefined || choices.model !== undefined) {
      this.#choices.set(uri.toString(), choices);
    }
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: false });
    this.#drawPlaceholder(document);
  }

  /** The prompt at an address, or the one in the active editor; undefined when there is none. */
  draft(uri?: vscode.Uri): PromptDraft | undefined {
    const document =
      uri === undefined
        ? vscode.window.activeTextEditor?.document
        : openPrompts().find((open) => open.uri.toString() === uri.toString());
    if (document?.uri.scheme !== PROMPT_SCHEME) return undefined;
    const target = parsePromptQuery(document.uri.query);
    if (target === undefined) return undefined;
    const choices = this.#choices.get(document.uri.toString());
    return { ...choices, uri: document.uri, target, text: document.getText() };
  }

  /** Changes what a prompt is sent with. */
  choose(uri: vscode.Uri, choices: PromptChoices): void {
    const key = uri.toString();
    this.#choices.set(key, { ...this.#choices.get(key), ...choices });
    this.#lensesChanged.fire();
  }

  /** Closes a prompt that was sent, and forgets it. */
  async finish(uri: vscode.Uri): Promise<void> {
    const key = uri.toString();
    const document = openPrompts().find((open) => open.uri.toString() === key);
    // A document without changes closes without a question.
    if (document?.isDirty === true) await document.save();
    const tabs = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === key);
    await vscode.window.tabGroups.close(tabs);
    this.#kept.delete(key);
    this.#choices.delete(key);
    this.#changed(uri);
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const lenses = this.#lenses(document);
    this.#shown.set(document.uri.toString(), titlesOf(lenses));
    return lenses;
  }

  #lenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const draft = this.draft(document.uri);
    if (draft === undefined) return [];
    const { state } = this.#store;
    const notice = promptNotice(state, draft.target);
    const hint = this.#taskHint(taskOf(state, draft));
    const icon = { ready: "arrow-right", queued: "watch", refused: "circle-slash" }[notice.kind];
    const lens = (title: string, command: CommandID | "", tooltip?: string) =>
      new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), {
        title,
        command,
        arguments: [draft.uri],
        ...(tooltip === undefined ? {} : { tooltip }),
      });
    return [
      lens(`$(send) ${vscode.l10n.t("Send")}`, SEND_PROMPT),
      lens(
        `$(person) ${withoutIcons(agentText(state, draft))}`,
        CHOOSE_AGENT,
        vscode.l10n.t("Agent: click to choose another one"),
      ),
      lens(
        `$(symbol-misc) ${withoutIcons(modelText(state, draft))}`,
        CHOOSE_MODEL,
        vscode.l10n.t("Model: click to choose another one"),
      ),
      ...(hint === undefined
        ? []
        : [lens(`$(graph) ${withoutIcons(hint.text)}`, "", hint.tooltip)]),
      lens(`$(${icon}) ${withoutIcons(notice.text)}`, ""),
    ];
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { bytes, modifiedMs } = this.#keptOf(uri);
    const { File } = vscode.FileType;
    return Promise.resolve({ type: File, ctime: 0, mtime: modifiedMs, size: bytes.length });
  }

  readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return Promise.resolve(this.#keptOf(uri).bytes);
  }

  writeFile(uri: vscode.Uri, bytes: Uint8Array): void {
    this.#kept.set(uri.toString(), { bytes, modifiedMs: Date.now() });
  }

  dispose(): void {
    this.#parts.dispose();
  }

  /** A prompt is there as soon as somebody opens its address: VS Code brings editors back after a reload. */
  #keptOf(uri: vscode.Uri): Kept {
    if (parsePromptQuery(uri.query) === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return this.#kept.get(uri.toString()) ?? { bytes: new Uint8Array(), modifiedMs: 0 };
  }

  #uriOf(target: PromptTarget): vscode.Uri {
    if (target.kind === "new") this.#number++;
    const title =
      target.kind === "new" ? "" : (getSession(this.#store.state, target.ref)?.title ?? "");
    const { path, query } = promptAddress(target, title, this.#number);
    // One that is open keeps its address when its session is renamed.
    const open = openPrompts().find(({ uri }) => uri.query === query);
    return open?.uri ?? vscode.Uri.from({ scheme: PROMPT_SCHEME, path, query });
  }

  #drawPlaceholder(document: vscode.TextDocument): void {
    if (document.uri.scheme !== PROMPT_SCHEME) return;
    const ranges = document.getText() === "" ? [new vscode.Range(0, 0, 0, 0)] : [];
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document === document) editor.setDecorations(this.#placeholder, ranges);
    }
  }
}

function titlesOf(lenses: readonly vscode.CodeLens[]): string {
  return lenses.map(({ command }) => command?.title ?? "").join("\n");
}

function openPrompts(): readonly vscode.TextDocument[] {
  return vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === PROMPT_SCHEME);
}

/** Prompts that are seen now. */
function visiblePrompts(): readonly vscode.TextDocument[] {
  return vscode.window.visibleTextEditors
    .map(({ document }) => document)
    .filter(({ uri }) => uri.scheme === PROMPT_SCHEME);
}

function concerns({ uri }: vscode.TextDocument, changes: Changes): boolean {
  const target = parsePromptQuery(uri.query);
  return target !== undefined && concernsPrompt(target, changes);
}

/** The task a prompt begins, or goes on with, as others are judged by. */
function taskOf(state: State, { agent, target, text }: PromptDraft): TaskDescription {
  const session = target.kind === "session" ? getSession(state, target.ref) : undefined;
  const [firstLine = ""] = text.trim().split("\n", 1);
  const command = /^\/([\w.-]+)/.exec(firstLine)?.[1];
  return {
    agent: agent ?? session?.agent ?? "",
    command,
    // A server makes the title of a new session from its first prompt.
    title: session?.title ?? firstLine,
  };
}

function agentText(state: State, { agent, target }: PromptDraft): string {
  const own = target.kind === "session" ? getSession(state, target.ref)?.agent : undefined;
  return cleanTitle(agent ?? own ?? vscode.l10n.t("default agent"), 40);
}

function modelText(state: State, { model, target }: PromptDraft): string {
  const serverID = target.kind === "session" ? target.ref.serverID : target.serverID;
  const own = target.kind === "session" ? sessionModel(state, target.ref) : undefined;
  const used = model ?? own;
  if (used === undefined) return vscode.l10n.t("default model");
  const name = state.servers.get(serverID)?.models.get(modelKey(used))?.name;
  return cleanTitle(name ?? modelKey(used), 40);
}
