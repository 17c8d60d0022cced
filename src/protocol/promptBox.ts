/** What crosses between the extension host and the prompt box on a session's page. */
import type { PromptDelivery } from "../core/state/prompt.ts";
import type { PromptOffers } from "../viewModels/conversation/completion.ts";
import type { PromptBoxState } from "../viewModels/conversation/promptBox.ts";

/** Host to box. */
export type ToPromptBox =
  | { readonly kind: "state"; readonly state: PromptBoxState }
  /** What was written before, or is to be written now. `text` undefined: only the focus moves. */
  | { readonly kind: "write"; readonly text: string | undefined; readonly isFocused: boolean }
  /** Put in at the caret. */
  | { readonly kind: "insert"; readonly text: string }
  /** What the server offers; nothing, with the reason, where it cannot be asked. */
  | {
      readonly kind: "offers";
      readonly offers: PromptOffers;
      readonly failure?: string | undefined;
    }
  | { readonly kind: "filesFound"; readonly query: string; readonly files: readonly string[] }
  /** Newest first. */
  | { readonly kind: "history"; readonly prompts: readonly string[] }
  /** `isSent`: the text is not needed any more. */
  | { readonly kind: "outcome"; readonly isSent: boolean; readonly message: string }
  /** Something that was asked for did not happen, or not all of it. */
  | { readonly kind: "note"; readonly message: string };

/** Box to host. */
export type FromPromptBox =
  | { readonly kind: "wrote"; readonly text: string }
  /** Chosen to send with; undefined for what the session has. */
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
  /** A file that was pasted or dropped, in base64. */
  | {
      readonly kind: "attach";
      readonly name: string;
      readonly mime: string;
      readonly base64: string;
    }
  /** Files of VS Code's explorer were dropped. */
  | { readonly kind: "attachURIs"; readonly uris: readonly string[] }
  | { readonly kind: "attachSelection" }
  | { readonly kind: "detach"; readonly id: number };
