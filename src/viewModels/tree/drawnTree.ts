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

/** How long a row whose tooltip was requested keeps its figures and its place, so that it can be read. */
export const TOOLTIP_HOLD_MS = 8000;

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
  /** The row being read, and those above it. */
  #held: { readonly elements: ReadonlySet<string>; readonly untilMs: number } | undefined;

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
    const list = childElements(state, this.#shape, element);
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

  /** Takes new options; everything must be redrawn. */
  setOptions(state: State, options: TreeOptions): void {
    this.#options = options;
    this.#reshape(state);
    this.#isAllStale = true;
  }

  setActive(active: SessionRef | undefined): void {
    for (const ref of [this.#active, active]) {
      if (ref !== undefined) this.#changedRows.add(sessionKey(ref.serverID, ref.sessionID));
    }
    this.#active = active;
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
  }

  /** Marks rows that show a running tool, whose time may read differently. */
  noteTools(state: State): void {
    for (const [serverID, { live }] of state.servers) {
      for (const [sessionID, { tools }] of live) {
        if (tools.length > 0) this.#changedRows.add(sessionKey(serverID, sessionID));
      }
    }
  }

  /** Keeps a row with a requested tooltip readable: it and those above it redraw only for a new state. */
  hold(state: State, element: string, clockMs: number): void {
    const elements = new Set<string>();
    let at: string | undefined = element;
    while (at !== undefined && !elements.has(at)) {
      elements.add(at);
      at = parentElement(state, this.#shape, at);
    }
    this.#held = { elements, untilMs: clockMs + TOOLTIP_HOLD_MS };
  }

  /** When, by its `clockMs`, `take` must be called again even if nothing happens; undefined if it needn't. */
  get nextCheckMs(): number | undefined {
    const orderMs = this.#mayOrderHaveChanged
      ? this.#lastOrderCheckMs + ORDER_CHECK_INTERVAL_MS
      : undefined;
    const estimateMs = this.#areEstimatesWaiting
      ? this.#lastEstimateMs + ESTIMATE_INTERVAL_MS
      : undefined;
    if (orderMs === undefined) return estimateMs;
    return estimateMs === undefined ? orderMs : Math.min(orderMs, estimateMs);
  }

  /** What must be redrawn since the last call. Pauses are measured by `clockMs`, a monotonic clock. */
  take(state: State, nowMs: number, clockMs = nowMs): Redraw {
    const elements = new Set<string>();
    if (this.#held !== undefined && this.#held.untilMs <= clockMs) this.#held = undefined;
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
    return hasSameElements(roots, childElements(state, this.#shape, undefined));
  }

  /** Adds parents whose lists differ from those returned. */
  #collectLists(state: State, elements: Set<string>): void {
    for (const [parent, list] of this.#lists) {
      const now = childElements(state, this.#shape, parent);
      if (now === list || hasSameElements(list, now)) continue;
      if (this.#held !== undefined && isReordered(list, now)) {
        this.#mayOrderHaveChanged = true;
        continue;
      }
      if (parent === undefined) {
        this.#isAllStale = true;
        return;
      }
      if (now.length === 0) this.#lists.delete(parent);
      elements.add(parent);
    }
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
      if (!isSame && before?.icon === look.icon && this.#held?.elements.has(element) === true) {
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

  /** A row is drawn if the list that contains it was returned. */
  #isDrawn(state: State, element: string): boolean {
    return this.#lists.has(parentElement(state, this.#shape, element));
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

/** Whether two lists hold the same elements in a different order. */
function isReordered(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const elements = new Set(a);
  return b.every((element) => elements.has(element));
}

interface Look {
  /** Represents the state. */
  readonly icon: string;
  /** Everything a view uses of a row. */
  readonly whole: string;
  /** The same without anything that changes on its own: see `RowPart.isEstimate`. */
  readonly steady: string;
}

function lookOf(row: TreeRow): Look {
  const { id, color } = row.icon;
  const rest = [row.label, id, color, row.contextValue, row.isDimmed, row.expansion].join("\n");
  const words = `${row.description}\n${row.accessibilityLabel}`;
  return {
    icon: id,
    whole: [rest, words].join("\n"),
    steady: [rest, row.steadyWords ?? words].join("\n"),
  };
}
