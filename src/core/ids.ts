/*
 * The IDs and names accepted from a server. They end up in paths, program arguments, command keys and terminal
 * lines, so they are validated on arrival, and invalid ones are rejected there.
 */

/** IDs of sessions, messages, parts, requests and projects: `ses_…`, `msg_…`, a hash, `global`. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;

/** IDs of tool calls and their content, from model providers: `call_1|fc_2`, `functions.bash:0`. Only used as keys. */
const CALL_ID = /^[\x21-\x7e]{1,256}$/;

/**
 * Names of providers, models, variants and agents. People choose them, so spaces, slashes and any script are allowed,
 * but not control characters or anything that reorders text. A leading `-` could be read as an option.
 */
const NAME = /^(?![-\s])\P{C}{1,256}$/u;

/** Whether this is a valid ID of a session, message, part, request or project. */
export function isID(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

/** Whether this is a valid tool call ID. */
export function isCallID(value: unknown): value is string {
  return typeof value === "string" && CALL_ID.test(value);
}

/** Whether this is a valid name of a provider, model, variant or agent. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && NAME.test(value);
}
