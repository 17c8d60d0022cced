import * as vscode from "vscode";

import { MAX_FOUND_FILES } from "../../core/limits.ts";
import { getSession } from "../../core/state/lookup.ts";
import { modelOfKey } from "../../core/state/model.ts";
import type {
  PromptDelivery,
  PromptFile,
  PromptInput,
  PromptOutcome,
} from "../../core/state/prompt.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import type { TaskDescription } from "../../core/ledger/taskCosts.ts";
import type { Attachment, PromptDrafts } from "../../platform/promptDrafts.ts";
import type { FromPromptBox, ToPromptBox } from "../../protocol/promptBox.ts";
import { mentionedFile } from "../../viewModels/conversation/attachment.ts";
import {
  mentionsIn,
  type PromptOffers,
  slashCommandIn,
} from "../../viewModels/conversation/completion.ts";
import {
  earlierPrompts,
  type Hint,
  type PromptChoices,
  promptBoxState,
  taskOf,
} from "../../viewModels/conversation/promptBox.ts";
import type { SessionPlace } from "../../viewModels/conversation/sessionPlace.ts";
import { cleanTitle, formatBytes } from "../../viewModels/text/format.ts";
import { normalisePath } from "../../viewModels/text/paths.ts";
import { Paced } from "../paced.ts";
import { attachableMime, readAttachable, readAttachments, selectionIn } from "./attachments.ts";
import { filesNamed } from "./promptFiles.ts";
import { outcomeText } from "./promptOutcome.ts";

/** Dependencies of the prompt boxes, provided by the front door. */
export interface PromptSource {
  readonly drafts: PromptDrafts;
  /** Copies of pasted and dropped files, known by their URIs until they are dropped. */
  readonly copies: {
    keep(bytes: Uint8Array): Promise<string>;
    drop(uris: readonly string[]): Promise<void>;
  };
  /** Sends a prompt; never rejects. */
  readonly send: (ref: SessionRef, input: PromptInput) => Promise<PromptOutcome>;
  /** The names a session's server offers for prompts. Rejects with a reason fit to be shown. */
  readonly offers: (ref: SessionRef) => Promise<PromptOffers>;
  /** Files below a session's directory, found by its server. */
  readonly findFiles: (ref: SessionRef, query: string) => Promise<readonly string[]>;
  /** Whether the session's files are on this machine. */
  readonly isLocal: (ref: SessionRef) => boolean;
  /** What similar tasks have cost; undefined if too few are known. */
  readonly taskHint: (task: TaskDescription) => Hint | undefined;
  /** What remains of the budget that will be exhausted first; undefined without one. */
  readonly budgetHint: (ref: SessionRef) => Hint | undefined;
  /** Calls the listener when these hints may have changed, until the returned function is called. */
  readonly onDidChangeHints: (listener: () => void) => () => void;
  /** The most recently used text editor. */
  readonly lastEditor: () => vscode.TextEditor | undefined;
}

const STATE_INTERVAL_MS = 300;
/** How often a draft is saved while it is being written. */
const SAVE_INTERVAL_MS = 500;
/** The maximum number of names in a text looked up among the session's files. */
const MOST_MENTIONS = 20;

/** The host side of a prompt box: keeps its draft, shows the state it will be sent in, and sends it. */
export class SessionPrompt implements vscode.Disposable {
  readonly #ref: SessionRef;
  readonly #key: SessionKey;
  readonly #state: () => State;
  readonly #source: PromptSource;
  readonly #drafts: PromptDrafts;
  readonly #say: (said: ToPromptBox) => void;
  readonly #states = new Paced(STATE_INTERVAL_MS, () => {
    this.#sendState();
  });
  readonly #saves = new Paced(SAVE_INTERVAL_MS, () => {
    this.#drafts.save();
  });
  readonly #stopListening: readonly (() => void)[];
  #attaching = Promise.resolve();
  #isReady = false;
  #sentState = "";
  /** Messages for the box, kept until it exists. */
  #waiting: readonly ToPromptBox[] = [];

  constructor(
    ref: SessionRef,
    state: () => State,
    source: PromptSource,
    say: (said: ToPromptBox) => void,
  ) {
    this.#ref = ref;
    this.#key = sessionKey(ref.serverID, ref.sessionID);
    this.#state = state;
    this.#source = source;
    this.#drafts = source.drafts;
    this.#say = say;
    this.#stopListening = [
      source.onDidChangeHints(() => {
        this.update();
      }),
      source.drafts.onDidChange((key, origin) => {
        if (key === this.#key && origin !== this) this.#follow();
      }),
    ];
  }

  /** The box exists, and is still empty. */
  start(): void {
    this.#isReady = true;
    this.#sentState = "";
    this.#say({ kind: "write", text: this.#text, isFocused: false });
    this.#sendState();
    for (const said of this.#waiting) this.#say(said);
    this.#waiting = [];
  }

  /** The box is gone until the next start. */
  stop(): void {
    this.#isReady = false;
  }

  /** Schedules an update of the box's state. */
  update(): void {
    if (this.#isReady) this.#states.request();
  }

  /** Focuses the box. `text` is inserted if the box is empty. */
  focus({ text, addsSelection = false }: NonNullable<SessionPlace["prompt"]>): void {
    const isNew = text !== undefined && this.#text === "";
    if (isNew) this.#keep({ text });
    this.#sayOnceReady({ kind: "write", text: isNew ? text : undefined, isFocused: true });
    if (addsSelection) this.#attachSelection();
  }

  /** Handles the box's request. Never throws. */
  receive(asked: FromPromptBox): void {
    this.#answer(asked).catch((error: unknown) => {
      this.#note(reasonOf(error));
    });
  }

  dispose(): void {
    for (const stop of this.#stopListening) stop();
    this.#states.dispose();
    this.#saves.dispose();
    this.#drafts.save();
  }

  get #text(): string {
    return this.#drafts.get(this.#key)?.text ?? "";
  }

  get #choices(): PromptChoices {
    return this.#drafts.get(this.#key) ?? {};
  }

  get #directory(): string {
    return getSession(this.#state(), this.#ref)?.directory ?? "";
  }

  get #files(): readonly Attachment[] {
    return this.#drafts.get(this.#key)?.files ?? [];
  }

  #keep(changes: Parameters<PromptDrafts["set"]>[1]): void {
    this.#drafts.set(this.#key, changes, this);
    this.#saves.request();
  }

  /** Another box of the session changed the draft. */
  #follow(): void {
    if (!this.#isReady) return;
    this.#say({ kind: "follow", text: this.#text });
    this.update();
  }

  #sayOnceReady(said: ToPromptBox): void {
    if (this.#isReady) this.#say(said);
    else this.#waiting = [...this.#waiting, said];
  }

  #note(message: string): void {
    this.#sayOnceReady({ kind: "note", message });
  }

  #sendState(): void {
    if (!this.#isReady) return;
    const state = this.#state();
    const choices = this.#choices;
    const hints = [
      this.#source.taskHint(taskOf(state, this.#ref, this.#text, choices.agent)),
      this.#source.budgetHint(this.#ref),
    ];
    const next = {
      ...promptBoxState(state, this.#ref, choices),
      hints: hints.filter((hint) => hint !== undefined),
      files: this.#files.map(({ id, bytes, name }) => {
        return { id, name: cleanTitle(name, 60), size: formatBytes(bytes) };
      }),
    };
    const text = JSON.stringify(next);
    if (text === this.#sentState) return;
    this.#sentState = text;
    this.#say({ kind: "state", state: next });
  }

  async #answer(asked: FromPromptBox): Promise<void> {
    switch (asked.kind) {
      case "wrote":
        this.#keep({ text: asked.text });
        this.update();
        return;
      case "chooseAgent":
        this.#keep({ agent: asked.name });
        this.update();
        return;
      case "chooseModel":
        this.#keep({ model: modelOfKey(asked.key) });
        this.update();
        return;
      case "send":
        await this.#send(asked.text, asked.delivery).catch((error: unknown) => {
          this.#say({ kind: "outcome", isSent: false, message: reasonOf(error) });
        });
        return;
      case "offers":
        await this.#sayOffers();
        return;
      case "findFiles": {
        const files = await this.#findFiles(asked.query);
        this.#say({ kind: "filesFound", query: asked.query, files });
        return;
      }
      case "history": {
        const messages = this.#state().messages.get(this.#key)?.messages ?? [];
        this.#say({ kind: "history", prompts: earlierPrompts(messages) });
        return;
      }
      case "attach":
        await this.#inTurn(() =>
          this.#attachCopy(asked.name, asked.mime, Buffer.from(asked.base64, "base64")),
        );
        return;
      case "attachURIs":
        for (const uri of asked.uris) {
          await this.#inTurn(() => this.#attachURI(vscode.Uri.parse(uri, true))).catch(
            (error: unknown) => {
              this.#note(reasonOf(error));
            },
          );
        }
        return;
      case "attachSelection":
        this.#attachSelection();
        return;
      case "detach":
        await this.#detach(this.#files.filter(({ id }) => id === asked.id));
    }
  }

  async #sayOffers(): Promise<void> {
    try {
      this.#say({ kind: "offers", offers: await this.#source.offers(this.#ref) });
    } catch (error) {
      const offers = { agents: [], models: [], commands: [] };
      this.#say({ kind: "offers", offers, failure: reasonOf(error) });
    }
  }

  async #send(text: string, delivery: PromptDelivery | undefined): Promise<void> {
    // A prompt may be sent while what was just pasted is still being copied.
    await this.#attaching;
    const attached = this.#files;
    const { agent, model } = this.#choices;
    const mentioned = await this.#mentioned(text);
    const outcome = await this.#source.send(this.#ref, {
      text: text.trim(),
      agent,
      model,
      files: [...(await readAttachments(attached)), ...mentioned.files],
      mentions: mentioned.agents,
      delivery,
    });
    const isSent = outcome.kind !== "failed";
    if (isSent) {
      // What was attached meanwhile stays.
      const files = this.#files.filter((file) => !attached.includes(file));
      this.#drafts.forget(this.#key, this);
      if (files.length > 0) this.#keep({ files });
      await this.#source.copies.drop(attached.map(({ uri }) => uri));
    }
    this.#say({ kind: "outcome", isSent, message: outcomeText(outcome) });
    this.#sendState();
  }

  /** The agents and files a text mentions. */
  async #mentioned(text: string): Promise<{
    readonly files: readonly PromptFile[];
    readonly agents: readonly string[];
  }> {
    const names = mentionsIn(text).slice(0, MOST_MENTIONS);
    if (names.length === 0) return { files: [], agents: [] };
    const { agents: offered } = await this.#source.offers(this.#ref);
    const isAgent = (name: string): boolean =>
      offered.some((agent) => agent.name === name && agent.isPrimary !== true);
    const found = await Promise.all(
      names
        .filter((name) => !isAgent(name))
        .map(async (name) => ((await this.#isFile(name)) ? [name] : [])),
    );
    return {
      // A command's own text determines which agents it uses.
      agents: slashCommandIn(text) === undefined ? names.filter(isAgent) : [],
      files: found.flat().flatMap((path) => mentionedFile(this.#directory, path) ?? []),
    };
  }

  async #isFile(path: string): Promise<boolean> {
    if (mentionedFile(this.#directory, path) === undefined) return false;
    if (this.#source.isLocal(this.#ref)) {
      const uri = vscode.Uri.joinPath(vscode.Uri.file(this.#directory), path);
      return vscode.workspace.fs.stat(uri).then(
        ({ type }) => (type & vscode.FileType.File) !== 0,
        () => false,
      );
    }
    return (await this.#source.findFiles(this.#ref, path)).includes(path);
  }

  async #findFiles(query: string): Promise<readonly string[]> {
    return this.#source.isLocal(this.#ref)
      ? filesNamed(this.#directory, query, MAX_FOUND_FILES)
      : this.#source.findFiles(this.#ref, query);
  }

  /** Attaches one at a time, so that all of them count against the limits. */
  #inTurn(attach: () => Promise<void>): Promise<void> {
    const attached = this.#attaching.then(attach);
    this.#attaching = attached.catch(() => undefined);
    return attached;
  }

  async #attachCopy(name: string, reportedType: string, bytes: Uint8Array): Promise<void> {
    const mime = attachableMime(this.#files, name, reportedType, bytes);
    const uri = await this.#source.copies.keep(bytes);
    this.#attach({ name, mime, bytes: bytes.length, uri });
  }

  #attach(file: Omit<Attachment, "id">): void {
    const id = Math.max(0, ...this.#files.map((other) => other.id)) + 1;
    this.#keep({ files: [...this.#files, { id, ...file }] });
    this.#sendState();
  }

  async #detach(files: readonly Attachment[]): Promise<void> {
    this.#keep({ files: this.#files.filter((file) => !files.includes(file)) });
    this.#sendState();
    await this.#source.copies.drop(files.map(({ uri }) => uri));
  }

  /** A file below the session's directory is mentioned by path; any other is read in full when it is sent. */
  async #attachURI(uri: vscode.Uri): Promise<void> {
    const path = this.#source.isLocal(this.#ref) ? this.#pathBelow(uri) : undefined;
    if (path !== undefined) {
      this.#say({ kind: "insert", text: `@${path} ` });
      return;
    }
    const name = uri.path.slice(uri.path.lastIndexOf("/") + 1);
    const bytes = await readAttachable(uri, name, this.#files);
    const mime = attachableMime(this.#files, name, "", bytes);
    this.#attach({ name, mime, bytes: bytes.length, uri: uri.toString() });
  }

  #attachSelection(): void {
    const editor = this.#source.lastEditor();
    if (editor === undefined || editor.selection.isEmpty) {
      this.#note(vscode.l10n.t("Nothing is selected in an editor."));
      return;
    }
    const text = selectionIn(editor, this.#pathBelow(editor.document.uri));
    this.#sayOnceReady({ kind: "insert", text });
  }

  /** A file's path relative to the session's directory; undefined outside of it. */
  #pathBelow({ scheme, fsPath }: vscode.Uri): string | undefined {
    const folder = `${normalisePath(this.#directory)}/`;
    const file = normalisePath(fsPath);
    return scheme === "file" && file.startsWith(folder) ? file.slice(folder.length) : undefined;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : vscode.l10n.t("unknown reason");
}
