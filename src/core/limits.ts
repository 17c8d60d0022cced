/*
 * Limits on input from servers, files and models. Each is far beyond what real servers send; it ensures that nothing
 * can fill up the memory or block the extension host, which other extensions share. A request that exceeds a limit
 * fails with a `ServerError` that says so; text over a limit is truncated.
 */

/** Bytes of one response, decompressed: enough for a list of 100,000 sessions. Beyond: the request fails. */
export const MAX_BODY_BYTES = 128 * 1024 * 1024;

/** Bytes of one line of an event stream. Beyond: the stream ends, and the connection is lost for that reason. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Pages of one list: a server that always names a next page would be queried forever. Beyond: the list fails. */
export const MAX_PAGES = 5_000;

/**
 * Pages, of 500 objects each, of one list in a watched cluster. Beyond: the list fails, and its namespace shows that.
 */
export const MAX_WATCHED_PAGES = 200;

/** Objects of one kind in a watched namespace, as many as a list may have. Beyond: the watch ends, and a list decides. */
export const MAX_WATCHED_OBJECTS = 100_000;

/**
 * Bytes of all pages of such a list, and of the objects that a watch keeps: 100,000 objects of 2.5 kB. Beyond: the same.
 */
export const MAX_WATCHED_BYTES = 256 * 1024 * 1024;

/** Characters of a text in a cluster's object: a description, a message. Beyond: truncated. */
export const MAX_OBJECT_TEXT_CHARACTERS = 10_000;

/** Bytes of a pod's log that are passed on before following it ends, with a message. */
export const MAX_FOLLOWED_BYTES = 64 * 1024 * 1024;

/** Pages, of 1,000 objects each, of one list when scanning a cluster for namespaces. Beyond: counts are partial. */
export const MAX_SCANNED_PAGES = 20;

/** Characters of a failure message from a cluster or pod. Beyond: truncated. */
export const MAX_FAILURE_CHARACTERS = 300;

/** Characters of a login program's output. Beyond: it is ended, and the login fails. */
export const MAX_LOGIN_CHARACTERS = 1024 * 1024;

/** Bytes of one message of a port-forward; kubelets send some 32 kB. Beyond: the connection ends. */
export const MAX_FORWARDED_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Bytes of one request that a program sends to an agent through a local port. Beyond: rejected. */
export const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/** Bytes within which a request through such a port must name its host. Beyond: rejected. */
export const MAX_REQUEST_HEAD_BYTES = 16 * 1024;

/** Characters of a title in the state. Beyond: truncated. */
export const MAX_TITLE_CHARACTERS = 1_000;

/** Characters of a directory: the longest path Linux supports. Beyond: treated as absent. */
export const MAX_PATH_CHARACTERS = 4_096;

/** Nesting depth of objects and lists in a tool's input. Deeper parts are omitted. */
export const MAX_DEPTH = 40;

/** Objects and lists examined in an OpenAPI document; OpenCode's have some 10,000. Beyond: unknown. */
export const MAX_SCHEMA_NODES = 200_000;

/** Schemas visited to follow the references of one OpenAPI document; OpenCode's take some 20,000. Beyond: unknown. */
export const MAX_SCHEMA_STEPS = 2_000_000;

/** Characters of a title used to derive a task pattern. Beyond: truncated. */
export const MAX_PATTERN_CHARACTERS = 300;

/** Characters of one message text on a session's page. Beyond: truncated; the transcript has all of it. */
export const MAX_SHOWN_CHARACTERS = 200_000;

/** Characters of a picture's data URL in a message. Beyond: only its name is shown. */
export const MAX_PICTURE_CHARACTERS = 4_000_000;

/** Total bytes of the files attached to one prompt. Beyond: rejected with a message. */
export const MAX_ATTACHED_BYTES = 10_000_000;

/** Files attached to one prompt; also the files it may mention. Beyond: rejected with a message. */
export const MAX_ATTACHMENTS = 20;

/** Characters of a prompt. Beyond: it cannot be sent from the page. */
export const MAX_PROMPT_CHARACTERS = 1_000_000;

/** Files suggested for what the user typed. */
export const MAX_FOUND_FILES = 50;

/**
 * Truncates a text to at most `maxCharacters`. What is cut off can be freed: a plain `slice` would keep the whole text
 * in memory for as long as the piece exists.
 */
export function bounded(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : ownCopy(text.slice(0, maxCharacters));
}

/** An equal text in memory of its own. V8 makes slices, trimmed texts and matches views of the original. */
function ownCopy(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

/** A byte limit, for display. */
export function formatMegabytes(bytes: number): string {
  return `${String(Math.round(bytes / 1024 / 1024))} MB`;
}
