import type { Action } from "./actions.ts";
import { assertNever } from "../assertNever.ts";
import type { Message, MessagePart } from "./message.ts";
import type { SessionMessages } from "./state.ts";

const NONE: SessionMessages = { messages: [], isComplete: false, error: undefined };

/** Sorts by time, because generations of IDs differ in format; within one, IDs ascend over time. */
function isBefore(a: Message, b: Message): boolean {
  return a.createdMs !== b.createdMs ? a.createdMs < b.createdMs : a.id < b.id;
}

/**
 * Adds a page, which contains all messages between its oldest and newest: known ones in that span that it lacks
 * are gone. A message already completed by an event is kept as is.
 */
function addMessages(
  known: SessionMessages | undefined,
  { messages: page, isComplete, error, reachesMs }: Extract<Action, { type: "messages.loaded" }>,
): SessionMessages {
  const before = known ?? NONE;
  const knownByID = new Map(before.messages.map((message) => [message.id, message]));
  const byID = new Map(page.map((message) => [message.id, message]));
  const oldestMs =
    page[0]?.createdMs ?? (isComplete && reachesMs !== undefined ? -Infinity : Infinity);
  const newestMs = Math.max(page.at(-1)?.createdMs ?? -Infinity, reachesMs ?? -Infinity);
  for (const message of before.messages) {
    const fromPage = byID.get(message.id);
    const isOutside = message.createdMs < oldestMs || message.createdMs > newestMs;
    const isFurther =
      fromPage !== undefined &&
      message.completedMs !== undefined &&
      fromPage.completedMs === undefined;
    if (isFurther || (fromPage === undefined && isOutside)) byID.set(message.id, message);
  }
  for (const message of page) {
    if (byID.get(message.id) === message) {
      byID.set(message.id, withStreamedText(message, knownByID.get(message.id)));
    }
  }
  const messages = [...byID.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  return { messages, isComplete: isComplete || before.isComplete, error };
}

/** Placeholder for the missing beginning of a part's text. */
const MISSED = "…";

/**
 * A server lists a running answer without the text that is still streaming (observed on 1.18). The text already seen is
 * kept; a part whose beginning was missed starts with an ellipsis until the server sends it in full.
 */
function withStreamedText(listed: Message, known: Message | undefined): Message {
  if (listed.role !== "assistant" || listed.completedMs !== undefined) return listed;
  const parts = listed.parts.map((part) => {
    if ((part.kind !== "text" && part.kind !== "reasoning") || part.text !== "") return part;
    const seen = known?.parts.find(({ id }) => id === part.id);
    const isText = seen?.kind === "text" || seen?.kind === "reasoning";
    return { ...part, text: isText ? seen.text : MISSED };
  });
  return { ...listed, parts };
}

/** Adds or replaces one message, in its place in time. Without parts, those already known stay. */
function upsertMessage(
  known: SessionMessages,
  message: Message,
  hasParts: boolean,
): SessionMessages {
  const messages = known.messages.slice();
  const at = messages.findLastIndex((other) => other.id === message.id);
  if (at >= 0) {
    messages[at] = hasParts ? message : { ...message, parts: messages[at]?.parts ?? [] };
  } else {
    let place = messages.length;
    while (place > 0) {
      const previous = messages[place - 1];
      if (previous === undefined || isBefore(previous, message)) break;
      place--;
    }
    messages.splice(place, 0, message);
  }
  return { ...known, messages };
}

/** Changes the parts of one message; unknown messages are ignored. */
function withParts(
  known: SessionMessages,
  messageID: string,
  change: (parts: readonly MessagePart[]) => readonly MessagePart[],
): SessionMessages {
  const at = known.messages.findLastIndex((message) => message.id === messageID);
  const message = known.messages[at];
  if (message === undefined) return known;
  const messages = known.messages.slice();
  messages[at] = { ...message, parts: change(message.parts) };
  return { ...known, messages };
}

/** Adds or replaces one part, in order of arrival. */
function upsertPart(known: SessionMessages, messageID: string, part: MessagePart): SessionMessages {
  return withParts(known, messageID, (parts) =>
    parts.some((other) => other.id === part.id)
      ? parts.map((other) => (other.id === part.id ? part : other))
      : [...parts, part],
  );
}

/** Appends streamed text to a text or reasoning part. */
function streamIntoPart(
  known: SessionMessages,
  messageID: string,
  partID: string,
  text: string,
): SessionMessages {
  return withParts(known, messageID, (parts) =>
    parts.map((part) =>
      part.id === partID && (part.kind === "text" || part.kind === "reasoning")
        ? { ...part, text: part.text + text }
        : part,
    ),
  );
}

/** Removes one message. */
function removeMessage(known: SessionMessages, messageID: string): SessionMessages {
  const messages = known.messages.filter((message) => message.id !== messageID);
  return messages.length === known.messages.length ? known : { ...known, messages };
}

/** Actions about the messages of watched sessions. */
export type MessageAction = Extract<
  Action,
  {
    type:
      | "messages.loaded"
      | "message.upserted"
      | "message.removed"
      | "messages.dropped"
      | "part.upserted"
      | "part.streamed";
  }
>;

/** Only watched sessions keep messages: watching starts with the first page. */
export function nextMessages(
  known: SessionMessages | undefined,
  action: MessageAction,
): SessionMessages | undefined {
  if (action.type === "messages.loaded") {
    return addMessages(known, action);
  }
  if (known === undefined) return undefined;
  switch (action.type) {
    case "messages.dropped":
      return undefined;
    case "message.upserted":
      return upsertMessage(known, action.message, action.hasParts);
    case "message.removed":
      return removeMessage(known, action.messageID);
    case "part.upserted":
      return upsertPart(known, action.messageID, action.part);
    case "part.streamed":
      return streamIntoPart(known, action.messageID, action.partID, action.text);
    default:
      return assertNever(action);
  }
}
