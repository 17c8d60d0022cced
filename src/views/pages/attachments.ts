import * as vscode from "vscode";

import type { PromptFile } from "../../core/state/prompt.ts";
import { attachmentMime, attachmentRefusal } from "../../viewModels/conversation/attachment.ts";
import { cleanTitle } from "../../viewModels/text/format.ts";

/** A file sent with the next prompt. */
export interface Attachment {
  readonly id: number;
  readonly bytes: number;
  readonly file: PromptFile;
}

/** The files attached to a prompt, for as long as its page is open. */
export class Attachments {
  #all: readonly Attachment[] = [];
  #lastID = 0;

  get all(): readonly Attachment[] {
    return this.#all;
  }

  /** Adds a file, with the type the page reported. Returns the reason if it is refused. */
  add(name: string, reportedType: string, bytes: Uint8Array): string | undefined {
    const mime = attachmentMime(name, reportedType, bytes);
    if (mime === undefined) {
      return vscode.l10n.t(
        "“{0}” was not attached: it is not a text file, an image or a PDF.",
        cleanTitle(name, 60),
      );
    }
    const refusal = attachmentRefusal(name, bytes.length, this.#all);
    if (refusal !== undefined) return refusal;
    const url = `data:${mime};base64,${Buffer.from(bytes).toString("base64")}`;
    this.#lastID++;
    const file = { filename: name, mime, url };
    this.#all = [...this.#all, { id: this.#lastID, bytes: bytes.length, file }];
    return undefined;
  }

  remove(ids: readonly number[]): void {
    this.#all = this.#all.filter(({ id }) => !ids.includes(id));
  }
}
