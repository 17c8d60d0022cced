import * as vscode from "vscode";

import type { PromptFile } from "../../core/state/prompt.ts";
import type { Attachment } from "../../platform/promptDrafts.ts";
import {
  attachmentMime,
  attachmentRefusal,
  selectionText,
} from "../../viewModels/conversation/attachment.ts";
import { cleanTitle } from "../../viewModels/text/format.ts";

/** The MIME type to send a file as; throws the reason if it can't be attached to a prompt with these others. */
export function attachableMime(
  files: readonly Attachment[],
  name: string,
  reportedType: string,
  bytes: Uint8Array,
): string {
  const mime = attachmentMime(name, reportedType, bytes);
  if (mime === undefined) {
    const shown = cleanTitle(name, 60);
    throw new Error(
      vscode.l10n.t("“{0}” was not attached: it is not a text file, an image or a PDF.", shown),
    );
  }
  refuseLarge(name, bytes.length, files);
  return mime;
}

/** Reads a file to be attached; throws the reason if it can't be. */
export async function readAttachable(
  uri: vscode.Uri,
  name: string,
  others: readonly { readonly bytes: number }[],
): Promise<Uint8Array> {
  const { size, type } = await vscode.workspace.fs.stat(uri);
  if ((type & vscode.FileType.Directory) !== 0) {
    const shown = cleanTitle(name, 60);
    throw new Error(vscode.l10n.t("“{0}” was not attached: it is a folder.", shown));
  }
  // Such as a pipe, which has no end.
  if ((type & vscode.FileType.File) === 0) {
    const shown = cleanTitle(name, 60);
    throw new Error(vscode.l10n.t("“{0}” was not attached: it is not a file.", shown));
  }
  refuseLarge(name, size, others);
  return vscode.workspace.fs.readFile(uri);
}

/** A draft's files as they are sent, with what is in them now; throws the reason if one can't be read. */
export async function readAttachments(files: readonly Attachment[]): Promise<PromptFile[]> {
  const read: { readonly bytes: number; readonly file: PromptFile }[] = [];
  for (const { name, mime, uri } of files) {
    const content = await readAttachable(vscode.Uri.parse(uri, true), name, read).catch(
      (error: unknown) => {
        if (!(error instanceof vscode.FileSystemError)) throw error;
        throw new Error(vscode.l10n.t("“{0}” could not be read.", cleanTitle(name, 60)));
      },
    );
    const url = `data:${mime};base64,${Buffer.from(content).toString("base64")}`;
    read.push({ bytes: content.length, file: { filename: name, mime, url } });
  }
  return read.map(({ file }) => file);
}

/** What is selected in an editor, as it is inserted in a prompt; `path` below the session's directory. */
export function selectionIn(
  { document, selection }: vscode.TextEditor,
  path: string | undefined,
): string {
  // If the selection ends at the beginning of a line, that line is not selected.
  const isWhole = selection.end.character === 0 && selection.end.line > selection.start.line;
  const lines = {
    first: selection.start.line + 1,
    last: selection.end.line + (isWhole ? 0 : 1),
  };
  const shown = path ?? vscode.workspace.asRelativePath(document.uri);
  return selectionText(shown, lines, document.languageId, document.getText(selection));
}

function refuseLarge(
  name: string,
  bytes: number,
  others: readonly { readonly bytes: number }[],
): void {
  const refusal = attachmentRefusal(name, bytes, others);
  if (refusal !== undefined) throw new Error(refusal);
}
