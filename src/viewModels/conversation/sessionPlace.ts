/** The tabs of a session's page. */
export const SESSION_TABS = ["conversation", "charts", "messages", "children", "changes"] as const;
export type SessionTab = (typeof SESSION_TABS)[number];

/** Where a session's page is opened: at a tab, and in the conversation at a message. */
export interface SessionPlace {
  readonly tab: SessionTab;
  readonly messageID?: string | undefined;
  /** Its prompt box gets the focus. `text` is put in where nothing is written yet. */
  readonly prompt?: { readonly text?: string; readonly addsSelection?: boolean } | undefined;
  /** The card of this request gets the focus. */
  readonly requestID?: string | undefined;
}
