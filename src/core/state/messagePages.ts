import { t } from "../language.ts";
import type { Message, MessagePage } from "./message.ts";
import { ServerError } from "../errors.ts";
import { MAX_PAGES } from "../limits.ts";
import { failed, ok, type Result } from "../result.ts";

/** Requests the page before a cursor, or the newest one without a cursor. */
export type PageBefore<Page> = (before: string | undefined) => Promise<Result<Page>>;

/**
 * All pages of a session's messages, newest first; the last has an undefined `olderCursor`. Ends at the first page
 * that fails. If the server repeats a cursor, it is not followed, which would never end. More than `MAX_PAGES` pages
 * are an error.
 */
export async function* pagesOf<Page extends { readonly olderCursor: string | undefined }>(
  pageBefore: PageBefore<Page>,
): AsyncGenerator<Result<Page>, void, undefined> {
  const asked = new Set<string>();
  let before: string | undefined;
  do {
    if (asked.size >= MAX_PAGES) {
      yield failed(
        new ServerError("invalidResponse", t`the list has more than ${MAX_PAGES} pages`),
      );
      return;
    }
    const page = await pageBefore(before);
    if (!page.ok) {
      yield page;
      return;
    }
    const { olderCursor } = page.value;
    before = olderCursor === undefined || asked.has(olderCursor) ? undefined : olderCursor;
    if (before !== undefined) asked.add(before);
    yield ok({ ...page.value, olderCursor: before });
  } while (before !== undefined);
}

/** All messages of a session, oldest first, or the error of the first page that fails. */
export async function allMessages(
  pageBefore: PageBefore<MessagePage>,
): Promise<Result<readonly Message[]>> {
  const pages: (readonly Message[])[] = [];
  for await (const page of pagesOf(pageBefore)) {
    if (!page.ok) return page;
    pages.unshift(page.value.messages);
  }
  return ok(pages.flat());
}

/** The query for one page of at most `limit` messages; omits `before` if undefined. */
export function pageQuery(
  limit: number,
  before: string | undefined,
): { readonly limit: number; readonly before?: string } {
  return before === undefined ? { limit } : { limit, before };
}
