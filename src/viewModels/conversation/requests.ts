import { bounded, MAX_SHOWN_CHARACTERS } from "../../core/limits.ts";
import { descendantsOf, getLive, getSession } from "../../core/state/lookup.ts";
import type { PendingRequest, PermissionRequest, Question } from "../../core/state/request.ts";
import { sessionKey, type SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import { alwaysText, requestHeadline } from "../documents/requestText.ts";
import { cleanTitle, visibleText } from "../text/format.ts";

export interface Pending {
  readonly ref: SessionRef;
  readonly request: PendingRequest;
}

/** Requests waiting for an answer in a session and everything below it, oldest first. */
export function pendingBelow(state: State, ref: SessionRef): readonly Pending[] {
  return [ref, ...descendantsOf(state, ref)]
    .flatMap((at) => getLive(state, at).requests.map((request) => ({ ref: at, request })))
    .sort((a, b) => a.request.askedMs - b.request.askedMs);
}

export interface DiffLine {
  readonly kind: "added" | "removed" | "same";
  readonly text: string;
}

/** A named text for the user to decide about. */
export interface NamedText {
  readonly name: "command" | "pattern" | "file";
  readonly text: string;
}

/** A request as a card on the page: plain data. Texts are the server's; control characters are made visible. */
export type RequestModel = {
  readonly sessionID: string;
  readonly requestID: string;
  /** The sub-session that asks; undefined for the session of the page. */
  readonly from: string | undefined;
  readonly headline: string;
} & (
  | {
      readonly kind: "permission";
      readonly tool: string;
      readonly about: readonly NamedText[];
      readonly diff: readonly DiffLine[];
      /** Whether it is too long to be shown in full: what isn't seen must not be allowed. */
      readonly isCut: boolean;
      /** What an «always» covers; undefined if it isn't offered. */
      readonly always: string | undefined;
    }
  | { readonly kind: "question"; readonly questions: readonly Question[] }
);

/** The cards of a session's page, including those of its sub-sessions. */
export function requestModels(state: State, page: SessionRef): readonly RequestModel[] {
  return pendingBelow(state, page).map(({ ref, request }) => {
    const isOwn =
      sessionKey(ref.serverID, ref.sessionID) === sessionKey(page.serverID, page.sessionID);
    const shared = {
      sessionID: ref.sessionID,
      requestID: request.id,
      from: isOwn ? undefined : cleanTitle(getSession(state, ref)?.title ?? "", 80),
      headline: requestHeadline(request),
    };
    return request.kind === "question"
      ? { ...shared, kind: "question", questions: request.questions.map(shownQuestion) }
      : { ...shared, kind: "permission", ...permission(request) };
  });
}

function permission(request: PermissionRequest) {
  const { command, patterns, filePath } = request;
  const about: NamedText[] = [];
  if (command !== undefined) about.push({ name: "command", text: shown(command) });
  for (const pattern of patterns) {
    if (pattern !== command) about.push({ name: "pattern", text: shown(pattern) });
  }
  if (filePath !== undefined && !patterns.includes(filePath)) {
    about.push({ name: "file", text: shown(filePath) });
  }
  const texts = [command, filePath, request.diff, ...patterns];
  return {
    isCut: texts.some((text = "") => text.length > MAX_SHOWN_CHARACTERS),
    tool: cleanTitle(request.permission, 60),
    about,
    diff: request.diff === undefined ? [] : diffLines(request.diff),
    always: alwaysText(request),
  };
}

/** Lines before the changes in a patch of one file that only repeat its name. */
const FILE_NAME_LINE = /^(?:Index: |=+$|--- |\+\+\+ )/;

/** The lines of a unified diff. Leaves out the header of a single file if it only names the file. */
function diffLines(diff: string): readonly DiffLine[] {
  const lines = shown(diff).trimEnd().split("\n");
  const startsFile = (at: number): boolean =>
    /^(?:diff --git |Index: )/.test(lines[at] ?? "") ||
    (lines[at]?.startsWith("--- ") === true && lines[at + 1]?.startsWith("+++ ") === true);
  const start = lines.findIndex((line) => line.startsWith("@@"));
  const isOneFile =
    lines.slice(0, Math.max(0, start)).every((line) => FILE_NAME_LINE.test(line)) &&
    !lines.some((_, at) => at > start && startsFile(at));
  let isChange = false;
  const all = lines.map((text, at): DiffLine => {
    if (text.startsWith("@@")) isChange = true;
    else if (startsFile(at)) isChange = false;
    const isAdded = isChange && text.startsWith("+");
    const isRemoved = isChange && text.startsWith("-");
    return { kind: isAdded ? "added" : isRemoved ? "removed" : "same", text };
  });
  return isOneFile ? all.slice(Math.max(0, start)) : all;
}

/** Keys and values are kept as they are, since the answer contains them. */
function shownQuestion(question: Question): Question {
  return {
    ...question,
    header: question.header === "" ? "" : cleanTitle(question.header, 200),
    url: question.url === undefined ? undefined : shown(question.url),
    text: shown(question.text),
    options: question.options.map(({ label, value, description }) => ({
      label: cleanTitle(label, 300),
      value,
      description: cleanTitle(description, 500),
    })),
  };
}

function shown(text: string): string {
  return visibleText(bounded(text, MAX_SHOWN_CHARACTERS));
}
