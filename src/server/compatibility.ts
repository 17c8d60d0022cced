import type { CompatibilityCheck, CompatibilityReport } from "../core/state/compatibility.ts";
import { Limiter } from "../core/limiter.ts";
import type { Result } from "../core/result.ts";
import { requestJSON, type ServerAccess } from "./http.ts";
import {
  type Operation,
  operationKey,
  readSpecification,
  type Specification,
} from "./specification.ts";

/** A part of the API that an adapter requires of its server. */
export interface APIRequirement {
  readonly area: string;
  readonly isRequired?: true;
  /** Operations, any of which will do, in order of preference. */
  readonly operations?: readonly string[];
  /** Body fields, any of which will do. */
  readonly body?: readonly string[];
  /** Fields of the answer that are read. */
  readonly answer?: readonly string[];
  /** Names of events that are read. */
  readonly events?: readonly string[];
  /** A path that can be requested without side effects, to see whether the server has it. */
  readonly probe?: string;
}

/**
 * Compares what an adapter needs with what its server says it offers, and probes what can be probed without
 * side effects. If the server doesn't describe itself, the probes are all there is to go by.
 */
export async function checkCompatibility(
  access: ServerAccess,
  specificationPath: string,
  requirements: readonly APIRequirement[],
  signal?: AbortSignal,
): Promise<CompatibilityReport> {
  const read = await readSpecification(access, specificationPath, signal);
  const limiter = new Limiter(4);
  const checks = requirements.map((requirement) =>
    limiter.run(async () => {
      const tried = await probe(access, requirement, signal);
      if (!read.ok) return tried;
      const said = compare(requirement, read.value);
      return tried.status === "missing" ? { ...said, status: tried.status } : said;
    }),
  );
  return {
    basis: read.ok ? "specification" : "probes",
    basisProblem: read.ok ? undefined : read.error.reason,
    checks: await Promise.all(checks),
  };
}

function compare(requirement: APIRequirement, specification: Specification): CompatibilityCheck {
  const { area, operations = [], events = [] } = requirement;
  const common = { area, isRequired: requirement.isRequired === true };
  if (operations.length === 0) {
    const missing = events.filter((name) => !specification.words.has(name));
    return {
      ...common,
      wanted: events,
      status: missing.length === events.length ? "missing" : "offered",
      found: undefined,
      missing,
    };
  }
  const found = operations.find((wanted) => specification.operations.has(keyOf(wanted)));
  const operation = found === undefined ? undefined : specification.operations.get(keyOf(found));
  return {
    ...common,
    wanted: operations,
    status: operation === undefined ? "missing" : "offered",
    found,
    missing: operation === undefined ? [] : missingFields(requirement, operation),
  };
}

function missingFields(
  { body = [], answer = [] }: APIRequirement,
  operation: Operation,
): readonly string[] {
  const missing = answer.filter((name) => operation.answer.size > 0 && !operation.answer.has(name));
  const hasBody = operation.body.size === 0 || body.some((name) => operation.body.has(name));
  return body.length > 0 && !hasBody ? [...missing, body.join(" or ")] : missing;
}

function keyOf(operation: string): string {
  const at = operation.indexOf(" ");
  return operationKey(operation.slice(0, at), operation.slice(at + 1));
}

async function probe(
  access: ServerAccess,
  requirement: APIRequirement,
  signal: AbortSignal | undefined,
): Promise<CompatibilityCheck> {
  const wanted = requirement.operations ?? requirement.events ?? [];
  const answer =
    requirement.probe === undefined
      ? undefined
      : await requestJSON(access, requirement.probe, { signal });
  return {
    area: requirement.area,
    wanted,
    isRequired: requirement.isRequired === true,
    status: answer === undefined ? "unknown" : statusOf(answer),
    found: answer?.ok === true ? wanted[0] : undefined,
    missing: [],
  };
}

/** A web page or "not found" means that it is missing; other failures prove nothing. */
function statusOf(answer: Result<unknown>): CompatibilityCheck["status"] {
  if (answer.ok) return "offered";
  const { reason } = answer.error;
  return reason === "unsupported" || reason === "notFound" ? "missing" : "unknown";
}
