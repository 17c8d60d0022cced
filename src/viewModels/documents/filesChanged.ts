import { t } from "../../core/language.ts";
import type { Message, TurnDiff } from "../../core/state/message.ts";
import { countLines, type FileSides, sidesOf, unapplyPatch } from "./patch.ts";
import { isOwnPrompt, promptTitle, turnsOf } from "./turns.ts";

/** A file changed by one turn, or by the session as a whole. */
export interface ChangedFile {
  /** Path as the server names it, relative to the session's directory. */
  readonly file: string;
  readonly status: "added" | "deleted" | "modified";
  /** Undefined if unknown: the files differ too much, or the server keeps no patch. */
  readonly lines: { readonly additions: number; readonly deletions: number } | undefined;
}

export interface TurnFiles {
  readonly messageID: string;
  /** First line of the prompt. */
  readonly title: string;
  readonly createdMs: number;
  /** Whether a revert undid it: the files are as they were before it. */
  readonly isReverted: boolean;
  readonly files: readonly ChangedFile[];
}

export interface FilesChanged {
  /** Net changes of all turns that aren't reverted, by path. Files in their original state are left out. */
  readonly session: readonly ChangedFile[];
  /** Turns that changed files, newest first. */
  readonly turns: readonly TurnFiles[];
}

/** Where the two texts of a changed file come from. */
export interface FilePatches {
  /** Patch of the first turn in the scope, for the text before. */
  readonly first: string;
  /** Patch of the last turn in the scope, for the text after. The same as `first` within one turn. */
  readonly last: string;
}

/** The files a session changed, from the summaries in its prompts. */
export function filesChanged(
  messages: readonly Message[],
  revertMessageID: string | undefined,
): FilesChanged {
  const turns: TurnFiles[] = [];
  const effective = new Map<string, TurnDiff[]>();
  let isReverted = false;
  for (const { prompt } of turnsOf(messages)) {
    isReverted ||= prompt.id === revertMessageID;
    if (prompt.diffs.length === 0) continue;
    turns.unshift({
      messageID: prompt.id,
      title: isOwnPrompt(prompt) ? promptTitle(prompt) : t("Continued automatically"),
      createdMs: prompt.createdMs,
      isReverted,
      files: prompt.diffs.map(turnFile).sort(byPath),
    });
    if (isReverted) continue;
    for (const diff of prompt.diffs) {
      effective.set(diff.file, [...(effective.get(diff.file) ?? []), diff]);
    }
  }
  const session: ChangedFile[] = [];
  for (const diffs of effective.values()) {
    const file = netFile(diffs);
    if (file !== undefined) session.push(file);
  }
  return { session: session.sort(byPath), turns };
}

function turnFile(diff: TurnDiff): ChangedFile {
  const { file, additions, deletions, patch } = diff;
  const sides = patch === undefined ? undefined : memoSides(diff);
  return {
    file,
    status: statusOf(sides),
    lines: { additions, deletions },
  };
}

function netFile(diffs: readonly TurnDiff[]): ChangedFile | undefined {
  const first = diffs[0];
  const last = diffs.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (diffs.length === 1) return turnFile(first);
  const before = memoSides(first);
  const after = memoSides(last);
  const { file } = first;
  if (before?.isWhole !== true || after?.isWhole !== true) {
    return { file, status: "modified", lines: undefined };
  }
  if (before.before === after.after) return undefined;
  return {
    file,
    status: statusOf({ before: before.before, after: after.after }),
    lines: countLines(before.before ?? "", after.after ?? ""),
  };
}

function statusOf(sides: Pick<FileSides, "before" | "after"> | undefined): ChangedFile["status"] {
  if (sides === undefined) return "modified";
  if (sides.before === undefined) return "added";
  return sides.after === undefined ? "deleted" : "modified";
}

/** Cached: patches contain whole files and are read again and again while a session streams. */
const sides = new WeakMap<TurnDiff, { readonly value: FileSides | undefined }>();

function memoSides(diff: TurnDiff): FileSides | undefined {
  let known = sides.get(diff);
  if (known === undefined) {
    known = { value: diff.patch === undefined ? undefined : sidesOf(diff.patch) };
    sides.set(diff, known);
  }
  return known.value;
}

/**
 * The patches that contain a file's texts before and after: of one turn, or of all turns that aren't reverted.
 * Undefined if the server keeps none.
 */
export function filePatches(
  messages: readonly Message[],
  revertMessageID: string | undefined,
  file: string,
  messageID: string | undefined,
): FilePatches | undefined {
  const patches: string[] = [];
  for (const { id, role, diffs } of messages) {
    if (role !== "user") continue;
    if (messageID === undefined && id === revertMessageID) break;
    if (messageID !== undefined && id !== messageID) continue;
    const patch = diffs.find((diff) => diff.file === file)?.patch;
    if (patch !== undefined) patches.push(patch);
  }
  const first = patches[0];
  const last = patches.at(-1);
  return first === undefined || last === undefined ? undefined : { first, last };
}

/**
 * The texts before and after the patches. Undefined if they aren't text patches. `isWhole` is false if only
 * parts of the file are known; `present`, the current file, makes it whole if the last patch leads to it.
 */
export function fileSides({ first, last }: FilePatches, present?: string): FileSides | undefined {
  const from = sidesOf(first);
  const to = first === last ? from : sidesOf(last);
  if (from === undefined || to === undefined) return undefined;
  if (first === last && !from.isWhole && present !== undefined) {
    const before = unapplyPatch(present, first);
    if (before !== undefined) return { before, after: present, isWhole: true };
  }
  return { before: from.before, after: to.after, isWhole: from.isWhole && to.isWhole };
}

const STATUS_WORDS: Readonly<Record<ChangedFile["status"], string>> = {
  added: t("added"),
  deleted: t("deleted"),
  modified: t("modified"),
};

/** What happened to a file, in a word. */
export function statusWord(status: ChangedFile["status"]): string {
  return STATUS_WORDS[status];
}

/** `+12 −3`; `changed` if the lines are unknown. */
export function linesText(lines: ChangedFile["lines"]): string {
  return lines === undefined ? t("changed") : `+${lines.additions} −${lines.deletions}`;
}

function byPath(a: ChangedFile, b: ChangedFile): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
}
