import { t } from "../../core/language.ts";
import {
  type Compatibility,
  type CompatibilityCheck,
  compatibilityOf,
  type CompatibilityReport,
} from "../../core/state/compatibility.ts";
import { type Endpoint, isLoopbackURL } from "../../core/state/endpoint.ts";
import type { ServerState } from "../../core/state/state.ts";
import { Markdown, markup } from "./markdown.ts";

/** The extension and its environment, for a report. */
export interface ReportSubject {
  readonly extensionVersion: string;
  readonly editorVersion: string;
  /** `linux`, `darwin`, `win32`. */
  readonly platform: string;
}

const ORIGINS: Readonly<Record<Endpoint["origin"], string>> = {
  settings: t("the settings"),
  local: t("discovery on this machine"),
  managed: t("the extension, which started it"),
  demo: t("the extension's demo"),
  kubernetes: t("discovery in a cluster"),
};

const VERDICTS: Readonly<Record<Compatibility, string>> = {
  full: t("The server offers everything the extension uses."),
  limited: t(
    "The server can be shown; features marked as missing below are absent from menus or less exact.",
  ),
  broken: t("Something the extension requires is missing."),
  unknown: t("The server does not describe itself, so only part of it could be checked."),
};

const MARKS: Readonly<Record<CompatibilityCheck["status"], Markdown>> = {
  offered: markup`${t("yes")}`,
  missing: markup`**${t("no")}**`,
  unknown: markup`?`,
};

/**
 * A compatibility report as Markdown that can be pasted anywhere: it names versions, routes and events, but no
 * addresses, passwords, paths, projects, sessions or titles.
 */
export function compatibilityReport(
  server: ServerState,
  report: CompatibilityReport,
  subject: ReportSubject,
): Markdown {
  const capabilities = [...server.capabilities].sort();
  const place = isLoopbackURL(server.endpoint.url) ? t("this machine") : t("another machine");
  const parts = [
    markup`# ${t("OpenCode Sessions: server compatibility")}`,
    list([
      [
        t("Server"),
        t`${server.generation ?? t("unknown")}, version ${plain(server.version) ?? t("unknown")}`,
      ],
      [t("Found by"), t`${ORIGINS[server.endpoint.origin]}, on ${place}`],
      [t("Connection"), connectionText(server)],
      [t("Extension"), subject.extensionVersion],
      ["VS Code", `${subject.editorVersion}, ${subject.platform}`],
      [
        t("Capabilities"),
        capabilities.length === 0 ? t("nothing beyond the basics") : capabilities.join(", "),
      ],
      [t("Checked by"), basisText(report)],
    ]),
    markup`**${VERDICTS[compatibilityOf(report)]}**`,
    table(report.checks),
    markup`${t("“needed”: the server cannot be shown without it. Lists were requested; everything else is according to the server's own description.")}\n`,
  ];
  return Markdown.join(parts, "\n\n");
}

function list(lines: readonly (readonly [name: string, value: string])[]): Markdown {
  return Markdown.join(
    lines.map(([name, value]) => markup`- ${name}: ${value}`),
    "\n",
  );
}

/** A version as reported by the server, without characters that don't belong in a version. */
function plain(version: string | undefined): string | undefined {
  return version?.replace(/[^\w.+-]/g, "").slice(0, 40);
}

function connectionText({ connection }: ServerState): string {
  return connection.kind === "lost" ? t`lost (${connection.reason})` : connection.kind;
}

function basisText({ basis, basisProblem }: CompatibilityReport): string {
  if (basis === "specification") return t("the server's own specification");
  return t`harmless calls, because there is no specification (${basisProblem ?? t("unknown")})`;
}

function table(checks: readonly CompatibilityCheck[]): Markdown {
  const rows = checks.map(
    (check) =>
      markup`| ${check.area} | ${MARKS[check.status]} | ${check.isRequired ? t("needed") : ""} | ${detail(check)} |`,
  );
  const head = markup`| ${t("Feature")} | ${t("Offered")} | | ${t("Detail")} |\n| --- | --- | --- | --- |`;
  return Markdown.join([head, ...rows], "\n");
}

/** What was found, else what was looked for; if offered, also which parts of it are missing. */
function detail({ wanted, found, missing, status }: CompatibilityCheck): Markdown {
  const isOtherForm = found !== undefined && found !== wanted[0];
  const sought = found ?? (status === "offered" ? undefined : wanted.join(t(" or ")));
  const isPartial = status === "offered" && missing.length > 0;
  return Markdown.join(
    [
      ...(sought === undefined ? [] : [Markdown.code(sought)]),
      ...(isOtherForm ? [markup`${t("(an older form)")}`] : []),
      ...(isPartial ? [markup`${t`without ${missing.join(", ")}`}`] : []),
    ],
    " ",
  );
}
