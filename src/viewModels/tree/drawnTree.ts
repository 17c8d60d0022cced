import type { Changes } from "../../core/state/changes.ts";
import { treeUsage } from "../../core/state/selectors.ts";
import { parseSessionKey, sessionKey, type SessionRef } from "../../core/state/session.ts";
import type { ServerState, State } from "../../core/state/state.ts";
import { hasRowAged, type RowContext } from "./sessionRow.ts";
import {
  childElements,
  hasSameElements,
  parentElement,
  type TreeOptions,
  type TreeShape,
  treeShape,
} from "./sessionTree.ts";
import { elementKind, hasServerRows, serverElement } from "./treeElements.ts";
import type { TreeRow } from "./anyRow.ts";
import { HeldRows, HOLD_MS } from "./heldRows.ts";
import { type Look, lookOf } from "./rowLook.ts";
import { treeRow } from "./treeRow.ts";

/**
 * What a view has to redraw. `all` means from the top; an element means its row and everything below it;
 * `roots` are all top-level rows, if their list is unchanged: VS Code then keeps the top-level rows, so that
 * a click on one isn't lost.
 */
export type Redraw =
  | { readonly kind: "nothing" }
  | { readonly kind: "all" }
  | { readonly kind: "roots"; readonly elements: readonly string[] }
  | { readonly kind: "elements"; readonly elements: readonly string[] };

/** Minimum time between two checks for sessions that changed places. */
export const ORDER_CHECK_INTERVAL_MS = 1000;

/**
 * Minimum time between two redraws of figures that are only estimated from streaming text. Redrawing a row
 * closes the tooltip the user is about to read, so this isn't done for every word.
 */
export const ESTIMATE_INTERVAL_MS = 1500;

/** Above this many rows, drawing from the top is cheaper. */
const MANY_ROWS = 500;

const NOTHING: Redraw = { kind: "nothing" };
const ALL: Redraw = { kind: "all" };

/** Facts that change all rows of a server at once. */
type ServerFacts = Pick<ServerState, "models" | "capabilities" | "snapshotMs"> & {
  readonly connection: ServerState["connection"]["kind"];
};

/**
 * Tracks what a view has drawn of the tree, so that only differences are redrawn. Keeps the lists it
 * returned and the texts of rows that change often, never the rows. Draws nothing and has no clock of its own.
 */
export class DrawnTree {
  #shape: TreeShape;
  #options: TreeOptions;
  #active: SessionRef | undefined;
  /** Lists returned, by parent; `undefined` is the top. */
  readonly #lists = new Map<string | undefined, readonly string[]>();
  /** Current looks of working rows and of server rows. */
  readonly #looks = new Map<string, Look>();
  readonly #facts = new Map<string, ServerFacts>();
  readonly #changedRows = new Set<string>();
  readonly #changedServers = new Set<string>();
  #isAllStale = false;
  /** All rows must be redrawn, but everything around the tree is unchanged. */
  #areRowsStale = false;
  #hasStructureChanged = false;
  /** Lists may differ from those returned. */
  #areListsStale = false;
  #mayOrderHaveChanged = false;
  #lastOrderCheckMs = Number.NEGATIVE_INFINITY;
  #lastAgeCheckMs: number;
  #lastEstimateMs = Number.NEGATIVE_INFINITY;
  #areEstimatesWaiting = false;
  #areTooltipsStale = false;
  readonly #held = new HeldRows();
  /** Rows whose tooltips VS Code knows: it does not ask for them again until the rows are redrawn. */
  readonly #known = new Set<string>();

  constructor(state: State, options: TreeOptions, nowMs: number) {
    this.#options = options;
    this.#shape = treeShape(state, options);
    this.#lastAgeCheckMs = nowMs;
    for (const [serverID, server] of state.servers) this.#facts.set(serverID, factsOf(server));
  }

  get shape(): TreeShape {
    return this.#shape;
  }

  /** The elements below one, which count as drawn from now on. */
  children(state: State, element: string | undefined): readonly string[] {
    if (element === undefined || this.#hasStructureChanged) this.#reshape(state);
    const list = this.#list(state, element);
    this.#lists.set(element, list);
    return list;
  }

  /** The row of an element that is about to be drawn. */
  row(state: State, element: string, nowMs: number): TreeRow | undefined {
    const row = treeRow(state, this.#shape, element, this.#context(nowMs));
    if (row !== undefined && (this.#looks.has(element) || elementKind(element) !== "session")) {
      this.#looks.set(element, lookOf(row));
    }
    return row;
  }

  /** Records changes reported by the store. */
  note(changes: Changes, state: State): void {
    if (changes.sessions.size > 0 && this.#lists.size > 0) {
      for (const key of changes.sessions) this.#changedRows.add(key);
      this.#mayOrderHaveChanged = true;
    }
    for (const element of this.#options.branch?.touched(state, changes) ?? []) {
      this.#changedRows.add(element);
      this.#mayOrderHaveChanged = true;
    }
    if (changes.structure) {
      this.#hasStructureChanged = true;
      this.#areListsStale = true;
    }
    for (const serverID of changes.servers) {
      const server = state.servers.get(serverID);
      if (server === undefined) {
        this.#facts.delete(serverID);
        this.#looks.delete(serverElement(serverID));
        continue;
      }
      const before = this.#facts.get(serverID);
      const facts = factsOf(server);
      this.#facts.set(serverID, facts);
      this.#changedServers.add(serverID);
      if (
        before === undefined ||
        before.connection !== facts.connection ||
        before.models !== facts.models ||
        before.capabilities !== facts.capabilities ||
        (changes.structure && before.snapshotMs !== facts.snapshotMs)
      ) {
        this.#markAllStale(state, serverID);
      }
    }
  }

  /** Takes new options; everything must be redrawn, in its new place. */
  setOptions(state: State, options: TreeOptions): void {
    this.#held.release();
    this.#options = options;
    this.#reshape(state);
    this.#isAllStale = true;
  }

  /** A session that has just been made and opened gets its row at once. */
  setActive(state: State, active: SessionRef | undefined): void {
    for (const ref of [this.#active, active]) {
      if (ref !== undefined) this.#changedRows.add(sessionKey(ref.serverID, ref.sessionID));
    }
    this.#active = active;
    if (active === undefined) return;
    const element = sessionKey(active.serverID, active.sessionID);
    const isListed = this.#lists.has(parentElement(state, this.#shape, element));
    if (isListed && !this.#isDrawn(state, element)) this.release();
  }

  /** Marks drawn rows whose age may read differently since the last call. */
  noteTime(state: State, nowMs: number): void {
    for (const list of this.#lists.values()) {
      for (const element of list) {
        if (elementKind(element) === "cluster") this.#changedRows.add(element);
        if (elementKind(element) !== "session") continue;
        const ref = parseSessionKey(element);
        if (ref !== undefined && hasRowAged(state, ref, this.#lastAgeCheckMs, nowMs)) {
          this.#changedRows.add(element);
        }
      }
    }
    for (const serverID of state.servers.keys()) this.#changedServers.add(serverID);
    this.#lastAgeCheckMs = nowMs;
    this.#areTooltipsStale = true;
  }

  /** Marks rows that show a running tool, whose time may read differently. */
  noteTools(state: State): void {
    for (const [serverID, { live }] of state.servers) {
      for (const [sessionID, { tools }] of live) {
        if (tools.length > 0) this.#changedRows.add(sessionKey(serverID, sessionID));
      }
    }
  }

  /**
   * Keeps all rows in their places, because someone points at one of them. While it `isRead`, it and those above it
   * redraw only for a new state.
   */
  hold(state: State, element: string, clockMs: number, isRead = false): void {
    const elements = new Set<string>();
    let at: string | undefined = element;
    while (at !== undefined && !elements.has(at)) {
      elements.add(at);
      at = parentElement(state, this.#shape, at);
    }
    this.#held.hold({ elements, isRead, untilMs: clockMs + HOLD_MS }, this.#lists);
    if (isRead) this.#known.add(element);
  }

  /** Lets rows move to their places. */
  release(): void {
    this.#held.release();
    this.#areListsStale = true;
  }

  /** When, by its `clockMs`, `take` must be called again even if nothing happens; undefined if it needn't. */
  get nextCheckMs(): number | undefined {
    const orderMs = this.#mayOrderHaveChanged
      ? this.#lastOrderCheckMs + ORDER_CHECK_INTERVAL_MS
      : undefined;
    const estimateMs = this.#areEstimatesWaiting
      ? this.#lastEstimateMs + ESTIMATE_INTERVAL_MS
      : undefined;
    const nextMs = Math.min(
      ...[orderMs, estimateMs, this.#held.untilMs].filter((ms) => ms !== undefined),
    );
    return nextMs === Number.POSITIVE_INFINITY ? undefined : nextMs;
  }

  /** What must be redrawn since the last call. Pauses are measured by `clockMs`, a monotonic clock. */
  take(state: State, nowMs: number, clockMs = nowMs): Redraw {
    const elements = new Set<string>();
    if (this.#held.end(clockMs)) this.#areListsStale = true;
    const isOrderDue =
      this.#mayOrderHaveChanged && clockMs - this.#lastOrderCheckMs >= ORDER_CHECK_INTERVAL_MS;
    const isAllStale = (): boolean => this.#isAllStale || this.#areRowsStale;
    if (this.#areListsStale || isOrderDue) {
      this.#reshape(state);
      this.#areListsStale = false;
      this.#mayOrderHaveChanged = false;
      this.#lastOrderCheckMs = clockMs;
      for (const serverID of state.servers.keys()) this.#changedServers.add(serverID);
      if (!isAllStale()) this.#collectLists(state, elements);
    }
    if (!isAllStale()) this.#collectServers(state, elements, nowMs);
    this.#collectKnown(state, elements);
    const later = isAllStale() ? [] : this.#collectRows(state, elements, nowMs, clockMs);
    this.#changedRows.clear();
    this.#changedServers.clear();
    if (isAllStale() || elements.size > MANY_ROWS) {
      const roots = this.#lists.get(undefined);
      const keepsRoots = !this.#isAllStale && this.#areRowsStale && this.#keepsRoots(state, roots);
      this.#isAllStale = false;
      this.#areRowsStale = false;
      this.#lists.clear();
      this.#areEstimatesWaiting = false;
      if (roots === undefined) return NOTHING;
      if (!keepsRoots) return ALL;
      this.#lists.set(undefined, roots);
      return { kind: "roots", elements: roots };
    }
    for (const element of later) this.#changedRows.add(element);
    this.#areEstimatesWaiting = later.length > 0;
    return elements.size === 0 ? NOTHING : { kind: "elements", elements: [...elements] };
  }

  #context(nowMs: number): RowContext {
    const { pinned, rowParts, titleLength, filter } = this.#options;
    return {
      nowMs,
      active: this.#active,
      pinned,
      ...(rowParts && { parts: rowParts }),
      // While a filter is on, titles are shown in full, because the match is marked in them.
      ...(filter.trim() !== "" ? { titleLength: 0 } : titleLength !== undefined && { titleLength }),
    };
  }

  #reshape(state: State): void {
    const before = this.#shape;
    this.#shape = treeShape(state, this.#options, before);
    this.#hasStructureChanged = false;
    if (this.#shape !== before) this.#areListsStale = true;
  }

  #markAllStale(state: State, serverID: string): void {
    if (!hasServerRows(state)) this.#areRowsStale = true;
    else {
      this.#looks.delete(serverElement(serverID));
      this.#changedServers.add(serverID);
    }
  }

  /** Whether the top-level rows are those returned, and few enough to be redrawn one by one. */
  #keepsRoots(state: State, roots: readonly string[] | undefined): boolean {
    if (roots === undefined || roots.length === 0 || roots.length > MANY_ROWS) return false;
    return hasSameElements(roots, this.#list(state, undefined));
  }

  /** Adds parents whose lists differ from those returned. */
  #collectLists(state: State, elements: Set<string>): void {
    for (const [parent, list] of this.#lists) {
      const now = this.#list(state, parent);
      if (now === list || hasSameElements(list, now)) continue;
      if (parent === undefined) {
        this.#isAllStale = true;
        return;
      }
      if (now.length === 0) this.#lists.delete(parent);
      elements.add(parent);
    }
  }

  /** Adds rows whose tooltips VS Code would not ask for again, so that pointing at them would not be noticed. */
  #collectKnown(state: State, elements: Set<string>): void {
    if (!this.#areTooltipsStale || this.#held.untilMs !== undefined) return;
    for (const element of this.#known) if (this.#isDrawn(state, element)) elements.add(element);
    this.#known.clear();
    this.#areTooltipsStale = false;
  }

  #collectServers(state: State, elements: Set<string>, nowMs: number): void {
    if (!hasServerRows(state)) return;
    for (const serverID of this.#changedServers) {
      const element = serverElement(serverID);
      const row = treeRow(state, this.#shape, element, this.#context(nowMs));
      if (row === undefined) continue;
      const look = lookOf(row);
      if (this.#looks.get(element)?.whole === look.whole) continue;
      this.#looks.set(element, look);
      elements.add(element);
    }
  }

  /** Adds the rows that look different, and returns those that may wait. */
  #collectRows(
    state: State,
    elements: Set<string>,
    nowMs: number,
    clockMs: number,
  ): readonly string[] {
    const later: string[] = [];
    const areEstimatesDue = clockMs - this.#lastEstimateMs >= ESTIMATE_INTERVAL_MS;
    for (const element of this.#changedRows) {
      const ref = parseSessionKey(element);
      if (!this.#isDrawn(state, element)) {
        this.#looks.delete(element);
        continue;
      }
      const row = treeRow(state, this.#shape, element, this.#context(nowMs));
      if (row === undefined) continue;
      const before = this.#looks.get(element);
      const look = lookOf(row);
      const isSame = before?.whole === look.whole;
      if (!isSame && before?.icon === look.icon && this.#held.isRead(element)) {
        later.push(element);
        continue;
      }
      if (!isSame && before?.steady === look.steady) {
        if (!areEstimatesDue) {
          later.push(element);
          continue;
        }
        this.#lastEstimateMs = clockMs;
      }
      if (ref === undefined) {
        this.#looks.set(element, look);
        if (!isSame) elements.add(element);
        continue;
      }
      const tree = treeUsage(state, ref);
      // Looks are only tracked for rows that change often: the others are redrawn to be safe.
      if (tree.working > 0 || tree.requests > 0) this.#looks.set(element, look);
      else this.#looks.delete(element);
      if (!isSame) elements.add(element);
    }
    return later;
  }

  /** The elements below one, in the order in which they may be drawn now. */
  #list(state: State, element: string | undefined): readonly string[] {
    return this.#held.order(element, childElements(state, this.#shape, element));
  }

  /** A row is drawn if the list that contains it was returned. Rows are only missing in one while others are held. */
  #isDrawn(state: State, element: string): boolean {
    const list = this.#lists.get(parentElement(state, this.#shape, element));
    return list !== undefined && (this.#held.untilMs === undefined || list.includes(element));
  }
}

function factsOf(server: ServerState): ServerFacts {
  return {
    connection: server.connection.kind,
    models: server.models,
    capabilities: server.capabilities,
    snapshotMs: server.snapshotMs,
  };
}
