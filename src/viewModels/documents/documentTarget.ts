import { t } from "../../core/language.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { cleanTitle } from "../text/format.ts";

/** What a read-only document of a session shows. It depends only on the query of the document's address. */
export type DocumentTarget =
  | { readonly kind: "transcript" | "todo"; readonly ref: SessionRef }
  /** One of the two texts of a changed file; for the whole session if no message is given. */
  | {
      readonly kind: "before" | "after";
      readonly ref: SessionRef;
      readonly messageID: string | undefined;
      readonly file: string;
    };

export interface DocumentAddress {
  readonly path: string;
  readonly query: string;
}

/** Makes a name usable in a path, where a slash would add a folder. */
export function pathName(text: string): string {
  return cleanTitle(text, 50).replaceAll("/", "∕");
}

/** A file's path in an address, which must begin with exactly one slash: servers report files from any root. */
export function filePath(file: string): string {
  return `/${file.replace(/^[\\/]+/, "")}`;
}

/** The address of a document; its last segment is what a tab shows. */
export function documentAddress(target: DocumentTarget, sessionTitle: string): DocumentAddress {
  const { kind, ref } = target;
  const query = new URLSearchParams({ kind, ...ref });
  const name = pathName(sessionTitle);
  switch (target.kind) {
    case "transcript":
      return { path: `/${name}.md`, query: query.toString() };
    case "todo":
      return { path: `/${t`To Do: ${name}`}.md`, query: query.toString() };
    case "before":
    case "after":
      query.set("file", target.file);
      if (target.messageID !== undefined) query.set("messageID", target.messageID);
      return { path: filePath(target.file), query: query.toString() };
  }
}

/** Parses an address's query; undefined if it describes no document. */
export function parseDocumentQuery(text: string): DocumentTarget | undefined {
  const query = new URLSearchParams(text);
  const ref = refIn(query);
  const kind = query.get("kind");
  if (ref === undefined) return undefined;
  if (kind === "transcript" || kind === "todo") return { kind, ref };
  const file = query.get("file");
  if (file === null || (kind !== "before" && kind !== "after")) return undefined;
  return { kind, ref, file, messageID: query.get("messageID") ?? undefined };
}

function refIn(query: URLSearchParams): SessionRef | undefined {
  const serverID = query.get("serverID");
  const sessionID = query.get("sessionID");
  return serverID === null || sessionID === null ? undefined : { serverID, sessionID };
}
