import { t } from "../core/language.ts";
import * as z from "zod";
import { normaliseServerURL } from "../core/state/endpoint.ts";
import type { FoundServer, ServerSource, SourceProblem, SourceReport } from "./source.ts";
import { DEFAULT_USERNAME } from "./source.ts";
import { settingEntry } from "../core/settingEntry.ts";
import { SourceReporter } from "./sourceReporter.ts";

const SETTING = "opencodeSessions.servers";

/**
 * Servers listed in the setting `opencodeSessions.servers`. Reads no configuration itself: its owner pushes
 * each new value with `setValue`. Entries aren't verified; the connection shows whether a server answers.
 */
export class SettingsSource implements ServerSource {
  readonly id = "settings";
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

  /** Takes a new raw value of the setting; reports if that changes anything. */
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
 * Parses the setting's value: an array of `{url, name?, username?, directory?}`. Total: each unusable entry
 * becomes a problem that names its position in the list; the other entries keep their order. Two entries with
 * the same normalised URL are one server: the first wins. Problems never repeat a URL that may contain a
 * password.
 */
export function parseServerSettings(value: unknown): SourceReport {
  if (value === undefined || value === null) return { servers: [], problems: [] };
  if (!Array.isArray(value)) {
    return {
      servers: [],
      problems: [
        problem(
          t`The setting “${SETTING}”`,
          "error",
          t('must be a list of servers: [{ "url": "http://…" }].'),
        ),
      ],
    };
  }
  const servers: FoundServer[] = [];
  const problems: SourceProblem[] = [];
  const positions = new Map<string, number>();
  for (const [position, entry] of (value as readonly unknown[]).entries()) {
    const subject = settingEntry(SETTING, position);
    const parsed = parseEntry(entry, subject);
    problems.push(...parsed.problems);
    if (parsed.server === undefined) continue;
    const { url } = parsed.server.endpoint;
    const earlier = positions.get(url);
    if (earlier !== undefined) {
      problems.push(
        problem(
          subject,
          "warning",
          t`names the same server as entry ${earlier + 1} and is ignored.`,
        ),
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
  const { data, error } = ENTRY.safeParse(entry);
  if (data === undefined) {
    const [first] = error.issues;
    return {
      server: undefined,
      problems: [problem(subject, "error", first?.message ?? t("cannot be read."))],
    };
  }
  const { url, name, username, directory } = data;
  const problems = Object.keys(data)
    .filter((key) => !(key in ENTRY.shape))
    .map((key) =>
      problem(
        subject,
        "warning",
        key === "password"
          ? t(
              "has a “password”, which is not read from settings; remove it: you will be asked for it once, and it is kept in the secret storage.",
            )
          : t`has an unknown field “${key}”.`,
      ),
    );
  return {
    server: {
      endpoint: {
        serverID: url,
        url,
        name: name ?? url.replace(/^https?:\/\//, ""),
        origin: "settings",
        username: username ?? DEFAULT_USERNAME,
        directory,
        pid: undefined,
      },
      password: undefined,
    },
    problems,
  };
}

/** A non-empty text, trimmed. */
function optionalText(key: string) {
  return z
    .string({ error: t`has a “${key}” that is not text.` })
    .transform((text) => (text.trim() === "" ? undefined : text.trim()))
    .optional();
}

const NO_URL = t("has no “url”.");

const ENTRY = z.looseObject(
  {
    url: z
      .string({ error: NO_URL })
      .trim()
      .min(1, { error: NO_URL, abort: true })
      .transform((text, context) => {
        const url = normaliseServerURL(text);
        if (url !== undefined) return url;
        context.addIssue(
          text.includes("@")
            ? t(
                "has a user name or password in its “url”; remove them: you will be asked for the password once.",
              )
            : t("has a “url” that is not an http or https address."),
        );
        return z.NEVER;
      }),
    name: optionalText("name"),
    username: optionalText("username"),
    directory: optionalText("directory").refine(
      (directory) => directory === undefined || isAbsolutePath(directory),
      { error: t("has a “directory” that is not an absolute path.") },
    ),
  },
  { error: t('must be an object: { "url": "http://…" }.') },
);

/** The server may run on a different system, so both path styles are accepted. */
function isAbsolutePath(path: string): boolean {
  return /^(\/|[a-z]:[\\/]|\\\\)/i.test(path);
}

function problem(
  subject: string,
  severity: SourceProblem["severity"],
  message: string,
): SourceProblem {
  return { subject, severity, message: `${subject} ${message}` };
}
