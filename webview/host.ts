/** The page's side of the boundary: its messages to the extension host, and the state VS Code keeps for it. */
import type { FromPage } from "../src/protocol/page.ts";

interface VSCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VSCodeApi;

const MAX_PROBLEM_LENGTH = 1000;

/** Talks to the extension host. `Kept`: the state VS Code keeps for the page. */
export interface Host<Kept> {
  readonly post: (message: FromPage) => void;
  /** The last state given to `keep`, even before a reload; undefined if another version saved it. */
  kept(): Kept | undefined;
  keep(state: Kept): void;
  /** Writes to the host's log. */
  readonly report: (problem: string) => void;
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
  const report = (message: string): void => {
    api.postMessage({ type: "problem", message: message.slice(0, MAX_PROBLEM_LENGTH) });
  };
  window.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    try {
      if (isMessage(data)) receive(data);
      else report("unknown message from the extension host");
    } catch (error) {
      report(`failed to handle a message from the extension host: ${String(error)}`);
    }
  });
  window.addEventListener("error", (event) => {
    report(`${event.message} (line ${event.lineno}:${event.colno})`);
  });
  window.addEventListener("unhandledrejection", (event) => {
    report(event.reason instanceof Error ? event.reason.message : "a promise was rejected");
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
