import { t } from "../../core/language.ts";
import type {
  PendingRequest,
  PermissionRequest,
  QuestionRequest,
} from "../../core/state/request.ts";
import { cleanTitle, visibleText } from "../text/format.ts";

/** Maximum length of a headline, which shares a row with a title. */
const HEADLINE_LENGTH = 120;

/** What fits in a notification, which shows a few lines and nothing beyond them. */
const NOTICE_CHARACTERS = 160;

/** A request in one line: `bash: npm test`, `edit: src/a.ts`, `Which database?`. */
export function requestHeadline(request: PendingRequest): string {
  return cleanTitle(headline(request), HEADLINE_LENGTH);
}

function headline(request: PendingRequest): string {
  if (request.kind === "question") {
    const [first] = request.questions;
    const others = request.questions.length - 1;
    const text = first === undefined ? t("a question") : first.text || first.header;
    return others > 0 ? t`${text} (and ${others} more)` : text;
  }
  const { permission, command, patterns, filePath } = request;
  const about = command ?? (patterns.length > 0 ? patterns.join(", ") : filePath);
  return about === undefined ? permission : `${permission}: ${about}`;
}

/**
 * Everything the user decides about, as plain text of several lines: tool, command, patterns, file, and what
 * «always» would allow. The diff of an edit is shown separately.
 */
export function permissionDetails(request: PermissionRequest): string {
  const { permission, command, patterns, filePath } = request;
  const lines = [t`Tool: ${visibleText(permission)}`];
  if (command !== undefined) lines.push(named(t("Command"), command));
  for (const pattern of patterns) {
    if (pattern !== command) lines.push(named(t("Pattern"), pattern));
  }
  if (filePath !== undefined && !patterns.includes(filePath))
    lines.push(named(t("File"), filePath));
  const always = alwaysText(request);
  if (always !== undefined) lines.push("", always);
  return lines.join("\n");
}

function named(name: string, value: string): string {
  const text = visibleText(value);
  return text.includes("\n") ? `${name}:\n${text}` : `${name}: ${text}`;
}

/** What «always» would allow, where and for how long; undefined if it isn't offered. */
export function alwaysText(request: PermissionRequest): string | undefined {
  const { permission, always, savesAlways = false } = request;
  if (always.length === 0) return undefined;
  const tool = `“${visibleText(permission)}”`;
  const what = always.includes("*")
    ? t`every use of ${tool}`
    : t`${tool} for ${visibleText(always.join(", "))}`;
  const howLong = savesAlways ? t("until you remove it in OpenCode") : t("until OpenCode stops");
  return t`Always Allow covers ${what} in this project, ${howLong}.`;
}

/**
 * The text of a notification for a permission, if it shows everything there is to decide about, so that the
 * notification can offer answers; what «always» covers is shown when the user requests it. Undefined if there
 * is more to see, or something that wouldn't be visible.
 */
export function noticeDetails(request: PermissionRequest): string | undefined {
  const { permission, command, patterns, filePath, diff } = request;
  if (diff !== undefined) return undefined;
  const about = new Set([command, ...patterns, filePath].filter((part) => part !== undefined));
  const text = `${permission}: ${[...about].join(", ")}`;
  return cleanTitle(text, NOTICE_CHARACTERS) === text ? text : undefined;
}

/** The questions in full, with their options, as plain text. */
export function questionDetails({ questions }: QuestionRequest): string {
  return questions
    .map(({ header, text, options }) => {
      const lines = header === "" || text.startsWith(header) ? [text] : [header, text];
      for (const { label, description } of options) {
        lines.push(description === "" ? `- ${label}` : `- ${label}: ${description}`);
      }
      return lines.map(visibleText).join("\n");
    })
    .join("\n\n");
}
