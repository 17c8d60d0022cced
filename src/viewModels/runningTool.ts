import { getLive, getSession } from "../core/lookup.ts";
import type { RunningTool, State } from "../core/state.ts";
import { cleanTitle } from "./format.ts";
import { baseName } from "./paths.ts";

/** A tool at work, as it is shown. */
export interface ToolText {
  /** The tool; the sub-agent as `@explore` where the tool runs one. */
  readonly name: string;
  /** What it is about, in one line; undefined where it is not known. */
  readonly title: string | undefined;
}

/** Longest title on a row, beside the figures. */
const ROW_TITLE_LENGTH = 24;

export function toolText(state: State, serverID: string, tool: RunningTool): ToolText {
  const { childSessionID } = tool;
  const title = tool.title === undefined || tool.title === "" ? undefined : tool.title;
  if (childSessionID === undefined) return { name: cleanTitle(tool.tool, 24), title };
  const child = { serverID, sessionID: childSessionID };
  const agent = getLive(state, child).agent ?? getSession(state, child)?.agent;
  return {
    name: agent === undefined ? cleanTitle(tool.tool, 24) : `@${cleanTitle(agent, 24)}`,
    title: title ?? getSession(state, child)?.title,
  };
}

/**
 * The tools at work of a session in a few words: the one that began last, the number of others, and for how
 * long, e.g. `bash Run the tests (20s)`, `@explore Find callers +2`. Undefined where none runs.
 */
export function runningText(
  state: State,
  serverID: string,
  tools: readonly RunningTool[],
  nowMs: number,
): string | undefined {
  const last = tools.at(-1);
  if (last === undefined) return undefined;
  const { name, title } = toolText(state, serverID, last);
  const about = title === undefined ? "" : ` ${shortTitle(title)}`;
  const others = tools.length > 1 ? ` +${tools.length - 1}` : "";
  const time = runningTime(last.startedMs, nowMs);
  return `${name}${about}${others}${time === undefined ? "" : ` (${time})`}`;
}

/** The end of a path says more than its beginning. */
function shortTitle(title: string): string {
  const isPath = !title.includes(" ") && title.includes("/") && !title.includes("://");
  return cleanTitle(isPath ? baseName(title) : title, ROW_TITLE_LENGTH);
}

const STEP_S = 10;

/**
 * For how long something runs, in steps that are worth drawing a row again: nothing at first, then every
 * ten seconds, minutes, hours.
 */
export function runningTime(startedMs: number | undefined, nowMs: number): string | undefined {
  if (startedMs === undefined) return undefined;
  const seconds = Math.floor((nowMs - startedMs) / 1000);
  if (!(seconds >= STEP_S)) return undefined;
  if (seconds < 60) return `${Math.floor(seconds / STEP_S) * STEP_S}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m` : `${Math.floor(minutes / 60)}h`;
}

/** A row's text without the time a tool has been running. */
export function withoutRunningTime(description: string): string {
  return description.replace(/ \(\d+[smh]\)$/, "");
}
