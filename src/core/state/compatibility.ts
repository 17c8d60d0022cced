/** One thing the extension needs from a server, and whether it is available. */
export interface CompatibilityCheck {
  /** What it is needed for, e.g. `Session list`. */
  readonly area: string;
  /** Operations, any of which is sufficient, e.g. `GET /session/{}`; or event names. */
  readonly wanted: readonly string[];
  /** Whether the server cannot be shown without it; otherwise menu items are missing or figures less exact. */
  readonly isRequired: boolean;
  readonly status: "offered" | "missing" | "unknown";
  /** The wanted operation or event that was found. */
  readonly found: string | undefined;
  /** The missing parts: fields, events. */
  readonly missing: readonly string[];
}

/** What the extension needs compared to what one server offers. Contains no data stored on the server. */
export interface CompatibilityReport {
  /** How the server's API was determined: from its own specification, or by harmless requests. */
  readonly basis: "specification" | "probes";
  /** Why the specification could not be read, as the reason of a `ServerError`. */
  readonly basisProblem: string | undefined;
  readonly checks: readonly CompatibilityCheck[];
}

/** `limited`: something optional is missing; `broken`: something required is; `unknown`: could not be determined. */
export type Compatibility = "full" | "limited" | "broken" | "unknown";

/** Summarises a report in one word. */
export function compatibilityOf({ checks }: CompatibilityReport): Compatibility {
  const isIncomplete = (check: CompatibilityCheck): boolean =>
    check.status === "missing" || check.missing.length > 0;
  if (checks.some((check) => check.isRequired && isIncomplete(check))) return "broken";
  if (checks.some((check) => check.isRequired && check.status === "unknown")) return "unknown";
  return checks.some(isIncomplete) ? "limited" : "full";
}
