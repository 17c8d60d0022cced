/** The tabs of a session's page. */
export const SESSION_TABS = ["conversation", "charts", "messages", "children", "changes"] as const;
export type SessionTab = (typeof SESSION_TABS)[number];

/** Where to open a session's page: at a tab, and in the conversation at a message. */
export interface SessionPlace {
  readonly tab: SessionTab;
  readonly messageID?: string | undefined;
  /** Goes to the message that failed last, once it is known. */
  readonly atFailure?: boolean | undefined;
  /** Focuses the prompt box. `text` is inserted if the box is empty. */
  readonly prompt?: { readonly text?: string; readonly addsSelection?: boolean } | undefined;
  /** Focuses the card of this request. */
  readonly requestID?: string | undefined;
}
