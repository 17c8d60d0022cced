import { ok, type Result } from "../../core/result.ts";
import { requestJSON, type ServerAccess } from "../http.ts";
import { arrayOf } from "../narrow.ts";

const MESSAGES_A_PAGE = 500;
const PAGE_TIMEOUT_MS = 120_000;

/**
 * Reads a session with all its messages, `{info, messages}`, as `opencode import` takes it. Not by the SDK: what
 * is kept has to be what the server said, whatever the SDK knows of it.
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
  let before: string | null = null;
  do {
    const cursor: string = before === null ? "" : `&before=${encodeURIComponent(before)}`;
    const page = await requestJSON(
      access,
      `${path}/message?limit=${String(MESSAGES_A_PAGE)}${cursor}`,
      { signal, timeoutMs: PAGE_TIMEOUT_MS },
    );
    if (!page.ok) return page;
    pages.unshift(arrayOf(page.value.body));
    before = page.value.headers.get("x-next-cursor");
  } while (before !== null);
  return ok({ info: info.value.body, messages: pages.flat() });
}
