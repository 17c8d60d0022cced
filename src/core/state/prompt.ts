import type { ModelRef } from "./model.ts";

/** A file attached to a prompt. `url`: `file:` for one on the server's machine, else `data:` with its content. */
export interface PromptFile {
  readonly filename: string;
  readonly mime: string;
  readonly url: string;
}

/** A prompt for a session; omitted fields keep the session's values. */
export interface PromptInput {
  readonly text: string;
  readonly agent?: string | undefined;
  readonly model?: ModelRef | undefined;
  readonly files?: readonly PromptFile[] | undefined;
  /** Names of agents mentioned in the text, which should be called. */
  readonly mentions?: readonly string[] | undefined;
  /** Whether the running turn reads it or it waits for that turn to end; only sent to servers that can `steer`. */
  readonly delivery?: PromptDelivery | undefined;
}

export type PromptDelivery = "steer" | "queue";

/** The result of sending a prompt: `failed` has a reason suitable for display. */
export type PromptOutcome =
  | { readonly kind: "sent" | "queued" | "steered" }
  | { readonly kind: "failed"; readonly message: string };
