import * as vscode from "vscode";

import type { Attachment } from "../../platform/promptDrafts.ts";
import { attachmentMime, attachmentRefusal } from "../../viewModels/conversation/attachment.ts";
import { cleanTitle } from "../../viewModels/text/format.ts";

/** The files of a draft with one more, of the type the page reported; or the reason if it is refused. */
export function withAttachment(
  files: readonly Attachment[],
  name: string,
  reportedType: string,
  bytes: Uint8Array,
): readonly Attachment[] | string {
  const mime = attachmentMime(name, reportedType, bytes);
  if (mime === undefined) {
    return vscode.l10n.t(
      "“{0}” was not attached: it is not a text file, an image or a PDF.",
      cleanTitle(name, 60),
    );
  }
  const refusal = attachmentRefusal(name, bytes.length, files);
  if (refusal !== undefined) return refusal;
  const url = `data:${mime};base64,${Buffer.from(bytes).toString("base64")}`;
  const id = Math.max(0, ...files.map((file) => file.id)) + 1;
  return [...files, { id, bytes: bytes.length, file: { filename: name, mime, url } }];
}
