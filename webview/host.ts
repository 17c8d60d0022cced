/** The page's side of the boundary: its messages to the extension host, and the state VS Code keeps for it. */
import type { FromPage, PagePart } from "../src/protocol/page.ts";

interface VSCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VSCodeApi;

const MAX_FRAMES = 3;

/** Talks to the extension host. `Kept`: the state VS Code keeps for the page. */
export interface Host<Kept> {
  readonly post: (message: FromPage) => void;
  /** The last state given to `keep`, even before a reload; undefined if another version saved it. */
  kept(): Kept | undefined;
  keep(state: Kept): void;
  /** Writes the class and place of an error to the host's log, never its message, which may quote a prompt. */
  readonly report: (during: PagePart, error?: unknown) => void;
}

/**
 * Connects to the extension host, whose messages a page trusts. `contents` names the field each message type must
 * have. Unknown messages and errors on this page go to the host's log. Call once per page.
 */
export function connectHost<
  Message extends { readonly type: string },
  Kept extends { readonly version: 1 },
>(
  contents: Readonly<Record<Message["type"], string>>,
  receive: (message: Message) => void,
): Host<Kept> {
  const api = acquireVsCodeApi();
  const isOurs = (value: unknown): value is Kept =>
    typeof value === "object" && value !== null && "version" in value && value.version === 1;
  const fields = new Map<unknown, string>(Object.entries(contents));
  const isMessage = (value: unknown): value is Message => {
    if (typeof value !== "object" || value === null || !("type" in value)) return false;
    const field = fields.get(value.type);
    return field !== undefined && field in value;
  };
  const report = (during: PagePart, error?: unknown, place = "0:0"): void => {
    const found = error instanceof Error ? framesOf(error) : [];
    const at = found.length === 0 ? [place] : found;
    const problem: FromPage = { type: "problem", during, name: nameOf(error), at };
    api.postMessage(problem);
  };
  window.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    try {
      if (isMessage(data)) receive(data);
      else report("unknownMessage");
    } catch (error) {
      report("message", error);
    }
  });
  window.addEventListener("error", (event) => {
    report("script", event.error, `${event.lineno}:${event.colno}`);
  });
  window.addEventListener("unhandledrejection", (event) => {
    report("promise", event.reason);
  });
  return {
    post: (message) => {
      api.postMessage(message);
    },
    kept: () => {
      const kept = api.getState();
      return isOurs(kept) ? kept : undefined;
    },
    keep: (state) => {
      api.setState(state);
    },
    report,
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error && /^[a-zA-Z]{1,40}$/.test(error.name) ? error.name : "unknown";
}

/** Lines and columns of the innermost frames. What precedes them is the message, and is skipped. */
function framesOf({ stack = "", message }: Error): readonly string[] {
  const begin = stack.indexOf(message);
  if (begin < 0) return [];
  const frames = stack.slice(begin + message.length).matchAll(/:(\d{1,7}:\d{1,7})\)?$/gm);
  return [...frames].slice(0, MAX_FRAMES).map(([, place = ""]) => place);
}
