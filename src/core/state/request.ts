/** Something a session waits for a person to answer. */
export interface PermissionRequest {
  readonly kind: "permission";
  readonly id: string;
  readonly sessionID: string;
  /** Directory that scopes the reply. */
  readonly directory: string | undefined;
  /** What is asked for, e.g. `bash`, `edit`. */
  readonly permission: string;
  readonly patterns: readonly string[];
  /** Patterns an «always» would allow. */
  readonly always: readonly string[];
  /** Set where the server saves an «always» for the project; elsewhere it lasts until OpenCode ends. */
  readonly savesAlways?: true;
  /** The command a shell permission is about, where there is one. */
  readonly command: string | undefined;
  /** Unified diff of an edit permission, where there is one. */
  readonly diff: string | undefined;
  readonly filePath: string | undefined;
  readonly callID: string | undefined;
  readonly askedMs: number;
  /** Set when it had been asked before we listened: `askedMs` is then when it was found. */
  readonly wasPending?: true;
}

/** One question; several may be asked in one request. */
export interface Question {
  /** Key of the answer on servers that use forms, else the question's position. */
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

/** What a person answered on a page. */
export type RequestAnswer =
  | {
      readonly kind: "permission";
      readonly reply: PermissionReply;
      /** Why it is rejected, for the model to read. */
      readonly reason?: string | undefined;
    }
  /** By question key. */
  | { readonly kind: "answers"; readonly answers: Readonly<Record<string, readonly string[]>> }
  | { readonly kind: "decline" };

/** What became of an answer: `failed` with a reason fit to be shown. */
export type AnswerOutcome =
  { readonly kind: "sent" } | { readonly kind: "failed"; readonly message: string };
