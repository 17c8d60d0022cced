import { bounded, MAX_PATTERN_CHARACTERS } from "../limits.ts";
import { trimOf } from "../trim.ts";

/** What a server calls a session that doesn't have a title yet. */
const UNTITLED = /^(new session|child session)\b/i;
/** What a server appends to the titles of task sessions and forks. */
const ADDED = /\((?:@[^()]* subagent|fork #\d+)\)/gi;

const QUOTED = /`[^`]*`|"[^"]*"|'[^']*'|“[^“”]*”|«[^«»]*»/g;
const ADDRESS = /\b[a-z]+:\/\/\S+/g;
const FILE_NAME = /\b[\w-]+\.[a-z]{1,5}\b/g;
/** Hexadecimal words with a digit, issue keys, versions and numbers. */
const NUMBER = /#?\b(?:(?=[a-f]*\d)[\da-f]+|[a-z]+-\d+|v?\d+(?:\.\d+)*)\b/g;

/**
 * A title without its task-specific parts: quoted words, paths, addresses, file names and numbers become `…`;
 * case and punctuation are dropped. `Review PR #12: "auth"` and `review PR #7` then have the same pattern. Empty
 * for a session without a title.
 */
export function taskPattern(title: string): string {
  let text = bounded(title, MAX_PATTERN_CHARACTERS).replace(ADDED, " ").trim().toLowerCase();
  if (UNTITLED.test(text)) return "";
  text = text.replace(QUOTED, " … ").replace(ADDRESS, " … ");
  text = text
    .split(/\s/)
    .map((word) => (/[/\\]/.test(word) ? "…" : word))
    .join(" ");
  text = text.replace(FILE_NAME, " … ").replace(NUMBER, " … ");
  const words: string[] = [];
  for (const word of text.replace(/[^\p{L}\p{N}…]+/gu, " ").split(" ")) {
    if (word !== "" && (word !== "…" || words.at(-1) !== "…")) words.push(word);
  }
  return trimOf(words.join(" "), "… ");
}

/** The first word of a pattern: usually the action, followed by its object. Empty if there is none. */
export function taskVerb(pattern: string): string {
  return pattern.split(" ").find((word) => word !== "…") ?? "";
}
