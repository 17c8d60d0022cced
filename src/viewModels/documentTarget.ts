import type { SessionRef } from "../core/session.ts";
import { baseName } from "./paths.ts";
import { cleanTitle } from "./format.ts";
import type { PromptTarget } from "./promptNotice.ts";

/** What a read-only document of a session shows. It is told by the query of the document's address alone. */
export type DocumentTarget =
  | { readonly kind: "transcript" | "todo"; readonly ref: SessionRef }
  /** One of the two texts of a changed file; of the whole session where no message is named. */
  | {
      readonly kind: "before" | "after";
      readonly ref: SessionRef;
      readonly messageID: string | undefined;
      readonly file: string;
    };

/** Path and query of an address. */
export interface DocumentAddress {
  readonly path: string;
  readonly query: string;
}

/** Makes a name part of a path: a slash would be one more folder. */
export function pathName(text: string): string {
  return cleanTitle(text, 50).replaceAll("/", "∕");
}

/** The address of a document; its last name is what a tab shows. */
export function documentAddress(target: DocumentTarget, sessionTitle: string): DocumentAddress {
  const { kind, ref } = target;
  const query = new URLSearchParams({ kind, ...ref });
  const name = pathName(sessionTitle);
  switch (target.kind) {
    case "transcript":
      return { path: `/${name}.md`, query: query.toString() };
    case "todo":
      return { path: `/To Do: ${name}.md`, query: query.toString() };
    case "before":
    case "after":
      query.set("file", target.file);
      if (target.messageID !== undefined) query.set("messageID", target.messageID);
      return { path: `/${target.file.replace(/^[\\/]+/, "")}`, query: query.toString() };
  }
}

/** Reads an address's query back; undefined when it names no document. */
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

/** The address of a prompt that is being written. `number` tells several of one place apart. */
export function promptAddress(
  target: PromptTarget,
  sessionTitle: string,
  number: number,
): DocumentAddress {
  if (target.kind === "session") {
    const query = new URLSearchParams({ ...target.ref }).toString();
    return { path: `/Prompt: ${pathName(sessionTitle)}.md`, query };
  }
  const { serverID, directory } = target;
  const query = new URLSearchParams({ serverID, number: String(number) });
  if (directory !== undefined) query.set("directory", directory);
  const place = directory === undefined ? "" : ` in ${pathName(baseName(directory))}`;
  return { path: `/New Session${place}.md`, query: query.toString() };
}

/** Reads a prompt's address back; undefined when it is none. */
export function parsePromptQuery(text: string): PromptTarget | undefined {
  const query = new URLSearchParams(text);
  const ref = refIn(query);
  if (ref !== undefined) return { kind: "session", ref };
  const serverID = query.get("serverID");
  if (serverID === null) return undefined;
  return { kind: "new", serverID, directory: query.get("directory") ?? undefined };
}

function refIn(query: URLSearchParams): SessionRef | undefined {
  const serverID = query.get("serverID");
  const sessionID = query.get("sessionID");
  return serverID === null || sessionID === null ? undefined : { serverID, sessionID };
}
