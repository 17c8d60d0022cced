import { t } from "../../src/core/language.ts";
import { MAX_ATTACHED_BYTES, MAX_ATTACHMENTS } from "../../src/core/limits.ts";

type OnFile = (name: string, mime: string, base64: string) => void;
type OnProblem = (message: string) => void;

/** Reads the pasted files; pasted text is left to the field. */
export function readPasted(event: ClipboardEvent, onFile: OnFile, onProblem: OnProblem): void {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length === 0) return;
  event.preventDefault();
  readFiles(files, onFile, onProblem);
}

/** Reads what was dropped: files from the window's machine, or VS Code files by URI. */
export function readDropped(
  event: DragEvent,
  onFile: OnFile,
  onProblem: OnProblem,
  onURIs: (uris: readonly string[]) => void,
): void {
  const { dataTransfer } = event;
  if (dataTransfer === null) return;
  const list =
    dataTransfer.getData("application/vnd.code.uri-list") || dataTransfer.getData("text/uri-list");
  const uris = list.split(/\r?\n/).filter((uri) => uri !== "" && !uri.startsWith("#"));
  const files = [...dataTransfer.files];
  if (uris.length === 0 && files.length === 0) return;
  event.preventDefault();
  if (uris.length > 0) onURIs(uris.slice(0, MAX_ATTACHMENTS));
  else readFiles(files, onFile, onProblem);
}

/** The host decides which files it accepts; oversized ones are not even read. */
function readFiles(files: readonly File[], onFile: OnFile, onProblem: OnProblem): void {
  for (const file of files.slice(0, MAX_ATTACHMENTS)) {
    if (file.size > MAX_ATTACHED_BYTES) {
      onProblem(t`“${file.name}” was not attached: it is too large.`);
      continue;
    }
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      const url = typeof reader.result === "string" ? reader.result : "";
      onFile(file.name, file.type, url.slice(url.indexOf(",") + 1));
    });
    reader.addEventListener("error", () => {
      onProblem(t`“${file.name}” could not be read.`);
    });
    reader.readAsDataURL(file);
  }
}
