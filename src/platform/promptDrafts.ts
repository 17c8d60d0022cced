import type * as vscode from "vscode";
import * as z from "zod/mini";

import type { ModelRef } from "../core/state/model.ts";

const DRAFTS_KEY = "promptDrafts";
/** Beyond: the one that was changed longest ago is forgotten. */
const MOST_DRAFTS = 20;
/** The window's state is no place for more. A longer draft lasts as long as its window. */
const MAX_DRAFT_CHARACTERS = 100_000;

const storedDraft = z.object({
  text: z.string(),
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

/** What is written of a prompt, and what it is to be sent with. */
export interface StoredDraft {
  readonly text: string;
  readonly agent?: string | undefined;
  readonly model?: ModelRef | undefined;
}

/**
 * Prompts that have not been sent, by the keys of their sessions, kept in the window's state: a reload of the window
 * brings them back.
 */
export class PromptDrafts {
  readonly #memento: Pick<vscode.Memento, "get" | "update">;
  /** The one that was changed last comes last. */
  readonly #drafts: Map<string, StoredDraft>;

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

  /** Changes a draft; one with nothing in it is forgotten. Call {@link save} to keep what has changed. */
  set(key: string, changes: StoredDraft | Omit<StoredDraft, "text">): void {
    const draft = { text: "", ...this.#drafts.get(key), ...changes };
    this.#drafts.delete(key);
    const isEmpty = draft.text === "" && draft.agent === undefined && draft.model === undefined;
    if (!isEmpty) this.#drafts.set(key, draft);
    const [oldest] = this.#drafts.keys();
    if (oldest !== undefined && this.#drafts.size > MOST_DRAFTS) this.#drafts.delete(oldest);
  }

  forget(key: string): void {
    this.#drafts.delete(key);
    this.save();
  }

  save(): void {
    const kept = [...this.#drafts].filter(([, { text }]) => text.length <= MAX_DRAFT_CHARACTERS);
    void this.#memento.update(DRAFTS_KEY, Object.fromEntries(kept));
  }
}
