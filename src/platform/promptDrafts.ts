import type * as vscode from "vscode";
import * as z from "zod/mini";

import type { ModelRef } from "../core/state/model.ts";

const DRAFTS_KEY = "promptDrafts";
/** Beyond: the least recently changed draft is dropped. */
const MAX_DRAFTS = 20;
/** The window's state isn't meant for more. Longer drafts are lost when the window closes. */
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

/** The text of an unsent prompt, and the agent and model to send it with. */
export interface StoredDraft {
  readonly text: string;
  readonly agent?: string | undefined;
  readonly model?: ModelRef | undefined;
}

/**
 * Unsent prompts by session key, kept in the window's state, so that they survive reloading the window.
 */
export class PromptDrafts {
  readonly #memento: Pick<vscode.Memento, "get" | "update">;
  /** Least recently changed first. */
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

  /** Changes a draft; an empty one is removed. Call {@link save} to store the changes. */
  set(key: string, changes: StoredDraft | Omit<StoredDraft, "text">): void {
    const draft = { text: "", ...this.#drafts.get(key), ...changes };
    this.#drafts.delete(key);
    const isEmpty = draft.text === "" && draft.agent === undefined && draft.model === undefined;
    if (!isEmpty) this.#drafts.set(key, draft);
    const [oldest] = this.#drafts.keys();
    if (oldest !== undefined && this.#drafts.size > MAX_DRAFTS) this.#drafts.delete(oldest);
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
