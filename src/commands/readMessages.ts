import type { Message } from "../core/message.ts";
import type { Gateway } from "../server/gateway.ts";
import { answerAbout } from "./askServer.ts";
import type { CommandContext } from "./commandContext.ts";
import type { SessionTarget } from "./target.ts";

const PAGE = 500;

/** All messages of a session, oldest first. */
export async function readMessages(
  context: CommandContext,
  target: SessionTarget,
  gateway: Gateway,
): Promise<readonly Message[]> {
  const pages: (readonly Message[])[] = [];
  let before: string | undefined;
  do {
    const page = answerAbout(
      context,
      target,
      await gateway.listMessages(target.session.id, {
        limit: PAGE,
        ...(before === undefined ? {} : { before }),
      }),
    );
    pages.unshift(page.messages);
    before = page.olderCursor;
  } while (before !== undefined);
  return pages.flat();
}
