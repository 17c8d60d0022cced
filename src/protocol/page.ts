/**
 * Messages between the extension host and its pages. The host sends whole snapshots, never deltas, so that a page
 * that was hidden or reloaded needs nothing else; only of a long conversation, a page receives just the messages it
 * shows. A page asks the host for what only the host may do. A page trusts its host; the host parses everything
 * that comes from a page (`parse.ts`).
 */
import type { SessionRef } from "../core/state/session.ts";
import type { SideBarWidth } from "../core/state/shownParts.ts";
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

/** The pages rendered by the same script. */
export type WebviewPageName = "session" | "usagePanel" | "usageView";

/** Body attribute with the page's name. */
export const PAGE_ATTRIBUTE = "data-page";

/** Body attribute with the tab at which a session's page opens. */
export const TAB_ATTRIBUTE = "data-tab";

/** Body attribute with the translations as JSON, unless the display language is English. */
export const MESSAGES_ATTRIBUTE = "data-messages";

/** Host to page. */
export type ToPage<Model> =
  | { readonly type: "snapshot"; readonly model: Model }
  /** There is nothing to show yet or, if `isOver`, ever. `ref`: the session a breakdown is waiting for. */
  | {
      readonly type: "waiting";
      readonly message: string;
      readonly isOver: boolean;
      readonly ref?: SessionRef;
    };

/** Host to the page of a session. All messages are complete, except for the conversation, which is incremental. */
export type ToSession =
  | ToPage<BreakdownModel>
  /** The content of the page's header, while its charts are not visible. */
  | { readonly type: "facts"; readonly facts: SessionFacts }
  /** Messages that the page doesn't have, or only in an older version. */
  | { readonly type: "conversation"; readonly update: ConversationUpdate }
  | { readonly type: "changes"; readonly files: FilesChanged }
  | { readonly type: "prompt"; readonly said: ToPromptBox }
  | { readonly type: "requests"; readonly said: ToCards }
  /** Messages that contain the searched text, oldest first. */
  | { readonly type: "found"; readonly text: string; readonly messageIDs: readonly string[] }
  /** Switches to a tab and, in the conversation, to a message: a given one, or the next or previous prompt. */
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
  /** The script is running and requests a snapshot; `choices`: the usage page's choices restored by VS Code. */
  | { readonly type: "ready"; readonly choices?: UsageChoices | undefined }
  /** How wide the page is: in the side bar, the rows of the tree are as wide. */
  | ({ readonly type: "width" } & SideBarWidth)
  /** Saves a card as a picture: `dataURL` is a PNG in base64. */
  | { readonly type: "savePicture"; readonly card: string; readonly dataURL: string }
  /** The visible tab: the host only sends its content. */
  | { readonly type: "tab"; readonly tab: SessionTab }
  /** The messages currently shown; replaces the previous list. */
  | { readonly type: "showMessages"; readonly messageIDs: readonly string[] }
  | { readonly type: "find"; readonly text: string }
  | { readonly type: "prompt"; readonly asked: FromPromptBox }
  | { readonly type: "answer"; readonly answer: FromCards }
  | { readonly type: "copyText"; readonly text: string }
  /** A link in a message was clicked; the host decides what may be opened. */
  | { readonly type: "openLink"; readonly href: string }
  /** Shows changed files in the diff editor, for one turn or the whole session. */
  | {
      readonly type: "openFileDiffs";
      readonly messageID?: string | undefined;
      readonly files: readonly string[];
    }
  /** A command on a message of the conversation, or on the session. */
  | {
      readonly type: "command";
      readonly command: SessionCommand;
      readonly messageID?: string | undefined;
    }
  /** An error in the page, to be logged. Has no message: that may quote what the page shows, such as a prompt. */
  | {
      readonly type: "problem";
      readonly during: PagePart;
      /** The class of the error. */
      readonly name: string;
      /** Lines and columns of the page's script, innermost first; “0:0” if unknown. */
      readonly at: readonly string[];
    };

/** Where on a page an error occurred. */
export const PAGE_PARTS = ["script", "promise", "message", "unknownMessage", "drawing"] as const;
export type PagePart = (typeof PAGE_PARTS)[number];

/** Extension commands available on a session's page. */
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

/** The user's choices on a session's page; VS Code keeps them with the panel across hiding and reloading. */
export interface SessionChoices {
  readonly version: 1;
  /** The panel's session, which the host needs to restore it. */
  readonly ref: SessionRef;
  readonly tab: SessionTab;
  /** The first visible message of the conversation; undefined at the end, where the view follows new messages. */
  readonly messageID?: string | undefined;
  readonly zoom?: Zoom | undefined;
  /** Token kinds that are hidden. */
  readonly hiddenKinds: readonly string[];
  /** Whether shares cover only the session or also its sub-sessions. */
  readonly scope: "own" | "tree";
  readonly order: MessageOrder;
  /** Page of the table of messages, from 0. */
  readonly page: number;
  /** Scroll positions of the page, on tabs other than the conversation, and of the table in it. */
  readonly scrollTop: number;
  readonly tableScrollTop: number;
}

/** What VS Code keeps of a usage page across hiding and reloading. */
export interface UsageKept {
  readonly version: 1;
  readonly choices: UsageChoices;
  /** Cards that show their table instead of their chart. */
  readonly tables: readonly string[];
  readonly hiddenSeries: readonly string[];
  readonly scrollTop: number;
}
