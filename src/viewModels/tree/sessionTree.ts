/**
 * The shape of the tree: which servers, projects and sessions are shown, under which parent, in which order.
 * Pure. A shape is made from a state and can reuse its predecessor, which keeps it cheap while sessions
 * stream: unchanged parts are the same objects.
 */
import type { Changes } from "../../core/state/changes.ts";
import {
  parseSessionKey,
  type Session,
  sessionKey,
  type SessionRef,
} from "../../core/state/session.ts";
import type { RowPartID } from "../../core/state/shownParts.ts";
import { shownRoots } from "../../core/state/shown.ts";
import type { ServerState, State } from "../../core/state/state.ts";
import type { TreeRow } from "./anyRow.ts";
import { folderTest } from "../text/paths.ts";
import { orderProjects, type ShownProject } from "./projectOrder.ts";
import type { RowContext } from "./sessionRow.ts";
import { pinnedFirst, type SortOrder, sortSessions } from "./sortSessions.ts";
import {
  elementKind,
  groupOf,
  hasServerRows,
  parseProjectElement,
  projectElement,
  serverElement,
} from "./treeElements.ts";
import { matchTitles, type TitleMatches } from "./titleFilter.ts";

/** What the tree shows. Compared by identity: make a new object to change anything. */
export interface TreeOptions {
  /** `workspace`: only sessions in the folders, if there are any. */
  readonly scope: "workspace" | "all";
  /** The window's folders, normalised (`normalisePath`). */
  readonly folders: readonly string[];
  readonly sort: SortOrder;
  /** Text to find in the title of a session or of one below it; empty for all. */
  readonly filter: string;
  readonly includesArchived: boolean;
  /** Ids of sessions that come first among their siblings. */
  readonly pinned: ReadonlySet<string>;
  /** What rows show of a session, in this order; the default if left out. */
  readonly rowParts?: readonly RowPartID[];
  /** Characters of a top-level session's title, 0 for all; the default if left out. */
  readonly titleLength?: number;
  /** Makes the rows of clusters, once it is loaded. */
  readonly branch?: TreeBranch;
}

/** The options that the user changes in the tree itself. */
export type TreeChoices = Pick<TreeOptions, "scope" | "sort" | "filter" | "includesArchived">;

/**
 * Rows of another kind, listed after the servers, with sessions below them. The implementation is loaded
 * when there are any. Pure, like everything that makes rows.
 */
export interface TreeBranch {
  /** Topmost elements. */
  roots(state: State): readonly string[];
  /** The elements below one of the branch's own; undefined for other elements. */
  children(state: State, shape: TreeShape, element: string): readonly string[] | undefined;
  /** The element above one of the branch's own. */
  parent(state: State, element: string): string | undefined;
  /** The branch's element above a root session; undefined where the tree decides. */
  parentOfSession(state: State, ref: SessionRef): string | undefined;
  /** The row of one of the branch's elements; undefined for other elements or if it is gone. */
  row(state: State, shape: TreeShape, element: string, context: RowContext): TreeRow | undefined;
  tooltip(state: State, element: string, nowMs: number): string | undefined;
  /** The branch's elements whose rows may read differently after a change. */
  touched(state: State, changes: Changes): readonly string[];
}

export interface TreeShape {
  readonly servers: State["servers"];
  readonly clusters: State["clusters"];
  readonly options: TreeOptions;
  /** Top-level elements. */
  readonly roots: readonly string[];
  /** Children of server and project elements. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Root sessions in their order, by server. */
  readonly order: ReadonlyMap<string, readonly string[]>;
  /** Set while a filter is on. */
  readonly matches: TitleMatches | undefined;
  /** Servers whose sessions are all shown under another server of the same database. */
  readonly hiddenTwins: ReadonlySet<string>;
  /** Number of root sessions shown, and of those that would be without filter and scope. */
  readonly shownCount: number;
  readonly totalCount: number;
}

/** Makes the shape of a state; `previous` makes it cheaper and is returned if nothing differs. */
export function treeShape(state: State, options: TreeOptions, previous?: TreeShape): TreeShape {
  if (previous?.servers === state.servers && previous.options === options) {
    if (previous.clusters === state.clusters) return previous;
    if (
      previous.matches === undefined &&
      hasSameElements([...previous.clusters.keys()], [...state.clusters.keys()])
    ) {
      return { ...previous, clusters: state.clusters };
    }
  }
  const matches = matchTitles(state, options.filter, previous?.matches);
  const selected = selectRoots(state, options, matches);

  const order = new Map<string, readonly string[]>();
  const groups = new Map<string, readonly string[]>();
  let roots: readonly string[] = [];
  const hasRows = hasServerRows(state);
  for (const [serverID, server] of state.servers) {
    const sorted = sortSessions(
      server,
      inPreviousOrder(server, selected.byServer.get(serverID), previous?.order.get(serverID)),
      options.sort,
    );
    const sessions = pinnedFirst(sorted, options.pinned);
    order.set(
      serverID,
      sessions.map((session) => session.id),
    );
    const children =
      server.endpoint.origin === "kubernetes"
        ? sessions.map((session) => sessionKey(serverID, session.id))
        : groupByProject(server, sessions, options, groups);
    if (hasRows) groups.set(serverElement(serverID), children);
    else roots = children;
  }
  if (hasRows) {
    roots = [
      ...[...state.servers.values()].flatMap(({ endpoint: { origin, serverID } }) =>
        origin === "kubernetes" ? [] : [serverElement(serverID)],
      ),
      ...(options.branch?.roots(state) ?? []),
    ];
  }
  const shape: TreeShape = {
    servers: state.servers,
    clusters: state.clusters,
    options,
    roots,
    groups: withSameLists(previous?.groups, groups),
    order,
    matches,
    hiddenTwins: selected.hiddenTwins,
    shownCount: selected.shownCount,
    totalCount: selected.totalCount,
  };
  // Servers and namespaces are hidden if the filter matches nothing in them.
  if (hasRows && matches !== undefined) {
    roots = roots.filter((element) => childElements(state, shape, element).length > 0);
  }
  return { ...shape, roots: same(previous?.roots, roots) };
}

/** The elements below one; undefined for the top level. */
export function childElements(
  state: State,
  shape: TreeShape,
  element: string | undefined,
): readonly string[] {
  if (element === undefined) return shape.roots;
  if (elementKind(element) !== "session") {
    const { branch } = shape.options;
    return branch?.children(state, shape, element) ?? shape.groups.get(element) ?? [];
  }
  const ref = parseSessionKey(element);
  if (ref === undefined) return [];
  const server = state.servers.get(ref.serverID);
  if (server === undefined) return [];
  const children = shownChildSessions(server, shape, ref);
  const { sort, pinned } = shape.options;
  // By default, sub-sessions stay in the order in which their agent started them.
  const sorted = sort === "recent" ? children : sortSessions(server, children, sort);
  return pinnedFirst(sorted, pinned).map((session) => sessionKey(ref.serverID, session.id));
}

/** Whether a session has anything below it under the shape's options. */
export function hasShownChildren(state: State, shape: TreeShape, ref: SessionRef): boolean {
  const server = state.servers.get(ref.serverID);
  const childIDs = server?.children.get(ref.sessionID);
  if (server === undefined || childIDs === undefined) return false;
  if (shape.matches === undefined && shape.options.includesArchived) return true;
  return childIDs.some((childID) => isShownChild(server, shape, ref, childID));
}

/** Whether a sub-session of a session, or any session below that, matches the filter. */
export function hasMatchBelow(
  state: State,
  { matches }: TreeShape,
  { serverID, sessionID }: SessionRef,
): boolean {
  const shown = matches?.shown.get(serverID);
  const childIDs = state.servers.get(serverID)?.children.get(sessionID) ?? [];
  return shown !== undefined && childIDs.some((childID) => shown.has(childID));
}

/** The element above one; undefined for a top-level one or one that isn't in the tree. */
export function parentElement(state: State, shape: TreeShape, element: string): string | undefined {
  const kind = elementKind(element);
  const { branch } = shape.options;
  if (kind === "server" || kind === "cluster") return branch?.parent(state, element);
  if (kind === "project") {
    const project = parseProjectElement(state, element);
    if (project === undefined || !hasServerRows(state)) return undefined;
    return serverElement(project.server.endpoint.serverID);
  }
  const ref = parseSessionKey(element);
  const server = ref === undefined ? undefined : state.servers.get(ref.serverID);
  const session = ref === undefined ? undefined : server?.sessions.get(ref.sessionID);
  if (ref === undefined || server === undefined || session === undefined) return undefined;
  if (session.parentID !== undefined && server.sessions.has(session.parentID)) {
    return sessionKey(ref.serverID, session.parentID);
  }
  const above = branch?.parentOfSession(state, ref);
  if (above !== undefined) return above;
  const project = projectElement(ref.serverID, groupOf(session));
  if (shape.groups.has(project)) return project;
  return hasServerRows(state) ? serverElement(ref.serverID) : undefined;
}

/** Whether a session is in the tree under the shape's options. */
export function isInTree(state: State, shape: TreeShape, ref: SessionRef): boolean {
  return isElementInTree(state, shape, sessionKey(ref.serverID, ref.sessionID));
}

/** The same for any element, and whether all rows above it are open. */
export function isElementInTree(
  state: State,
  shape: TreeShape,
  element: string,
  isOpen: (above: string) => boolean = () => true,
): boolean {
  let at = element;
  for (let depth = 0; depth < 1000; depth++) {
    const parent = parentElement(state, shape, at);
    if (!childElements(state, shape, parent).includes(at)) return false;
    if (parent === undefined) return true;
    if (!isOpen(parent)) return false;
    at = parent;
  }
  return false;
}

/** The session before (-1) or after (1) a given one, below the same parent; undefined at the ends. */
export function siblingInTree(
  state: State,
  shape: TreeShape,
  ref: SessionRef,
  direction: 1 | -1,
): SessionRef | undefined {
  const element = sessionKey(ref.serverID, ref.sessionID);
  const siblings = childElements(state, shape, parentElement(state, shape, element));
  const at = siblings.findIndex((sibling) => sibling === element);
  const sibling = at < 0 ? undefined : siblings[at + direction];
  if (sibling === undefined || elementKind(sibling) !== "session") return undefined;
  return parseSessionKey(sibling);
}

interface SelectedRoots {
  readonly byServer: ReadonlyMap<string, readonly Session[]>;
  readonly hiddenTwins: ReadonlySet<string>;
  readonly shownCount: number;
  readonly totalCount: number;
}

function selectRoots(
  state: State,
  options: TreeOptions,
  matches: TitleMatches | undefined,
): SelectedRoots {
  const byServer = new Map<string, Session[]>();
  const isInScope =
    options.scope === "all" || options.folders.length === 0
      ? () => true
      : folderTest(options.folders);
  const hiddenTwins = new Set<string>();
  for (const [serverID, server] of state.servers) {
    if (server.sessions.size > 0) hiddenTwins.add(serverID);
  }
  let shownCount = 0;
  let totalCount = 0;
  for (const { serverID, sessionID } of shownRoots(state)) {
    const server = state.servers.get(serverID);
    const session = server?.sessions.get(sessionID);
    if (server === undefined || session === undefined) continue;
    hiddenTwins.delete(serverID);
    if (!options.includesArchived && session.archivedMs !== undefined) continue;
    totalCount++;
    // Folders of a pod or of the demo aren't in this window, yet the user asked for them.
    const { origin } = server.endpoint;
    const isAskedFor = origin === "kubernetes" || origin === "demo";
    if (!isAskedFor && !isInScope(session.directory)) continue;
    if (matches !== undefined && matches.shown.get(serverID)?.has(sessionID) !== true) continue;
    shownCount++;
    const sessions = byServer.get(serverID);
    if (sessions === undefined) byServer.set(serverID, [session]);
    else sessions.push(session);
  }
  return { byServer, hiddenTwins, shownCount, totalCount };
}

/** The sessions in their previous order, new ones last: nearly sorted lists sort faster. */
function inPreviousOrder(
  server: ServerState,
  sessions: readonly Session[] | undefined,
  previous: readonly string[] | undefined,
): readonly Session[] {
  if (sessions === undefined) return [];
  if (previous === undefined || previous.length === 0) return sessions;
  const left = new Set(sessions);
  const ordered: Session[] = [];
  for (const id of previous) {
    const session = server.sessions.get(id);
    if (session !== undefined && left.delete(session)) ordered.push(session);
  }
  ordered.push(...left);
  return ordered;
}

/** Adds the lists of a server's projects if it has several, and returns the elements below the server. */
function groupByProject(
  server: ServerState,
  sessions: readonly Session[],
  options: TreeOptions,
  groups: Map<string, readonly string[]>,
): readonly string[] {
  const { serverID } = server.endpoint;
  const byGroup = new Map<string, ShownProject & { readonly keys: string[] }>();
  for (const session of sessions) {
    const group = groupOf(session);
    const known = byGroup.get(group);
    const key = sessionKey(serverID, session.id);
    if (known === undefined) byGroup.set(group, { group, first: session, keys: [key] });
    else known.keys.push(key);
  }
  const projects = [...byGroup.values()];
  if (projects.length <= 1) return projects[0]?.keys ?? [];
  for (const { group, keys } of projects) groups.set(projectElement(serverID, group), keys);
  return orderProjects(server, projects, options).map(({ group }) =>
    projectElement(serverID, group),
  );
}

function shownChildSessions(server: ServerState, shape: TreeShape, ref: SessionRef): Session[] {
  const children: Session[] = [];
  for (const childID of server.children.get(ref.sessionID) ?? []) {
    const session = server.sessions.get(childID);
    if (session !== undefined && isShownChild(server, shape, ref, childID)) children.push(session);
  }
  return children;
}

function isShownChild(
  server: ServerState,
  { options, matches }: TreeShape,
  parent: SessionRef,
  childID: string,
): boolean {
  if (!options.includesArchived && server.sessions.get(childID)?.archivedMs !== undefined) {
    return false;
  }
  if (matches === undefined) return true;
  if (matches.shown.get(parent.serverID)?.has(childID) === true) return true;
  return matches.isBelowMatch(server, parent.sessionID);
}

function same(previous: readonly string[] | undefined, next: readonly string[]): readonly string[] {
  return previous !== undefined && hasSameElements(previous, next) ? previous : next;
}

/** Whether two lists hold the same elements in the same order. */
export function hasSameElements(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

function withSameLists(
  previous: ReadonlyMap<string, readonly string[]> | undefined,
  next: Map<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  if (previous === undefined) return next;
  for (const [element, list] of next) next.set(element, same(previous.get(element), list));
  return next;
}
