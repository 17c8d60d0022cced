/*
 * How much of what servers, files and models say is taken in. Each limit is far beyond what real servers send; it is there
 * so that nothing can fill the memory or hold up the extension host, in which other extensions run too. What goes past a
 * limit of a request ends that request with a `ServerError` that says so; a text past its limit is cut.
 */

/** Bytes of one answer, decompressed: as long as a list of 100,000 sessions. Beyond: the request fails. */
export const MAX_BODY_BYTES = 128 * 1024 * 1024;

/** Bytes of one line of an event stream. Beyond: the stream ends, and the connection is lost with that reason. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Pages of one list: a server that always names one more would be asked for ever. Beyond: the list fails. */
export const MAX_PAGES = 5_000;

/**
 * Pages of one list of a cluster that is watched, of 500 objects each. Beyond: the list fails, and its namespace says so.
 */
export const MAX_WATCHED_PAGES = 200;

/** Pages of one list while a cluster is looked through for namespaces, of 1,000 objects each. Beyond: counts are partial. */
export const MAX_SCANNED_PAGES = 20;

/** Characters of what a cluster or a pod says of a failure. Beyond: cut. */
export const MAX_FAILURE_CHARACTERS = 300;

/** Characters that a login program writes. Beyond: left out, and what is left is no credential. */
export const MAX_LOGIN_CHARACTERS = 1024 * 1024;

/** Bytes of one message of a port-forward; kubelets send some 32 kB. Beyond: the connection ends. */
export const MAX_FORWARDED_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Bytes of one request that a program sends through a port of this machine to an agent. Beyond: it is refused. */
export const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/** Bytes within which a request through such a port has to say which host it wants. Beyond: it is refused. */
export const MAX_REQUEST_HEAD_BYTES = 16 * 1024;

/** Characters of a title as the state keeps it. Beyond: cut. */
export const MAX_TITLE_CHARACTERS = 1_000;

/** Characters of a directory, the longest path that Linux knows. Longer ones are none. */
export const MAX_PATH_CHARACTERS = 4_096;

/** Objects and lists within each other in what a tool was given. Deeper parts are left out. */
export const MAX_DEPTH = 40;

/** Objects and lists of an OpenAPI document that are looked at; documents of OpenCode have some 10,000. Beyond: unknown. */
export const MAX_SCHEMA_NODES = 200_000;

/** Schemas that are looked at to follow the references of one OpenAPI document; OpenCode's take some 20,000. Beyond: unknown. */
export const MAX_SCHEMA_STEPS = 2_000_000;

/** Characters of a title from which a task's pattern is made. Beyond: cut. */
export const MAX_PATTERN_CHARACTERS = 300;

/** Characters of one text of a message on a session's page. Beyond: cut; the transcript has all of it. */
export const MAX_SHOWN_CHARACTERS = 200_000;

/** Characters of a picture in a message, as a data URL. Beyond: only its name is shown. */
export const MAX_PICTURE_CHARACTERS = 4_000_000;

/** Bytes of the files that go with one prompt, together. Beyond: refused, and said so. */
export const MAX_ATTACHED_BYTES = 10_000_000;

/** Files that go with one prompt, and files it may mention. Beyond: refused, and said so. */
export const MAX_ATTACHMENTS = 20;

/** Characters of a prompt. Beyond: it cannot be sent from the page. */
export const MAX_PROMPT_CHARACTERS = 1_000_000;

/** Files that are offered for a few letters. */
export const MAX_FOUND_FILES = 50;

/** A text of bounded length. */
export function bounded(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : text.slice(0, maxCharacters);
}
