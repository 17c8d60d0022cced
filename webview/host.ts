/** The webview's end of the border: what it says to the extension host, and what VS Code keeps for it. */
interface VSCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VSCodeApi;

const MAX_PROBLEM_LENGTH = 1000;

/** Speaks with the extension host in messages of one panel's protocol. */
export interface Host<From> {
  post(message: From): void;
  /** What `keep` was given last, from before a reload as well; to be guarded. */
  kept(): unknown;
  keep(state: object): void;
}

/**
 * Connects to the extension host: guarded messages go to `receive`; what is none of ours and errors of
 * this page are told to the host's log. To be called once a page.
 */
export function connectHost<To, From>(
  isMessage: (value: unknown) => value is To,
  receive: (message: To) => void,
  problem: (message: string) => From,
): Host<From> {
  const api = acquireVsCodeApi();
  const report = (message: string): void => {
    api.postMessage(problem(message.slice(0, MAX_PROBLEM_LENGTH)));
  };
  window.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (isMessage(data)) receive(data);
    else report("a message of the extension host was not understood");
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
    kept: () => api.getState(),
    keep: (state) => {
      api.setState(state);
    },
  };
}
