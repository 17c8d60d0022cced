import { bounded, MAX_PATTERN_CHARACTERS } from "../limits.ts";
import { trimOf } from "../trim.ts";

/** What a server calls a session before its title is made. */
const UNTITLED = /^(new session|child session)\b/i;
/** What a server adds to the titles of task sessions and forks. */
const ADDED = /\((?:@[^()]* subagent|fork #\d+)\)/gi;

const QUOTED = /`[^`]*`|"[^"]*"|'[^']*'|“[^“”]*”|«[^«»]*»/g;
const ADDRESS = /\b[a-z]+:\/\/\S+/g;
const FILE_NAME = /\b[\w-]+\.[a-z]{1,5}\b/g;
/** Hexadecimal words with a digit, keys of issues, versions and numbers. */
const NUMBER = /#?\b(?:(?=[a-f]*\d)[\da-f]+|[a-z]+-\d+|v?\d+(?:\.\d+)*)\b/g;

/**
 * A title without what is particular to one task: quoted words, paths, addresses, file names and numbers become
 * `…`, case and punctuation vanish. «Review PR #12: "auth"» and «review PR #7» are then one pattern. Empty for
 * a session without a title of its own.
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

/** The first word of a pattern: what is done, where the rest says to what. Empty without one. */
export function taskVerb(pattern: string): string {
  return pattern.split(" ").find((word) => word !== "…") ?? "";
}
