/**
 * What crosses between the extension host and its pages. The host sends whole snapshots, never deltas, so that a page
 * that was hidden or reloaded needs nothing else (but for long conversations: of those a page is sent the messages it
 * draws); a page asks for what only the host may do. A page trusts its host;
 * the host parses whatever comes from a page (`parse.ts`).
 */
import type { SessionRef } from "../core/state/session.ts";
import type { BreakdownModel, SessionFacts } from "../viewModels/breakdown/breakdown.ts";
import type { MessageOrder } from "../viewModels/breakdown/breakdownTables.ts";
import type { Zoom } from "../viewModels/breakdown/zoom.ts";
import type { CardRequest } from "../viewModels/cards/card.ts";
import type { ConversationUpdate } from "../viewModels/conversation/conversation.ts";
import type { FilesChanged } from "../viewModels/documents/filesChanged.ts";
import type { UsageChoices } from "../viewModels/usage/usageChoices.ts";
import type { UsagePageModel } from "../viewModels/usage/usagePage.ts";
import type { SessionTab } from "../viewModels/conversation/sessionPlace.ts";
import type { FromCards, ToCards } from "./answers.ts";
import type { FromPromptBox, ToPromptBox } from "./promptBox.ts";

/** The pages that one script draws. */
export type WebviewPageName = "session" | "usagePanel" | "usageView";

/** The attribute of the document's body that says which page it is. */
export const PAGE_ATTRIBUTE = "data-page";

/** The attribute of the document's body that says at which tab the page of a session opens. */
export const TAB_ATTRIBUTE = "data-tab";

/** The attribute of the document's body that has the translations as JSON, where texts are not English. */
export const MESSAGES_ATTRIBUTE = "data-messages";

/** Host to page. */
export type ToPage<Model> =
  | { readonly type: "snapshot"; readonly model: Model }
  /** There is nothing to show yet; `isOver`: nor will there be. `ref`: the session a breakdown is waiting for. */
  | {
      readonly type: "waiting";
      readonly message: string;
      readonly isOver: boolean;
      readonly ref?: SessionRef;
    };

/** Host to the page of a session. Each message has the whole of what it is about, but for the conversation's. */
export type ToSession =
  | ToPage<BreakdownModel>
  /** What the page's head says, while its charts are not looked at. */
  | { readonly type: "facts"; readonly facts: SessionFacts }
  /** Messages that the page has not, or not as they are now. */
  | { readonly type: "conversation"; readonly update: ConversationUpdate }
  | { readonly type: "changes"; readonly files: FilesChanged }
  | { readonly type: "prompt"; readonly said: ToPromptBox }
  | { readonly type: "requests"; readonly said: ToCards }
  /** Messages that hold a text that was looked for, oldest first. */
  | { readonly type: "found"; readonly text: string; readonly messageIDs: readonly string[] }
  /** Goes to another tab, and in the conversation to a message: one that is named, or the next or previous one. */
  | {
      readonly type: "show";
      readonly tab: SessionTab;
      readonly messageID?: string | undefined;
      readonly direction?: 1 | -1 | undefined;
    };

export type ToUsage = ToPage<UsagePageModel>;

/** Page to host. */
export type FromPage =
  | CardRequest
  /** The script runs and wants a snapshot; `choices` of usage are those VS Code kept. */
  | { readonly type: "ready"; readonly choices?: UsageChoices | undefined }
  /** A card as a picture: `dataURL` is a PNG in base64. */
  | { readonly type: "savePicture"; readonly card: string; readonly dataURL: string }
  /** The tab that is looked at: only what is on it is sent. */
  | { readonly type: "tab"; readonly tab: SessionTab }
  /** The messages that are drawn, in place of those named before. */
  | { readonly type: "showMessages"; readonly messageIDs: readonly string[] }
  | { readonly type: "find"; readonly text: string }
  | { readonly type: "prompt"; readonly asked: FromPromptBox }
  | { readonly type: "answer"; readonly answer: FromCards }
  | { readonly type: "copyText"; readonly text: string }
  /** A link in a message was clicked; the host decides what may be opened. */
  | { readonly type: "openLink"; readonly href: string }
  /** Shows changed files in the diff editor: by one turn, or by the whole session. */
  | {
      readonly type: "openFileDiffs";
      readonly messageID?: string | undefined;
      readonly files: readonly string[];
    }
  /** What can be done with a message of the conversation, or with the session. */
  | {
      readonly type: "command";
      readonly command: SessionCommand;
      readonly messageID?: string | undefined;
    }
  /** Something went wrong in the page: for the log. */
  | { readonly type: "problem"; readonly message: string };

/** Commands that the page of a session offers beside its own. */
export const SESSION_COMMANDS = [
  "compact",
  "fork",
  "revert",
  "unrevert",
  "stop",
  "rename",
  "openMarkdown",
] as const;
export type SessionCommand = (typeof SESSION_COMMANDS)[number];

/** What a person chose on a session's page; kept by VS Code with the panel over hiding and reloading. */
export interface SessionChoices {
  readonly version: 1;
  /** The session of the panel: what the host needs to bring it back. */
  readonly ref: SessionRef;
  readonly tab: SessionTab;
  /** The first message that is seen of the conversation; undefined at its end, which is followed. */
  readonly messageID?: string | undefined;
  readonly zoom?: Zoom | undefined;
  /** Token kinds that are not drawn. */
  readonly hiddenKinds: readonly string[];
  /** Whether shares count the session alone or with its sub-sessions. */
  readonly scope: "own" | "tree";
  readonly order: MessageOrder;
  /** Page of the table of messages, from 0. */
  readonly page: number;
  /** How far the page is scrolled on tabs other than the conversation, and the table within it. */
  readonly scrollTop: number;
  readonly tableScrollTop: number;
}

/** What VS Code keeps of a page of usage over hiding and reloading. */
export interface UsageKept {
  readonly version: 1;
  readonly choices: UsageChoices;
  /** Cards that show their table instead of their chart. */
  readonly tables: readonly string[];
  readonly hiddenSeries: readonly string[];
  readonly scrollTop: number;
}
