import type { Message } from "./message.ts";
import type { SessionMessages } from "./state.ts";

const NONE: SessionMessages = { messages: [], isComplete: false, error: undefined };

/** Message ids ascend in time within a session; time breaks the tie between generations of ids. */
function isBefore(a: Message, b: Message): boolean {
  return a.createdMs !== b.createdMs ? a.createdMs < b.createdMs : a.id < b.id;
}

/** Adds a page. A message already known is kept when it is as far along: events are newer than pages. */
export function addMessages(
  known: SessionMessages | undefined,
  page: readonly Message[],
  isComplete: boolean,
  error: string | undefined,
): SessionMessages {
  const before = known ?? NONE;
  const byID = new Map(page.map((message) => [message.id, message]));
  for (const message of before.messages) byID.set(message.id, message);
  const messages = [...byID.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  return { messages, isComplete: isComplete || before.isComplete, error };
}

/** Adds or replaces one message, in its place in time. */
export function upsertMessage(known: SessionMessages, message: Message): SessionMessages {
  const messages = known.messages.slice();
  const at = messages.findLastIndex((other) => other.id === message.id);
  if (at >= 0) messages[at] = message;
  else {
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

/** Takes one message away. */
export function removeMessage(known: SessionMessages, messageID: string): SessionMessages {
  const messages = known.messages.filter((message) => message.id !== messageID);
  return messages.length === known.messages.length ? known : { ...known, messages };
}
