import type { Message } from "../../../src/core/state/message.ts";
import type { SessionRef } from "../../../src/core/state/session.ts";
import type { State } from "../../../src/core/state/state.ts";
import { sessionFacts } from "../../../src/viewModels/breakdown/breakdown.ts";
import {
  ConversationFeed,
  findMessages,
} from "../../../src/viewModels/conversation/conversation.ts";
import type { WebviewInBrowser } from "./webviewHarness.ts";

/** The host's side of a conversation in the harness: the real feed, queried when the page sends messages. */
export interface ConversationHost {
  /** Sends new content for as long as the page requests more. */
  serve(messages?: readonly Message[]): Promise<void>;
}

/** Acts as a page's host; also sends the page the session's facts. */
export async function hostConversation(
  view: WebviewInBrowser,
  state: State,
  ref: SessionRef,
  nowMs: number,
): Promise<ConversationHost> {
  const feed = new ConversationFeed();
  let messages: readonly Message[] = [];
  let heard = 0;
  const facts = sessionFacts(state, ref, nowMs);
  if (facts === undefined) throw new Error("the session is not known");
  await view.send({ type: "facts", facts });
  return {
    serve: async (next = messages) => {
      messages = next;
      // A page that has drawn requests what came near, so repeat until it requests nothing more.
      for (let round = 0; round < 20; round++) {
        await drawn(view);
        const said = await view.sentMessages();
        for (const message of said.slice(heard)) {
          if (message.type === "showMessages") feed.draw(message.messageIDs);
          if (message.type === "find") {
            const messageIDs = findMessages(state, ref, message.text);
            await view.send({ type: "found", text: message.text, messageIDs });
          }
        }
        const isQuiet = said.length === heard;
        heard = said.length;
        const update = feed.update(state, ref, messages);
        if (update !== undefined) await view.send({ type: "conversation", update });
        else if (isQuiet) return;
      }
    },
  };
}

/** Resolves once the page has noticed what is near (one frame) and has requested it (the next one). */
function drawn({ page }: WebviewInBrowser): Promise<void> {
  return page.evaluate(async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  });
}
