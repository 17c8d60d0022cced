import { t } from "../../core/language.ts";
import { getLive, getSession } from "../../core/state/lookup.ts";
import type { RunningTool, State } from "../../core/state/state.ts";
import { cleanTitle } from "../text/format.ts";
import { baseName } from "../text/paths.ts";
import type { RowPart } from "./sessionFigures.ts";

/** A running tool, as shown to the user. */
export interface ToolText {
  /** The tool's name, or the agent as `@explore` if the tool runs a sub-session. */
  readonly name: string;
  /** What it is about, in one line; undefined if unknown. */
  readonly title: string | undefined;
}

/** Maximum title length on a row, next to the figures. */
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
 * The running tools of a session in a few words: the last one started with the number of others, then its
 * running time, e.g. `bash Run the tests` and `20s`, `@explore Find callers +2`. Empty if none is running.
 */
export function runningParts(
  state: State,
  serverID: string,
  tools: readonly RunningTool[],
  nowMs: number,
): readonly RowPart[] {
  const last = tools.at(-1);
  if (last === undefined) return [];
  const { name, title } = toolText(state, serverID, last);
  const about = title === undefined ? "" : ` ${shortTitle(title)}`;
  const others = tools.length > 1 ? ` +${tools.length - 1}` : "";
  const text = `${name}${about}${others}`;
  const time = runningTime(last.startedMs, nowMs);
  const running: RowPart = { text, spoken: t`running ${text}`, isEstimate: false };
  return time === undefined ? [running] : [running, { text: time, spoken: "", isEstimate: true }];
}

/** The end of a path says more than its beginning. */
function shortTitle(title: string): string {
  const isPath = !title.includes(" ") && title.includes("/") && !title.includes("://");
  return cleanTitle(isPath ? baseName(title) : title, ROW_TITLE_LENGTH);
}

const STEP_S = 10;

/**
 * How long something has been running, in steps worth redrawing a row for: nothing at first, then every
 * ten seconds, minute or hour.
 */
export function runningTime(startedMs: number | undefined, nowMs: number): string | undefined {
  if (startedMs === undefined) return undefined;
  const seconds = Math.floor((nowMs - startedMs) / 1000);
  if (!(seconds >= STEP_S)) return undefined;
  if (seconds < 60) return t("{0}s", Math.floor(seconds / STEP_S) * STEP_S);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? t("{0}m", minutes) : t("{0}h", Math.floor(minutes / 60));
}
