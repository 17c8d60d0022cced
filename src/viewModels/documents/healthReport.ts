import { plural, t } from "../../core/language.ts";
import type {
  DatabaseHealth,
  Health,
  LedgerHealth,
  ServerHealth,
} from "../../core/state/health.ts";
import type { ReportSubject } from "./compatibilityReport.ts";
import { formatBytes, formatCount, formatDateTime, formatDuration } from "../text/format.ts";
import { Markdown, markup } from "./markdown.ts";

export interface HealthFinding {
  /** `good`; `note`: worth knowing; `bad`: something doesn't work, or won't. */
  readonly level: "good" | "note" | "bad";
  readonly subject: string;
  readonly text: string;
}

/** Clocks this far apart make times of day and the order of messages wrong. */
const CLOCK_MS = 5_000;
/** A write-ahead log of this size isn't being written back to its database. */
const LARGE_WAL_BYTES = 64_000_000;
/** With less free space, a server can't run for long. */
const LITTLE_DISK_BYTES = 1_000_000_000;
const NO_DISK_BYTES = 100_000_000;
const SLOW_ANSWER_MS = 2_000;
const MOST_NAMES = 5;

/** An assessment of everything that was checked. */
export function healthFindings(health: Health): readonly HealthFinding[] {
  return [
    ...runtimeFindings(health),
    ...health.servers.flatMap((server) => serverFindings(server)),
    ...health.databases.flatMap((database) => databaseFindings(database, health.hasSqlite)),
    ...(health.ledger === undefined ? [] : ledgerFindings(health.ledger)),
    ...(health.ledgerFailure === undefined
      ? []
      : [about(t("Usage ledger")).bad(t`It cannot be opened: ${health.ledgerFailure}`)]),
  ];
}

/** Makes the findings about a subject. */
function about(subject: string) {
  const finding = (level: HealthFinding["level"]) => (text: string) => ({ level, subject, text });
  return { good: finding("good"), note: finding("note"), bad: finding("bad") };
}

function runtimeFindings({ hasSqlite, servers }: Health): HealthFinding[] {
  const { good, note } = about("VS Code");
  const runtime = hasSqlite
    ? good(t("It has built-in SQLite: histories are read from databases."))
    : note(
        t(
          "It has no built-in SQLite (Node.js before 22.5): histories are read through the servers, and databases can be neither checked nor backed up. Update VS Code to fix this.",
        ),
      );
  if (servers.length > 0) return [runtime];
  const advice = t("No servers are known. Use “Add Server…” or “Start Private Server”.");
  return [runtime, about(t("Servers")).note(advice)];
}

function serverFindings(server: ServerHealth): HealthFinding[] {
  const { good, note, bad } = about(t`Server ${server.name}`);
  const version = [server.generation, server.version]
    .filter((word) => word !== undefined)
    .join(", ");
  const findings: HealthFinding[] = [];
  if (server.answerMs === undefined) {
    const reason = server.problem ?? t("no reason given");
    const advice =
      server.connection === "unauthorized"
        ? t(" If the password is wrong, use “Enter Server Password…”.")
        : "";
    findings.push(bad(t`It does not answer: ${reason}.${advice}`));
  } else {
    const inTime = t`answers in ${formatDuration(server.answerMs)}`;
    findings.push(
      server.answerMs > SLOW_ANSWER_MS
        ? note(t`It ${inTime}, which is slow (${version}).`)
        : good(t`It ${inTime} (${version}).`),
    );
    if (server.problem !== undefined) {
      findings.push(bad(t`The connection is lost: ${server.problem}.`));
    }
  }
  if (server.clockAheadMs === undefined) {
    findings.push(good(t("Its clock is unknown; no session has a time in the future.")));
  } else {
    const apart = formatDuration(Math.abs(server.clockAheadMs));
    const side = server.clockAheadMs > 0 ? t("ahead of") : t("behind");
    findings.push(
      Math.abs(server.clockAheadMs) > CLOCK_MS
        ? bad(t`Its clock is ${apart} ${side} this machine's: hours and days of usage are shifted.`)
        : good(t("Its clock agrees with this machine's.")),
    );
  }
  if (server.models > 0) {
    findings.push(
      server.usedWithoutLimit.length > 0
        ? note(
            t`No context window is known for ${names(server.usedWithoutLimit)}: sessions show no context percentage.`,
          )
        : good(
            t`The context window of every model in use is known (${String(server.models - server.modelsWithoutLimit)} of ${plural(server.models, "{0} model", "{0} models")} have one).`,
          ),
    );
    if (server.usedWithoutPrice.length > 0) {
      findings.push(
        note(
          t`No price is known for ${names(server.usedWithoutPrice)}: add them to “opencodeSessions.usage.prices”.`,
        ),
      );
    }
  } else if (server.answerMs !== undefined) {
    findings.push(
      note(
        t("It reports no models, so neither context percentages nor estimated costs are known."),
      ),
    );
  }
  return findings;
}

function databaseFindings(database: DatabaseHealth, hasSqlite: boolean): HealthFinding[] {
  const subject = t`Database ${database.file}`;
  const { good, note, bad } = about(subject);
  if (database.bytes === undefined) return [bad(t("There is no such file."))];
  const findings: HealthFinding[] = [];
  if (!database.isReadable) {
    findings.push(bad(t("You do not have permission to read it.")));
  } else if (!database.isWritable) {
    findings.push(
      bad(t("You do not have permission to write to it, and neither does a server that you run.")),
    );
  } else {
    findings.push(good(t`${formatBytes(database.bytes)}, readable and writable.`));
  }
  const { freeBytes, walBytes, inspection } = database;
  if (freeBytes !== undefined) {
    const free = t`${formatBytes(freeBytes)} free on its disk`;
    findings.push(
      freeBytes < NO_DISK_BYTES
        ? bad(t`Only ${free}.`)
        : freeBytes < LITTLE_DISK_BYTES
          ? note(t`Only ${free}.`)
          : good(`${free}.`),
    );
  }
  findings.push(
    walBytes > LARGE_WAL_BYTES
      ? note(
          t`Its write-ahead log is ${formatBytes(walBytes)}: another program keeps it from shrinking. Stop all servers, then start one again.`,
        )
      : good(t`Its write-ahead log is ${formatBytes(walBytes)}.`),
  );
  if (inspection === undefined) {
    if (!hasSqlite)
      findings.push(note(t("Its integrity was not checked, because SQLite is not available.")));
  } else if (inspection.kind === "failed") {
    findings.push(bad(t`SQLite cannot read it: ${inspection.message}.`));
  } else {
    findings.push(...inspectionFindings(subject, inspection));
  }
  return findings;
}

function inspectionFindings(
  subject: string,
  {
    faults,
    generations,
    sessions,
    sqliteVersion,
    journalMode,
    tookMs,
  }: Extract<DatabaseHealth["inspection"], { kind: "inspected" }>,
): HealthFinding[] {
  const { good, bad } = about(subject);
  const [first] = faults;
  return [
    first === undefined
      ? good(
          t`SQLite ${sqliteVersion} checked its integrity in ${formatDuration(tookMs)} and found no faults (journal mode ${journalMode}).`,
        )
      : bad(
          t`It is damaged (${plural(faults.length, "{0} fault", "{0} faults")}): ${first}. Back it up before anything else.`,
        ),
    generations === 0
      ? bad(t("Its tables are of an unknown version: the history is read through the server."))
      : good(`${plural(sessions, "{0} session", "{0} sessions")}.`),
  ];
}

function ledgerFindings(ledger: LedgerHealth): HealthFinding[] {
  const { good, note, bad } = about(t("Usage ledger"));
  const size = t`${plural(ledger.rows, "{0} answer", "{0} answers")} of ${plural(ledger.sessions, "{0} session", "{0} sessions")}, ${formatBytes(ledger.bytes)}`;
  return [
    ledger.isWritable
      ? good(`${size}.`)
      : bad(t`${size}. It cannot be written: usage from now on is lost when this window closes.`),
    ...(ledger.badRows > 0
      ? [
          note(
            t`${plural(ledger.badRows, "{0} answer", "{0} answers")} came with impossible figures, which count as zero.`,
          ),
        ]
      : []),
    ...(ledger.undatedRows > 0
      ? [
          note(
            t`${plural(ledger.undatedRows, "{0} answer", "{0} answers")} came without a valid time: not shown in charts over time.`,
          ),
        ]
      : []),
    ...ledger.problems.map((problem) => note(problem)),
  ];
}

function names(keys: readonly string[]): string {
  const shown = keys.slice(0, MOST_NAMES).join(", ");
  return keys.length > MOST_NAMES
    ? t`${shown} and ${formatCount(keys.length - MOST_NAMES)} more`
    : shown;
}

const MARKS = { good: "✓", note: "!", bad: "✗" } as const;

/** A Markdown report. Names servers, folders and models of this machine, but no session, prompt or password. */
export function healthReport(health: Health, subject: ReportSubject): Markdown {
  const findings = healthFindings(health);
  const bad = findings.filter(({ level }) => level === "bad").length;
  const notes = findings.filter(({ level }) => level === "note").length;
  const verdict =
    bad > 0
      ? `${plural(bad, "{0} problem", "{0} problems")}${notes > 0 ? `, ${plural(notes, "{0} note", "{0} notes")}` : ""}.`
      : notes > 0
        ? t`No problems, ${plural(notes, "{0} note", "{0} notes")}.`
        : t("Everything is in order.");
  const groups = new Map<string, HealthFinding[]>();
  for (const one of findings) groups.set(one.subject, [...(groups.get(one.subject) ?? []), one]);
  const facts = [
    t`Checked: ${formatDateTime(health.nowMs)}, time zone ${health.timeZone}`,
    t`Extension: ${subject.extensionVersion}`,
    t`VS Code: ${subject.editorVersion}, ${subject.platform}, Node.js ${health.nodeVersion}`,
    ...health.servers.map(
      ({ name, url, sessions, place }) =>
        t`Server ${name}: ${url}, ${plural(sessions, "{0} session", "{0} sessions")}` +
        (place === undefined ? "" : t`, history: ${place}`),
    ),
  ];
  const parts = [
    markup`# ${t("OpenCode Sessions: health")}`,
    markup`**${verdict}**`,
    Markdown.join(
      facts.map((fact) => markup`- ${fact}`),
      "\n",
    ),
    ...[...groups].map(([name, ones]) => {
      const lines = ones.map(({ level, text }) => markup`- ${MARKS[level]} ${text}`);
      return markup`## ${name}\n\n${Markdown.join(lines, "\n")}`;
    }),
    markup`${t("✓ in order · ! worth knowing · ✗ a problem. “Check Server Compatibility” shows what a server lacks.")}\n`,
  ];
  return Markdown.join(parts, "\n\n");
}
