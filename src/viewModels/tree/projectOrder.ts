import type { Session } from "../../core/state/session.ts";
import type { ServerState } from "../../core/state/state.ts";
import { baseName, folderTest, normalisePath } from "../text/paths.ts";
import { recencyMs, type SortOrder } from "./sortSessions.ts";
import { directoryOfGroup } from "./treeElements.ts";

/** A shown project, with the first of its sorted sessions. */
export interface ShownProject {
  readonly group: string;
  readonly first: Session;
}

const DAY_MS = 86_400_000;

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * Orders the projects of a server: those in the window's folders first, then by day of last activity, then
 * by name. By day, because whole blocks swapping places while sessions of two projects work would move rows
 * away from under the mouse. When sorted by a figure, projects follow their first sessions.
 */
export function orderProjects(
  server: ServerState,
  projects: readonly ShownProject[],
  { sort, folders }: { readonly sort: SortOrder; readonly folders: readonly string[] },
): readonly ShownProject[] {
  if (sort === "cost" || sort === "tokens") return projects;
  const isInWindow = folderTest(folders);
  // A window may be opened on part of a project.
  const isOfWindow = (place: string): boolean =>
    isInWindow(place) || folders.some(folderTest([normalisePath(place)]));
  return projects
    .map((project) => ({
      project,
      rank: isOfWindow(placeOf(server, project)) ? 0 : 1,
      day: sort === "title" ? 0 : Math.floor(recencyMs(server, project.first) / DAY_MS),
      name: nameOf(server, project),
    }))
    .sort((a, b) => a.rank - b.rank || b.day - a.day || collator.compare(a.name, b.name))
    .map(({ project }) => project);
}

/** The directory of a project, or of its first session if the server didn't list the project. */
function placeOf(server: ServerState, { group, first }: ShownProject): string {
  return directoryOfGroup(group) ?? server.projects.get(group)?.worktree ?? first.directory;
}

function nameOf(server: ServerState, project: ShownProject): string {
  return server.projects.get(project.group)?.name ?? baseName(placeOf(server, project));
}
