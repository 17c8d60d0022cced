import { parseSessionKey } from "../core/session.ts";
import type { State } from "../core/state.ts";
import { cleanTitle } from "./format.ts";
import { escapeMarkdown } from "./markdown.ts";
import { baseName } from "./paths.ts";
import type { GroupRow } from "./serverRow.ts";
import { plural, SEPARATOR } from "./sessionFigures.ts";
import type { TreeShape } from "./sessionTree.ts";
import { directoryOfGroup, parseProjectElement } from "./treeElements.ts";

interface ProjectFacts {
  readonly name: string;
  /** Worktree or directory; undefined where neither is known. */
  readonly directory: string | undefined;
  readonly hasVersionControl: boolean;
  readonly isLost: boolean;
}

function projectFacts(state: State, shape: TreeShape, element: string): ProjectFacts | undefined {
  const parsed = parseProjectElement(state, element);
  if (parsed === undefined) return undefined;
  const { server, group } = parsed;
  const isLost = server.connection.kind === "lost";
  const own = directoryOfGroup(group);
  if (own !== undefined) {
    return { name: baseName(own), directory: own, hasVersionControl: false, isLost };
  }
  const project = server.projects.get(group);
  // A project the server did not list is named after the directory of one of its sessions.
  const first = shape.groups.get(element)?.[0];
  const ref = first === undefined ? undefined : parseSessionKey(first);
  const directory =
    project?.worktree ??
    (ref === undefined ? undefined : server.sessions.get(ref.sessionID)?.directory);
  return {
    name: project?.name ?? (directory === undefined ? group : baseName(directory)),
    directory,
    hasVersionControl: true,
    isLost,
  };
}

/** Makes the row of a project, or of a directory without one. */
export function projectRow(state: State, shape: TreeShape, element: string): GroupRow | undefined {
  const facts = projectFacts(state, shape, element);
  if (facts === undefined) return undefined;
  const label = cleanTitle(facts.name);
  const count = plural(shape.groups.get(element)?.length ?? 0, "session");
  const directory = facts.directory === undefined ? undefined : cleanTitle(facts.directory, 200);
  return {
    label,
    description: directory === undefined ? count : `${count}${SEPARATOR}${directory}`,
    icon: { id: facts.hasVersionControl ? "repo" : "folder", color: undefined },
    contextValue: "project",
    accessibilityLabel: `Project ${label}, ${count}`,
    isDimmed: facts.isLost,
  };
}

/** What is known of a project, as Markdown. */
export function projectTooltip(
  state: State,
  shape: TreeShape,
  element: string,
): string | undefined {
  const facts = projectFacts(state, shape, element);
  if (facts === undefined) return undefined;
  const name = `**${escapeMarkdown(cleanTitle(facts.name))}**`;
  if (facts.directory === undefined) return name;
  return `${name}  \n${escapeMarkdown(cleanTitle(facts.directory, 200))}`;
}
