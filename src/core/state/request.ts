/** A permission request that a session waits for the user to answer. */
export interface PermissionRequest {
  readonly kind: "permission";
  readonly id: string;
  readonly sessionID: string;
  /** Directory that scopes the reply. */
  readonly directory: string | undefined;
  /** The requested permission, e.g. `bash`, `edit`. */
  readonly permission: string;
  readonly patterns: readonly string[];
  /** Patterns that "always" would allow. */
  readonly always: readonly string[];
  /** Set if the server saves "always" for the project; otherwise it lasts until OpenCode exits. */
  readonly savesAlways?: true;
  /** The command of a shell permission, if any. */
  readonly command: string | undefined;
  /** Unified diff of an edit permission, if any. */
  readonly diff: string | undefined;
  readonly filePath: string | undefined;
  readonly askedMs: number;
  /** Set if it was already pending when we started listening: `askedMs` is then when it was found. */
  readonly wasPending?: true;
}

/** One question; a request may contain several. */
export interface Question {
  /** Key of the answer on servers that use forms, otherwise the question's position. */
  readonly key: string;
  readonly header: string;
  readonly text: string;
  readonly options: readonly {
    readonly label: string;
    readonly value: string;
    readonly description: string;
  }[];
  /** How it is answered. */
  readonly type: "choice" | "text" | "number" | "integer" | "boolean" | "external";
  readonly isMultiple: boolean;
  readonly allowsCustom: boolean;
  readonly isRequired: boolean;
  /** Link to open, for `external`. */
  readonly url: string | undefined;
  /** Asked only when another answer has this value. */
  readonly when: { readonly key: string; readonly value: string | number | boolean } | undefined;
}

export interface QuestionRequest {
  readonly kind: "question";
  readonly id: string;
  readonly sessionID: string;
  readonly directory: string | undefined;
  readonly questions: readonly Question[];
  readonly askedMs: number;
  readonly wasPending?: true;
}

export type PendingRequest = PermissionRequest | QuestionRequest;

/** How a permission is answered. */
export type PermissionReply = "once" | "always" | "reject";

/** Answers by question key: the chosen option values or typed texts. */
export type QuestionAnswers = ReadonlyMap<string, readonly string[]>;

/** The user's answer on a page. */
export type RequestAnswer =
  | {
      readonly kind: "permission";
      readonly reply: PermissionReply;
      /** Why it was rejected, for the model to read. */
      readonly reason?: string | undefined;
    }
  /** By question key. */
  | { readonly kind: "answers"; readonly answers: Readonly<Record<string, readonly string[]>> }
  | { readonly kind: "decline" };

/** The result of sending an answer: `failed` has a reason suitable for display. */
export type AnswerOutcome =
  { readonly kind: "sent" } | { readonly kind: "failed"; readonly message: string };
