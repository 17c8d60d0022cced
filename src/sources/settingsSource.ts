import { normaliseServerURL } from "../core/endpoint.ts";
import type { FoundServer, ServerSource, SourceProblem, SourceReport } from "./source.ts";
import { DEFAULT_USERNAME } from "./source.ts";
import { SourceReporter } from "./sourceReporter.ts";
import { isRecord } from "./unknownValue.ts";

const SOURCE_ID = "settings";
const SETTING = "opencodeSessions.servers";
const KNOWN_KEYS: ReadonlySet<string> = new Set(["url", "name", "username", "directory"]);

/**
 * Servers a person listed in the setting `opencodeSessions.servers`. Reads no configuration itself: whoever
 * owns it pushes each new value with `setValue`. Entries are taken at their word; the connection shows
 * whether a server answers.
 */
export class SettingsSource implements ServerSource {
  readonly id = SOURCE_ID;
  readonly knowsPasswords = false;
  readonly #reporter = new SourceReporter();
  #value: unknown;

  constructor(value?: unknown) {
    this.#value = value;
  }

  start(listener: (report: SourceReport) => void): void {
    if (!this.#reporter.open(listener)) return;
    queueMicrotask(() => {
      this.#report();
    });
  }

  /** Takes a new raw value of the setting; reports when that changes anything. */
  setValue(value: unknown): void {
    this.#value = value;
    this.#report();
  }

  refresh(): Promise<void> {
    this.#report();
    return Promise.resolve();
  }

  dispose(): void {
    this.#reporter.close();
  }

  #report(): void {
    this.#reporter.report(parseServerSettings(this.#value));
  }
}

/**
 * Reads the setting's value: an array of `{url, name?, username?, directory?}`. Total: each entry that cannot
 * be used becomes a problem that names its position (from 0, as in the JSON), the others stay, in their order.
 * Two entries with one normalised URL are one server, the first. Problems never repeat a URL that may hold a
 * password.
 */
export function parseServerSettings(value: unknown): SourceReport {
  if (value === undefined || value === null) return { servers: [], problems: [] };
  if (!Array.isArray(value)) {
    return {
      servers: [],
      problems: [problem(SETTING, "error", 'must be a list of servers: [{ "url": "http://…" }].')],
    };
  }
  const servers: FoundServer[] = [];
  const problems: SourceProblem[] = [];
  const positions = new Map<string, number>();
  for (const [position, entry] of (value as readonly unknown[]).entries()) {
    const subject = `${SETTING}[${position}]`;
    const parsed = parseEntry(entry, subject);
    problems.push(...parsed.problems);
    if (parsed.server === undefined) continue;
    const { url } = parsed.server.endpoint;
    const earlier = positions.get(url);
    if (earlier !== undefined) {
      problems.push(
        problem(subject, "warning", `names the same server as entry ${earlier} and is left out.`),
      );
      continue;
    }
    positions.set(url, position);
    servers.push(parsed.server);
  }
  return { servers, problems };
}

function parseEntry(
  entry: unknown,
  subject: string,
): { readonly server: FoundServer | undefined; readonly problems: readonly SourceProblem[] } {
  const refuse = (message: string) => ({
    server: undefined,
    problems: [problem(subject, "error", message)],
  });
  if (!isRecord(entry)) return refuse('must be an object: { "url": "http://…" }.');
  const { url: rawURL, name, username, directory } = entry;
  if (typeof rawURL !== "string" || rawURL.trim() === "") return refuse('has no "url".');
  const url = normaliseServerURL(rawURL);
  if (url === undefined) {
    return refuse(
      /@/.test(rawURL)
        ? 'has a user name or password inside its "url"; take them out, the password is asked for once.'
        : 'has a "url" that is no http or https address.',
    );
  }
  for (const [key, text] of Object.entries({ name, username, directory })) {
    if (text !== undefined && typeof text !== "string")
      return refuse(`has a "${key}" that is no text.`);
  }
  const path = textOf(directory);
  if (path !== undefined && !isAbsolutePath(path)) {
    return refuse('has a "directory" that is no absolute path.');
  }
  const problems = Object.keys(entry)
    .filter((key) => !KNOWN_KEYS.has(key))
    .map((key) =>
      problem(
        subject,
        "warning",
        key === "password"
          ? 'holds a "password", which is not read from settings; take it out, it is asked for once and kept in the secret storage.'
          : `has an unknown key "${key}".`,
      ),
    );
  return {
    server: {
      endpoint: {
        serverID: url,
        url,
        name: textOf(name) ?? url.replace(/^https?:\/\//, ""),
        origin: "settings",
        username: textOf(username) ?? DEFAULT_USERNAME,
        directory: path,
        pid: undefined,
      },
      password: undefined,
    },
    problems,
  };
}

/** A text with something in it, trimmed. */
function textOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const trimmed = value.trim();
  return trimmed === "" ? undefined : trimmed;
}

/** The server may run on another system than this one, so both ways of writing a path count. */
function isAbsolutePath(path: string): boolean {
  return /^(\/|[a-z]:[\\/]|\\\\)/i.test(path);
}

function problem(
  subject: string,
  severity: SourceProblem["severity"],
  message: string,
): SourceProblem {
  return { sourceID: SOURCE_ID, subject, severity, message: `${subject} ${message}` };
}
