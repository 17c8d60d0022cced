import type { DatabaseHealth, Health, LedgerHealth, ServerHealth } from "../core/health.ts";
import type { ReportSubject } from "./compatibilityReport.ts";
import { formatBytes, formatCount, formatDateTime, formatDuration } from "./format.ts";
import { plural } from "./sessionFigures.ts";

/** One thing that was looked at. */
export interface HealthFinding {
  /** `good`; `note`: worth knowing; `bad`: something does not work, or will not. */
  readonly level: "good" | "note" | "bad";
  readonly subject: string;
  readonly text: string;
}

/** Clocks this far apart make times of day wrong, and order messages wrongly. */
const CLOCK_MS = 5_000;
/** A write-ahead log of this size is not taken back into its database. */
const LARGE_WAL_BYTES = 64_000_000;
/** With less a server cannot go on for long. */
const LITTLE_DISK_BYTES = 1_000_000_000;
const NO_DISK_BYTES = 100_000_000;
const SLOW_ANSWER_MS = 2_000;
const MOST_NAMES = 5;

/** What is to be thought of each thing that was looked at. */
export function healthFindings(health: Health): readonly HealthFinding[] {
  return [
    ...runtimeFindings(health),
    ...health.servers.flatMap((server) => serverFindings(server)),
    ...health.databases.flatMap((database) => databaseFindings(database, health.hasSqlite)),
    ...(health.ledger === undefined ? [] : ledgerFindings(health.ledger)),
    ...(health.ledgerFailure === undefined
      ? []
      : [finding("bad", "Usage ledger", `It cannot be opened: ${health.ledgerFailure}`)]),
  ];
}

function finding(level: HealthFinding["level"], subject: string, text: string): HealthFinding {
  return { level, subject, text };
}

function runtimeFindings({ hasSqlite, servers }: Health): HealthFinding[] {
  return [
    hasSqlite
      ? finding("good", "VS Code", "It has SQLite of its own: histories are read from databases.")
      : finding(
          "note",
          "VS Code",
          "It has no SQLite of its own (Node.js before 22.5): histories are read through the servers, databases can be neither checked nor backed up. A newer VS Code can.",
        ),
    ...(servers.length === 0
      ? [finding("note", "Servers", "No server is known. “Add Server…” or “Start a Server” helps.")]
      : []),
  ];
}

function serverFindings(server: ServerHealth): HealthFinding[] {
  const subject = `Server ${server.name}`;
  const version = [server.generation, server.version]
    .filter((word) => word !== undefined)
    .join(", ");
  const findings: HealthFinding[] = [];
  if (server.answerMs === undefined) {
    const reason = server.problem ?? "no reason told";
    const advice =
      server.connection === "unauthorized" ? " “Enter Password…” helps when it is wrong." : "";
    findings.push(finding("bad", subject, `It does not answer: ${reason}.${advice}`));
  } else {
    const inTime = `answers in ${formatDuration(server.answerMs)}`;
    findings.push(
      server.answerMs > SLOW_ANSWER_MS
        ? finding("note", subject, `It ${inTime}, which is slow (${version}).`)
        : finding("good", subject, `It ${inTime} (${version}).`),
    );
    if (server.problem !== undefined) {
      findings.push(finding("bad", subject, `The connection is lost: ${server.problem}.`));
    }
  }
  if (server.clockAheadMs === undefined) {
    findings.push(finding("good", subject, "Its clock is not told; no session is ahead of ours."));
  } else {
    const apart = formatDuration(Math.abs(server.clockAheadMs));
    const side = server.clockAheadMs > 0 ? "ahead of" : "behind";
    findings.push(
      Math.abs(server.clockAheadMs) > CLOCK_MS
        ? finding(
            "bad",
            subject,
            `Its clock is ${apart} ${side} this machine's: hours and days of usage are shifted.`,
          )
        : finding("good", subject, "Its clock agrees with this machine's."),
    );
  }
  if (server.models > 0) {
    findings.push(
      server.usedWithoutLimit.length > 0
        ? finding(
            "note",
            subject,
            `No context window is known of ${names(server.usedWithoutLimit)}: sessions show no context percent.`,
          )
        : finding(
            "good",
            subject,
            `The context window of every model in use is known (${String(server.models - server.modelsWithoutLimit)} of ${plural(server.models, "model")} have one).`,
          ),
    );
    if (server.usedWithoutPrice.length > 0) {
      findings.push(
        finding(
          "note",
          subject,
          `No price is known of ${names(server.usedWithoutPrice)}: “opencodeSessions.usage.prices” can say it.`,
        ),
      );
    }
  } else if (server.answerMs !== undefined) {
    findings.push(
      finding(
        "note",
        subject,
        "It tells no models: neither context percent nor estimated costs are known.",
      ),
    );
  }
  return findings;
}

function databaseFindings(database: DatabaseHealth, hasSqlite: boolean): HealthFinding[] {
  const subject = `Database ${database.file}`;
  if (database.bytes === undefined) return [finding("bad", subject, "There is no such file.")];
  const findings: HealthFinding[] = [];
  if (!database.isReadable) {
    findings.push(finding("bad", subject, "This user may not read it."));
  } else if (!database.isWritable) {
    findings.push(
      finding("bad", subject, "This user may not write it: neither may a server of this user."),
    );
  } else {
    findings.push(
      finding("good", subject, `${formatBytes(database.bytes)}, readable and writable.`),
    );
  }
  const { freeBytes, walBytes, inspection } = database;
  if (freeBytes !== undefined) {
    const free = `${formatBytes(freeBytes)} free on its disk`;
    findings.push(
      freeBytes < NO_DISK_BYTES
        ? finding("bad", subject, `Only ${free}.`)
        : freeBytes < LITTLE_DISK_BYTES
          ? finding("note", subject, `Only ${free}.`)
          : finding("good", subject, `${free}.`),
    );
  }
  findings.push(
    walBytes > LARGE_WAL_BYTES
      ? finding(
          "note",
          subject,
          `Its write-ahead log has ${formatBytes(walBytes)}: some program keeps it from being taken back. Stopping all servers and starting one again helps.`,
        )
      : finding("good", subject, `Its write-ahead log has ${formatBytes(walBytes)}.`),
  );
  if (inspection === undefined) {
    if (!hasSqlite)
      findings.push(finding("note", subject, "Its integrity was not checked: there is no SQLite."));
  } else if (inspection.kind === "failed") {
    findings.push(finding("bad", subject, `SQLite cannot read it: ${inspection.message}.`));
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
  const [first] = faults;
  return [
    first === undefined
      ? finding(
          "good",
          subject,
          `SQLite ${sqliteVersion} checked its integrity in ${formatDuration(tookMs)} and found nothing (journal mode ${journalMode}).`,
        )
      : finding(
          "bad",
          subject,
          `It is damaged (${plural(faults.length, "fault")}): ${first}. Back it up before anything else.`,
        ),
    generations === 0
      ? finding(
          "bad",
          subject,
          "Its tables are of a version that is not known here: the history is read through the server.",
        )
      : finding("good", subject, `${plural(sessions, "session")}.`),
  ];
}

function ledgerFindings(ledger: LedgerHealth): HealthFinding[] {
  const subject = "Usage ledger";
  const size = `${plural(ledger.rows, "answer")} of ${plural(ledger.sessions, "session")}, ${formatBytes(ledger.bytes)}`;
  return [
    ledger.isWritable
      ? finding("good", subject, `${size}.`)
      : finding(
          "bad",
          subject,
          `${size}. It cannot be written: what is used now is forgotten with this window.`,
        ),
    ...(ledger.badRows > 0
      ? [
          finding(
            "note",
            subject,
            `${plural(ledger.badRows, "answer")} came with impossible figures, which count as zero.`,
          ),
        ]
      : []),
    ...(ledger.undatedRows > 0
      ? [
          finding(
            "note",
            subject,
            `${plural(ledger.undatedRows, "answer")} came with no possible time: in no chart over time.`,
          ),
        ]
      : []),
    ...ledger.problems.map((problem) => finding("note", subject, problem)),
  ];
}

function names(keys: readonly string[]): string {
  const shown = keys.slice(0, MOST_NAMES).join(", ");
  return keys.length > MOST_NAMES
    ? `${shown} and ${formatCount(keys.length - MOST_NAMES)} more`
    : shown;
}

/** Text as it is read in an editor and as Markdown alike: only what would make markup of it is escaped. */
function readable(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*<>[\]|]/g, "\\$&");
}

const MARKS = { good: "✓", note: "!", bad: "✗" } as const;

/** A report as Markdown. It names servers, folders and models of this machine, and no session, prompt or password. */
export function healthReport(health: Health, subject: ReportSubject): string {
  const findings = healthFindings(health);
  const bad = findings.filter(({ level }) => level === "bad").length;
  const notes = findings.filter(({ level }) => level === "note").length;
  const verdict =
    bad > 0
      ? `${plural(bad, "problem")}${notes > 0 ? `, ${plural(notes, "note")}` : ""}.`
      : notes > 0
        ? `No problem, ${plural(notes, "note")}.`
        : "Everything is in order.";
  const groups = new Map<string, HealthFinding[]>();
  for (const one of findings) groups.set(one.subject, [...(groups.get(one.subject) ?? []), one]);
  return [
    "# OpenCode Sessions: health",
    `**${verdict}**`,
    [
      `- Checked: ${formatDateTime(health.nowMs)}, time zone ${health.timeZone}`,
      `- Extension: ${subject.extensionVersion}`,
      `- VS Code: ${subject.editorVersion}, ${subject.platform}, Node.js ${health.nodeVersion}`,
      ...health.servers.map(
        ({ name, url, sessions, place }) =>
          `- Server ${readable(name)}: ${url}, ${plural(sessions, "session")}` +
          (place === undefined ? "" : `, history: ${readable(place)}`),
      ),
    ].join("\n"),
    ...[...groups].map(([name, ones]) =>
      [
        `## ${readable(name)}`,
        ones.map(({ level, text }) => `- ${MARKS[level]} ${readable(text)}`).join("\n"),
      ].join("\n\n"),
    ),
    "✓ in order · ! worth knowing · ✗ a problem. What a server lacks of what the extension uses is told by “Check Server Compatibility”.",
    "",
  ].join("\n\n");
}
