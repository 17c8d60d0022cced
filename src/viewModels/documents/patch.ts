/**
 * Unified patches of one file, as servers provide them: parsed, turned back into the two texts they describe,
 * and applied to a text. Pure and total: anything that isn't a patch parses as undefined.
 */

export interface PatchLine {
  readonly kind: "context" | "removed" | "added";
  /** Without its line feed; a carriage return stays. */
  readonly text: string;
  /** False for the last line of a text that does not end in a line feed. */
  readonly hasNewline: boolean;
}

/** Line numbers begin at 1; a start of 0 goes with a count of 0, for an empty side. */
export interface PatchHunk {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  readonly lines: readonly PatchLine[];
}

/** A file before and after. Undefined for a side on which it didn't exist. */
export interface FileSides {
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** False if lines between the changes are unknown: an ellipsis represents them. */
  readonly isWhole: boolean;
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Parses the hunks of a patch of one file; undefined if it has none or they don't match their headers. */
export function parsePatch(patch: string): readonly PatchHunk[] | undefined {
  const rows = patch.split("\n");
  const hunks: PatchHunk[] = [];
  let at = 0;
  while (at < rows.length) {
    const header = HUNK.exec(rows[at] ?? "");
    at++;
    if (header === null) continue;
    const [oldStart, oldCount, newStart, newCount] = [1, 2, 3, 4].map((group) =>
      Number(header[group] ?? 1),
    ) as [number, number, number, number];
    const lines: PatchLine[] = [];
    let oldLeft = oldCount;
    let newLeft = newCount;
    while (oldLeft > 0 || newLeft > 0) {
      const line = parseLine(rows[at]);
      if (line === undefined) return undefined;
      at++;
      if (line.kind !== "added") oldLeft--;
      if (line.kind !== "removed") newLeft--;
      const isCut = rows[at]?.startsWith("\\") === true;
      if (isCut) at++;
      lines.push(isCut ? { ...line, hasNewline: false } : line);
    }
    if (oldLeft < 0 || newLeft < 0) return undefined;
    hunks.push({ oldStart, oldCount, newStart, newCount, lines });
  }
  return hunks.length === 0 ? undefined : hunks;
}

function parseLine(row: string | undefined): PatchLine | undefined {
  if (row === undefined) return undefined;
  const text = row.slice(1);
  switch (row[0]) {
    case " ":
      return { kind: "context", text, hasNewline: true };
    case "-":
      return { kind: "removed", text, hasNewline: true };
    case "+":
      return { kind: "added", text, hasNewline: true };
    case undefined:
      // Some writers strip the space from an empty context line.
      return { kind: "context", text: "", hasNewline: true };
    default:
      return undefined;
  }
}

/**
 * The two texts a patch describes. OpenCode 1 (1.18) writes the whole file as context, so a patch with a single
 * hunk that begins at the first line is the whole file; of any other patch, only the parts around the changes
 * are known, at their own line numbers. Undefined if it isn't a patch of a text.
 */
export function sidesOf(patch: string): FileSides | undefined {
  const hunks = parsePatch(patch);
  const [first] = hunks ?? [];
  if (hunks === undefined || first === undefined) return undefined;
  const isWhole = hunks.length === 1 && first.oldStart <= 1 && first.newStart <= 1;
  const isAdded = isWhole && first.oldCount === 0 && first.oldStart === 0;
  const isDeleted = isWhole && first.newCount === 0 && first.newStart === 0;
  return {
    before: isAdded ? undefined : side(hunks, "old"),
    after: isDeleted ? undefined : side(hunks, "new"),
    isWhole,
  };
}

function side(hunks: readonly PatchHunk[], which: "old" | "new"): string {
  let text = "";
  let line = 1;
  for (const hunk of hunks) {
    const start = Math.max(1, which === "old" ? hunk.oldStart : hunk.newStart);
    if (start > line) {
      const unknown = start - line;
      text += `⋯${"\n".repeat(unknown)}`;
      line = start;
    }
    for (const row of hunk.lines) {
      if (row.kind === (which === "old" ? "added" : "removed")) continue;
      text += row.text + (row.hasNewline ? "\n" : "");
      line++;
    }
  }
  return text;
}

/**
 * The text a patch was made from, given the text it led to; undefined if the patch doesn't fit. Doesn't search:
 * lines must be exactly where the patch places them.
 */
export function unapplyPatch(after: string, patch: string): string | undefined {
  const hunks = parsePatch(patch);
  if (hunks === undefined) return undefined;
  const lines = linesOf(after);
  let before = "";
  let at = 0;
  for (const { newStart, newCount, lines: rows } of hunks) {
    // A side without lines names the line that it would follow.
    const begin = newCount === 0 ? newStart : newStart - 1;
    if (begin < at || begin > lines.length) return undefined;
    before += lines.slice(at, begin).join("");
    at = begin;
    for (const { kind, text, hasNewline } of rows) {
      const line = text + (hasNewline ? "\n" : "");
      if (kind !== "removed" && lines[at++] !== line) return undefined;
      if (kind !== "added") before += line;
    }
  }
  return before + lines.slice(at).join("");
}

/** The lines of a text with their line feeds. */
function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/** Texts with more differences than this aren't counted: it would take too long. */
const MOST_DIFFERENCES = 4000;

/**
 * Number of lines added and deleted between two texts, as counted by `git diff --numstat`: by the shortest edit
 * (Myers 1986). Undefined if the texts differ too much to compare in time. The package `diff` (9.0) was measured
 * eight times slower: 3.4 s at the limit.
 */
export function countLines(
  before: string,
  after: string,
): { readonly additions: number; readonly deletions: number } | undefined {
  const a = linesOf(before);
  const b = linesOf(after);
  let from = 0;
  while (from < a.length && from < b.length && a[from] === b[from]) from++;
  let cut = 0;
  while (
    cut < a.length - from &&
    cut < b.length - from &&
    a[a.length - 1 - cut] === b[b.length - 1 - cut]
  ) {
    cut++;
  }
  const distance = editDistance(a.slice(from, a.length - cut), b.slice(from, b.length - cut));
  if (distance === undefined) return undefined;
  const growth = b.length - a.length;
  return { additions: (distance + growth) / 2, deletions: (distance - growth) / 2 };
}

function editDistance(a: readonly string[], b: readonly string[]): number | undefined {
  const most = a.length + b.length;
  if (a.length === 0 || b.length === 0) return most;
  const limit = Math.min(most, MOST_DIFFERENCES);
  // Furthest place in `a` on each diagonal; index `limit + 1 + diagonal`.
  const furthest = new Int32Array(2 * limit + 3);
  for (let distance = 0; distance <= limit; distance++) {
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      const index = limit + 1 + diagonal;
      const below = furthest[index + 1] ?? 0;
      const left = furthest[index - 1] ?? 0;
      const isDown = diagonal === -distance || (diagonal !== distance && left < below);
      let x = isDown ? below : left + 1;
      let y = x - diagonal;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++;
        y++;
      }
      furthest[index] = x;
      if (x >= a.length && y >= b.length) return distance;
    }
  }
  return undefined;
}
