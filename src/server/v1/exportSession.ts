import { pagesOf } from "../../core/state/messagePages.ts";
import { ok, type Result } from "../../core/result.ts";
import { requestJSON, type ServerAccess } from "../http.ts";
import { arrayOf } from "../narrow.ts";

const MESSAGES_A_PAGE = 500;
const PAGE_TIMEOUT_MS = 120_000;

/**
 * Reads a session with all its messages, `{info, messages}`, in the form `opencode import` accepts. Bypasses
 * the SDK: the export must be what the server sent, whether or not the SDK knows it.
 */
export async function exportSession(
  access: ServerAccess,
  sessionID: string,
  signal?: AbortSignal,
): Promise<Result<unknown>> {
  const path = `/session/${encodeURIComponent(sessionID)}`;
  const info = await requestJSON(access, path, { signal });
  if (!info.ok) return info;
  const pages: (readonly unknown[])[] = [];
  const answers = pagesOf(async (before) => {
    const cursor = before === undefined ? "" : `&before=${encodeURIComponent(before)}`;
    const page = await requestJSON(
      access,
      `${path}/message?limit=${String(MESSAGES_A_PAGE)}${cursor}`,
      { signal, timeoutMs: PAGE_TIMEOUT_MS },
    );
    if (!page.ok) return page;
    const { body, headers } = page.value;
    return ok({ items: arrayOf(body), olderCursor: headers.get("x-next-cursor") ?? undefined });
  });
  for await (const page of answers) {
    if (!page.ok) return page;
    pages.unshift(page.value.items);
  }
  return ok({ info: info.value.body, messages: pages.flat() });
}
