import { ServerError } from "./errors.ts";
import { bounded } from "./limits.ts";

/**
 * Where the rooms log what happened, for anyone diagnosing a problem. A message may name servers, session IDs,
 * reasons and durations, but never a password, token, header or prompt text.
 */
export interface Log {
  trace(component: string, message: string): void;
  debug(component: string, message: string): void;
  info(component: string, message: string): void;
  warn(component: string, message: string): void;
  error(component: string, message: string): void;
}

/** Longest message a log keeps, in characters: enough for an error, too little for a transcript. */
export const MAX_LOG_CHARACTERS = 1000;

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/(\/\/)[^/@\s]*@/g, "$1***@"],
  [/\b(basic|bearer)\s+[\w+/=.~-]+/gi, "$1 ***"],
  [
    /\b(auth_token|authorization|password|passwd|token|secret)(["']?\s*[=:]\s*["']?)[^\s"'&,;]+/gi,
    "$1$2***",
  ],
  [/\b(OPENCODE_(?:SERVER_)?PASSWORD=)\S+/g, "$1***"],
];

/**
 * Makes a message safe to write: one line, of bounded length, with anything that looks like a credential
 * masked. This is the second line of defence; the first is never to pass secrets at all.
 */
export function redacted(message: string): string {
  let text = message.replace(/[\r\n\t]+/g, " ");
  for (const [pattern, replacement] of SECRETS) text = text.replace(pattern, replacement);
  return text.length > MAX_LOG_CHARACTERS ? `${bounded(text, MAX_LOG_CHARACTERS)}…` : text;
}

/** What a log may have of an error: our own words. Those of a server or a library may quote a prompt. */
export function loggable(error: unknown): string {
  return ServerError.is(error) ? `${error.reason}, ${error.ownMessage}` : thrownAt(error);
}

/** The class, code and first stack frames of an error. Omits its message, which may quote a server. */
export function thrownAt(error: unknown): string {
  if (!(error instanceof Error)) return `a ${typeof error}`;
  const frames = error.stack?.split("\n    at ").slice(1, 4) ?? [];
  const code =
    "code" in error && /^[A-Z_]{2,40}$/.test(String(error.code)) ? ` ${String(error.code)}` : "";
  return [`${error.name}${code}`, ...frames].join(" at ");
}

/** A log that discards everything, for programs and tests whose log nobody reads. */
export const SILENT_LOG: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
