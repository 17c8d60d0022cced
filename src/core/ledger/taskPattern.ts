/** What a server calls a session before its title is made. */
const UNTITLED = /^(new session|child session)\b/i;
/** What a server adds to the titles of task sessions and forks. */
const ADDED = / *\((?:@[^()]* subagent|fork #\d+)\)/gi;

/** In this order: what differs between two tasks of one kind. */
const PARTICULARS: readonly RegExp[] = [
  /`[^`]*`|"[^"]*"|'[^']*'|“[^”]*”|«[^»]*»/g,
  /\b[a-z]+:\/\/\S+/g,
  /\S*[/\\]\S*/g,
  /\b[\w-]+\.[a-z]{1,5}\b/g,
  /#?\b(?:[\da-f]*\d[\da-f]*|[a-z]+-\d+|v?\d+(?:\.\d+)*)\b/g,
];

/**
 * A title without what is particular to one task: quoted words, paths, addresses, file names and numbers become
 * `…`, case and punctuation vanish. «Review PR #12: "auth"» and «review PR #7» are then one pattern. Empty for
 * a session without a title of its own.
 */
export function taskPattern(title: string): string {
  let text = title.replace(ADDED, "").trim().toLowerCase();
  if (UNTITLED.test(text)) return "";
  for (const particular of PARTICULARS) text = text.replace(particular, " … ");
  return text
    .replace(/[^\p{L}\p{N}… ]+/gu, " ")
    .replace(/(?:… *)+/g, "… ")
    .replace(/ +/g, " ")
    .trim()
    .replace(/^(?:… ?)+|(?: …)+$/g, "");
}

/** The first word of a pattern: what is done, where the rest says to what. Empty without one. */
export function taskVerb(pattern: string): string {
  return pattern.split(" ").find((word) => word !== "…") ?? "";
}
