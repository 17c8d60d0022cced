import type { MessagePage } from "../core/state/message.ts";
import { type PageBefore, pagesOf } from "../core/state/messagePages.ts";
import { ok, type Result } from "../core/result.ts";
import type { SessionTotals } from "../core/state/session.ts";
import { addTokens, NO_TOKENS } from "../core/usage/usage.ts";

/**
 * Sums a session's totals from its messages, for servers that keep none: reads all pages, newest first. Fails
 * with the first page that can't be read.
 */
export async function sumTotals(
  pageBefore: PageBefore<MessagePage>,
): Promise<Result<SessionTotals>> {
  let costUSD = 0;
  let tokens = NO_TOKENS;
  for await (const page of pagesOf(pageBefore)) {
    if (!page.ok) return page;
    for (const message of page.value.messages) {
      costUSD += message.costUSD ?? 0;
      if (message.tokens !== undefined) tokens = addTokens(tokens, message.tokens);
    }
  }
  return ok({ costUSD, tokens });
}
