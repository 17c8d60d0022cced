/** Messages between the extension host and the prompt box on a session's page. */
import type { PromptDelivery } from "../core/state/prompt.ts";
import type { PromptOffers } from "../viewModels/conversation/completion.ts";
import type { PromptBoxState } from "../viewModels/conversation/promptBox.ts";

/** Host to box. */
export type ToPromptBox =
  | { readonly kind: "state"; readonly state: PromptBoxState }
  /** Sets the text, e.g. to a restored draft. `text` undefined: only moves the focus. */
  | { readonly kind: "write"; readonly text: string | undefined; readonly isFocused: boolean }
  /** Another box of the session changed the draft: replaces the text unless the user is writing here. */
  | { readonly kind: "follow"; readonly text: string }
  /** Inserts text at the caret. */
  | { readonly kind: "insert"; readonly text: string }
  /** What the server offers; if it cannot be reached, empty with a reason. */
  | {
      readonly kind: "offers";
      readonly offers: PromptOffers;
      readonly failure?: string | undefined;
    }
  | { readonly kind: "filesFound"; readonly query: string; readonly files: readonly string[] }
  /** Newest first. */
  | { readonly kind: "history"; readonly prompts: readonly string[] }
  /** The result of sending. `isSent`: the text is no longer needed. */
  | { readonly kind: "outcome"; readonly isSent: boolean; readonly message: string }
  /** Something the user requested did not happen, or only in part. */
  | { readonly kind: "note"; readonly message: string };

/** Box to host. */
export type FromPromptBox =
  | { readonly kind: "wrote"; readonly text: string }
  /** The agent to send with; undefined for the session's own. */
  | { readonly kind: "chooseAgent"; readonly name?: string | undefined }
  | { readonly kind: "chooseModel"; readonly key?: string | undefined }
  | {
      readonly kind: "send";
      readonly text: string;
      readonly delivery?: PromptDelivery | undefined;
    }
  | { readonly kind: "offers" }
  | { readonly kind: "findFiles"; readonly query: string }
  | { readonly kind: "history" }
  /** A pasted or dropped file, in base64. */
  | {
      readonly kind: "attach";
      readonly name: string;
      readonly mime: string;
      readonly base64: string;
    }
  /** Files dropped from VS Code's explorer. */
  | { readonly kind: "attachURIs"; readonly uris: readonly string[] }
  | { readonly kind: "attachSelection" }
  | { readonly kind: "detach"; readonly id: number };
