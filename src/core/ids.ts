/*
 * What a server may call its things. Ids and names become paths, arguments of programs, keys of commands and
 * lines in a terminal: they are parsed where they come in, and what is not one is refused there.
 */

/** Of sessions, messages, parts, requests and projects: as OpenCode makes them (`ses_…`, `msg_…`, a hash, `global`). */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;

/** Of tool calls and their content: made by model providers (`call_1|fc_2`, `functions.bash:0`), and used only as keys. */
const CALL_ID = /^[\x21-\x7e]{1,256}$/;

/**
 * Of providers, models, variants and agents: chosen by people, so they may hold spaces, slashes and any script, but no
 * control characters and nothing that reorders text; one that begins with `-` could be read as an option.
 */
const NAME = /^(?![-\s])\P{C}{1,256}$/u;

/** Whether this can be the id of a session, message, part, request or project. */
export function isID(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

/** Whether this can be the id of a tool call. */
export function isCallID(value: unknown): value is string {
  return typeof value === "string" && CALL_ID.test(value);
}

/** Whether this can be the name of a provider, model, variant or agent. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && NAME.test(value);
}
