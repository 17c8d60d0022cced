import type { Message } from "../../core/state/message.ts";
import { allMessages, pageQuery } from "../../core/state/messagePages.ts";
import type { Gateway } from "../../server/gateway.ts";
import { answerAbout } from "./askServer.ts";
import type { CommandContext } from "../commandContext.ts";
import type { SessionTarget } from "../target.ts";

const PAGE = 500;

/** All messages of a session, oldest first. */
export async function readMessages(
  context: CommandContext,
  target: SessionTarget,
  gateway: Gateway,
): Promise<readonly Message[]> {
  const messages = await allMessages((before) =>
    gateway.listMessages(target.session.id, pageQuery(PAGE, before)),
  );
  return answerAbout(context, target, messages);
}
