import { plural, t } from "../../core/language.ts";
import type { ServerState, State } from "../../core/state/state.ts";
import { cleanTitle } from "../text/format.ts";
import { escapeMarkdown } from "../documents/markdown.ts";
import { baseName, shownPath } from "../text/paths.ts";
import { connectionWord, type GroupRow } from "./serverRow.ts";
import { SEPARATOR } from "./sessionFigures.ts";
import type { TreeShape } from "./sessionTree.ts";
import { directoryOfGroup, parseProjectElement, projectDirectory } from "./treeElements.ts";

interface ProjectFacts {
  readonly name: string;
  /** Worktree or directory; undefined if neither is known. */
  readonly directory: string | undefined;
  readonly hasVersionControl: boolean;
  readonly server: ServerState;
}

function projectFacts(state: State, element: string): ProjectFacts | undefined {
  const parsed = parseProjectElement(state, element);
  if (parsed === undefined) return undefined;
  const { server, group } = parsed;
  const directory = projectDirectory(server, group);
  const hasVersionControl = directoryOfGroup(group) === undefined;
  const name = server.projects.get(group)?.name;
  return {
    name: name ?? (directory === undefined ? group : baseName(directory)),
    directory,
    hasVersionControl,
    server,
  };
}

/** Makes the row of a project, or of a directory without one. */
export function projectRow(state: State, shape: TreeShape, element: string): GroupRow | undefined {
  const facts = projectFacts(state, element);
  if (facts === undefined) return undefined;
  const { connection, endpoint } = facts.server;
  const label = cleanTitle(facts.name);
  const count = plural(shape.groups.get(element)?.length ?? 0, "{0} session", "{0} sessions");
  const directory =
    facts.directory === undefined ? undefined : cleanTitle(shownPath(facts.directory), 200);
  return {
    label,
    description: directory === undefined ? count : `${count}${SEPARATOR}${directory}`,
    icon: { id: facts.hasVersionControl ? "repo" : "folder", color: undefined },
    contextValue: [
      "project",
      connectionWord(connection),
      endpoint.origin,
      ...(facts.directory === undefined ? [] : ["directory"]),
    ].join(" "),
    accessibilityLabel: t`Project ${label}, ${count}`,
    isDimmed: connection.kind === "lost",
  };
}

export function projectTooltip(state: State, element: string): string | undefined {
  const facts = projectFacts(state, element);
  if (facts === undefined) return undefined;
  const name = `**${escapeMarkdown(cleanTitle(facts.name))}**`;
  if (facts.directory === undefined) return name;
  return `${name}  \n${escapeMarkdown(cleanTitle(shownPath(facts.directory), 200))}`;
}
