import type { ModelRef } from "./model.ts";

/** A file that goes with a prompt. `url`: `file:` for one on the server's machine, else `data:` with all of it. */
export interface PromptFile {
  readonly filename: string;
  readonly mime: string;
  readonly url: string;
}

/** A prompt for a session; what is left out stays as the session has it. */
export interface PromptInput {
  readonly text: string;
  readonly agent?: string | undefined;
  readonly model?: ModelRef | undefined;
  readonly files?: readonly PromptFile[] | undefined;
  /** Names of agents the text mentions, who are to be asked. */
  readonly mentions?: readonly string[] | undefined;
  /** Whether the running turn reads it or it waits for its end; sent only to servers that can `steer`. */
  readonly delivery?: PromptDelivery | undefined;
}

export type PromptDelivery = "steer" | "queue";

/** What became of a prompt: `failed` with a reason fit to be shown. */
export type PromptOutcome =
  | { readonly kind: "sent" | "queued" | "steered" }
  | { readonly kind: "failed"; readonly message: string };
