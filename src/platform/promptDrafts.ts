import type * as vscode from "vscode";
import * as z from "zod/mini";

import type { ModelRef } from "../core/state/model.ts";

const DRAFTS_KEY = "promptDrafts";
/** Beyond: the least recently changed draft is dropped. */
const MAX_DRAFTS = 20;
/** The window's state isn't meant for more. Longer drafts are lost when the window closes. */
const MAX_DRAFT_CHARACTERS = 100_000;

const storedFile = z.object({
  id: z.number(),
  bytes: z.number(),
  name: z.string(),
  mime: z.string(),
  uri: z.string(),
});
const storedDraft = z.object({
  text: z.string(),
  files: z.optional(z.array(storedFile)),
  agent: z.optional(z.string()),
  model: z.optional(
    z.object({
      providerID: z.string(),
      modelID: z.string(),
      variant: z.optional(z.string()),
    }),
  ),
});
const storedDrafts = z.record(z.string(), storedDraft);

/** A file to be sent with a prompt. */
export interface Attachment {
  /** Unique in its draft. */
  readonly id: number;
  readonly bytes: number;
  readonly name: string;
  readonly mime: string;
  /** Read when the prompt is sent: the file itself, or our copy of one that was pasted or dropped. */
  readonly uri: string;
}

/** The text of an unsent prompt, its files, and the agent and model to send it with. */
export interface StoredDraft {
  readonly text: string;
  readonly files?: readonly Attachment[] | undefined;
  readonly agent?: string | undefined;
  readonly model?: ModelRef | undefined;
}

/**
 * Unsent prompts by session key, kept in the window's state, so that they survive closing their page and reloading
 * the window.
 */
export class PromptDrafts {
  readonly #memento: Pick<vscode.Memento, "get" | "update">;
  /** Least recently changed first. */
  readonly #drafts: Map<string, StoredDraft>;
  readonly #listeners = new Set<(key: string, origin: unknown) => void>();

  constructor(memento: Pick<vscode.Memento, "get" | "update">) {
    this.#memento = memento;
    const stored = z.safeParse(storedDrafts, memento.get(DRAFTS_KEY));
    this.#drafts = new Map(
      Object.entries(stored.data ?? {}).map(([key, { model, ...draft }]) => [
        key,
        model === undefined ? draft : { ...draft, model: { variant: undefined, ...model } },
      ]),
    );
  }

  get(key: string): StoredDraft | undefined {
    return this.#drafts.get(key);
  }

  /** Calls the listener after a draft has changed, with who changed it, until the returned function is called. */
  onDidChange(listener: (key: string, origin: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes a draft; an empty one is removed. Call {@link save} to store the changes. */
  set(key: string, changes: Partial<StoredDraft>, origin?: unknown): void {
    const draft = { text: "", ...this.#drafts.get(key), ...changes };
    this.#drafts.delete(key);
    const { text, agent, model, files = [] } = draft;
    const isEmpty = text === "" && files.length === 0 && agent === undefined && model === undefined;
    if (!isEmpty) this.#drafts.set(key, draft);
    const [oldest] = this.#drafts.keys();
    if (oldest !== undefined && this.#drafts.size > MAX_DRAFTS) this.#drafts.delete(oldest);
    this.#tell(key, origin);
  }

  forget(key: string, origin?: unknown): void {
    this.#drafts.delete(key);
    this.save();
    this.#tell(key, origin);
  }

  save(): void {
    const kept = [...this.#drafts].filter(([, { text }]) => text.length <= MAX_DRAFT_CHARACTERS);
    void this.#memento.update(DRAFTS_KEY, Object.fromEntries(kept));
  }

  #tell(key: string, origin: unknown): void {
    for (const listener of this.#listeners) listener(key, origin);
  }
}
