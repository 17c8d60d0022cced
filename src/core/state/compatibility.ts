/** One thing the extension needs of a server, and whether it is there. */
export interface CompatibilityCheck {
  /** What it is needed for, e.g. `Session list`. */
  readonly area: string;
  /** Operations any of which serves, e.g. `GET /session/{}`; or names of events. */
  readonly wanted: readonly string[];
  /** Without it the server cannot be shown at all; else something is absent from menus or less exact. */
  readonly isRequired: boolean;
  readonly status: "offered" | "missing" | "unknown";
  /** Which of the wanted is there. */
  readonly found: string | undefined;
  /** What of it is not there: fields, events. */
  readonly missing: readonly string[];
}

/** What the extension needs against what one server offers. Holds nothing of what the server keeps. */
export interface CompatibilityReport {
  /** Where the server's offer was read: its own specification, or by asking what can be asked harmlessly. */
  readonly basis: "specification" | "probes";
  /** Why the specification could not be read, as the reason of a `ServerError`. */
  readonly basisProblem: string | undefined;
  readonly checks: readonly CompatibilityCheck[];
}

/** `full`: all is there; `limited`: something optional is missing; `broken`: something required is; `unknown`: it could not be told. */
export type Compatibility = "full" | "limited" | "broken" | "unknown";

/** The whole of a report in one word. */
export function compatibilityOf({ checks }: CompatibilityReport): Compatibility {
  const isWanting = (check: CompatibilityCheck): boolean =>
    check.status === "missing" || check.missing.length > 0;
  if (checks.some((check) => check.isRequired && isWanting(check))) return "broken";
  if (checks.some((check) => check.isRequired && check.status === "unknown")) return "unknown";
  return checks.some(isWanting) ? "limited" : "full";
}
