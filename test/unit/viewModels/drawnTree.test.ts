import assert from "node:assert/strict";

import type { Action } from "../../../src/core/state/actions.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import { sessionKey } from "../../../src/core/state/session.ts";
import { ROW_PARTS } from "../../../src/core/state/shownParts.ts";
import type { State } from "../../../src/core/state/state.ts";
import {
  DrawnTree,
  ESTIMATE_INTERVAL_MS,
  type Redraw,
} from "../../../src/viewModels/tree/drawnTree.ts";
import { HOLD_MS } from "../../../src/viewModels/tree/heldRows.ts";
import type { TreeOptions } from "../../../src/viewModels/tree/sessionTree.ts";
import { serverElement } from "../../../src/viewModels/tree/treeElements.ts";
import {
  aPermission,
  aServer,
  aSession,
  minutesAgo,
  NOW_MS,
  type ServerSpec,
  stateWith,
} from "../../support/seed/builders.ts";
import { ALL_SESSIONS } from "../../support/renderTree.ts";

const LOCAL = "http://127.0.0.1:4096";
const OTHER = "http://127.0.0.1:5000";

function key(sessionID: string, serverID = LOCAL): string {
  return sessionKey(serverID, sessionID);
}

/** Rows that also show tokens, which are estimated. */
const EVERY_PART: TreeOptions = { ...ALL_SESSIONS, rowParts: ROW_PARTS };

/** A view with everything expanded, queried like VS Code does. */
class View {
  state: State;
  readonly tree: DrawnTree;
  nowMs = NOW_MS;
  /** The monotonic clock. */
  clockMs = 5_000_000;

  constructor(servers: readonly ServerSpec[], options: TreeOptions = EVERY_PART) {
    this.state = stateWith(...servers);
    this.tree = new DrawnTree(this.state, options, this.nowMs);
    this.draw();
  }

  draw(element?: string): void {
    for (const child of this.tree.children(this.state, element)) {
      const row = this.tree.row(this.state, child, this.nowMs);
      if (row !== undefined && row.expansion !== "none") this.draw(child);
    }
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.clockMs += ms;
  }

  /** What must be redrawn after some actions, `afterMs` later. */
  after(afterMs: number, ...actions: readonly Action[]): string {
    return textOf(this.afterAll(afterMs, ...actions));
  }

  afterAll(afterMs: number, ...actions: readonly Action[]): Redraw {
    const { state, changes } = reduce(this.state, actions);
    this.state = state;
    this.pass(afterMs);
    this.tree.note(changes, state);
    return this.take();
  }

  take(): Redraw {
    const redraw = this.tree.take(this.state, this.nowMs, this.clockMs);
    if (redraw.kind === "all") this.draw();
    if (redraw.kind === "elements" || redraw.kind === "roots") {
      for (const element of redraw.elements) {
        this.tree.row(this.state, element, this.nowMs);
        this.draw(element);
      }
    }
    return redraw;
  }
}

function textOf(redraw: Redraw): string {
  return redraw.kind === "elements"
    ? redraw.elements.map((element) => element.replace(`@${LOCAL}`, "")).join()
    : redraw.kind;
}

function idOf(element: string): string {
  return element.replace(`@${LOCAL}`, "");
}

function family(): ServerSpec {
  return aServer({
    sessions: [
      aSession({ id: "a", updatedMs: minutesAgo(10), tokens: 45_000, costUSD: 1 }),
      aSession({ id: "b", parentID: "a", tokens: 100, costUSD: 1 }),
      aSession({ id: "c", updatedMs: minutesAgo(20) }),
    ],
  });
}

function upserted(...args: Parameters<typeof aSession>): Action {
  return {
    type: "session.upserted",
    origin: "event",
    serverID: LOCAL,
    session: aSession(...args),
  };
}

function working(sessionID: string, sinceMs = minutesAgo(1)): Action {
  const activity = { kind: "working", sinceMs } as const;
  return { type: "activity.changed", serverID: LOCAL, sessionID, activity };
}

describe("a redraw of the tree", () => {
  it("covers a row whose tool shows a new time, but not while its tooltip is open", () => {
    const view = new View([family()]);
    const tool = {
      callID: "c",
      tool: "bash",
      title: "npm test",
      startedMs: NOW_MS,
      childSessionID: undefined,
    };
    assert.equal(
      view.after(10, working("a"), { type: "tool.running", serverID: LOCAL, sessionID: "a", tool }),
      "a",
    );
    const afterTools = (ms: number): string => {
      view.pass(ms);
      view.tree.noteTools(view.state);
      return textOf(view.take());
    };
    assert.equal(afterTools(5_000), "nothing");
    assert.equal(afterTools(5_000), "a");
    assert.equal(afterTools(5_000), "nothing");
    view.tree.hold(view.state, key("a"), view.clockMs, true);
    assert.equal(afterTools(5_000), "nothing");
    assert.equal(afterTools(HOLD_MS), "a");
  });

  it("covers nothing if nothing changed", () => {
    const view = new View([family()]);
    assert.equal(view.after(10), "nothing");
  });

  it("covers the changed row and its ancestors, not the root list", () => {
    const view = new View([family()]);
    assert.equal(view.after(10, working("b")), "b,a");
    assert.equal(
      view.after(10, { type: "request.opened", serverID: LOCAL, request: aPermission("b") }),
      "b,a",
    );
  });

  it("covers nothing while a working row's figures look the same", () => {
    const view = new View([family()]);
    view.after(10, working("a"));
    const streamed = (characters: number): Action => {
      return { type: "text.streamed", serverID: LOCAL, sessionID: "a", characters };
    };
    assert.equal(view.after(10, streamed(4)), "a", "the figure becomes an estimate");
    assert.equal(view.after(2000, streamed(4)), "nothing");
    assert.equal(view.after(2000, streamed(400)), "a");
  });

  it("continues for estimates and order when the clock is set back by an hour", () => {
    const view = new View([family()]);
    view.after(10, working("a"));
    const streamed: Action = {
      type: "text.streamed",
      serverID: LOCAL,
      sessionID: "a",
      characters: 4000,
    };
    view.after(10, streamed);
    assert.equal(view.after(10, streamed), "a");
    view.nowMs -= 3_600_000;
    assert.equal(view.after(ESTIMATE_INTERVAL_MS, streamed), "a");
    assert.ok((view.tree.nextCheckMs ?? 0) <= view.clockMs + 60_000);
  });

  it("is delayed only for estimated figures", () => {
    const view = new View([family()]);
    view.after(10, working("a"));
    const base = { serverID: LOCAL, sessionID: "a" } as const;
    const streamed: Action = { ...base, type: "text.streamed", characters: 4000 };
    assert.equal(view.after(10, streamed), "a", "the figure becomes an estimate");
    assert.equal(view.after(10, streamed), "a", "the first one is not held up");
    const drawnMs = view.clockMs;
    assert.equal(view.after(100, streamed), "nothing");
    const tool = {
      callID: "t",
      tool: "bash",
      title: undefined,
      startedMs: 1,
      childSessionID: undefined,
    };
    assert.equal(view.after(100, { ...base, type: "tool.running", tool }), "a");
    assert.equal(view.after(100, streamed), "nothing");
    assert.ok(view.tree.nextCheckMs! <= drawnMs + ESTIMATE_INTERVAL_MS);
    assert.equal(view.after(ESTIMATE_INTERVAL_MS - 300), "a");
    assert.match(
      view.tree.row(view.state, key("a"), view.nowMs)!.description,
      /^\$2\.00 · ~49\.1k /,
    );
    view.after(10, streamed);
    const step = {
      messageID: "m",
      costUSD: 0.5,
      tokens: { input: 1, output: 2, reasoning: 0, cache: { read: 0, write: 0 } },
    };
    assert.equal(view.after(10, { ...base, type: "step.ended", stepID: "s", step }), "a");
  });

  it("holds back a row whose tooltip was requested", () => {
    const view = new View([family()]);
    view.after(10, working("b"));
    const streamed: Action = {
      type: "text.streamed",
      serverID: LOCAL,
      sessionID: "b",
      characters: 4000,
    };
    assert.equal(view.after(2000, streamed), "b,a");
    view.tree.hold(view.state, key("b"), view.clockMs, true);
    assert.equal(view.after(2000, streamed), "nothing");
    const tool = {
      callID: "t",
      tool: "bash",
      title: undefined,
      startedMs: 1,
      childSessionID: undefined,
    };
    const ran: Action = { type: "tool.running", serverID: LOCAL, sessionID: "b", tool };
    assert.equal(view.after(2000, streamed, ran), "nothing");
    assert.equal(
      view.after(10, { type: "request.opened", serverID: LOCAL, request: aPermission("b") }),
      "b,a",
      "what waits for a person does not wait",
    );
    assert.equal(view.after(HOLD_MS, streamed), "b,a");
  });

  it("moves no row while someone points at one, and everything to its place afterwards", () => {
    const roots = ["x", "y"].map((id, at) => aSession({ id, updatedMs: minutesAgo(at + 1) }));
    const view = new View([aServer({ sessions: roots })]);
    const hold = (id: string): void => {
      view.tree.hold(view.state, key(id), view.clockMs);
    };
    const rows = (): string => view.tree.children(view.state, undefined).map(idOf).join();
    hold("y");
    const touched = upserted({ id: "y", updatedMs: NOW_MS, tokens: 1 });
    assert.equal(view.after(2000, touched), "y", "its figures follow: it was clicked, not read");
    assert.equal(view.after(2000), "nothing");
    assert.equal(view.after(10, upserted({ id: "z", updatedMs: NOW_MS + 1 })), "nothing");
    hold("x");
    assert.equal(view.after(4000), "nothing", "the second sign counts from its own time");
    assert.equal(rows(), "x,y", "even if VS Code reads the list for another reason");
    const goneMs = view.tree.nextCheckMs! - view.clockMs;
    assert.ok(goneMs > 0 && goneMs <= HOLD_MS, "it is looked at when the hold ends");
    const gone: Action = { type: "session.removed", serverID: LOCAL, sessionID: "y" };
    assert.equal(view.after(10, gone), "all", "what is gone is not clicked any more");
    assert.equal(rows(), "x");
    assert.equal(view.after(goneMs), "all");
    assert.equal(rows(), "z,x");
  });

  it("moves no row of a server whose own row changes while someone points at another", () => {
    const roots = ["x", "y"].map((id, at) => aSession({ id, updatedMs: minutesAgo(at + 1) }));
    const view = new View([aServer({ sessions: roots }), aServer({ id: OTHER, name: "other" })]);
    const list = (): string =>
      view.tree.children(view.state, serverElement(LOCAL)).map(idOf).join();
    view.tree.hold(view.state, key("y"), view.clockMs, true);
    view.after(2000, upserted({ id: "y", updatedMs: NOW_MS }), working("y", NOW_MS));
    assert.equal(list(), "x,y");
    view.after(HOLD_MS);
    assert.equal(list(), "y,x");
  });

  it("lets sub-sessions appear below the row pointed at, but not above it", () => {
    const view = new View([family()]);
    const below = (id: string): string => view.tree.children(view.state, key(id)).map(idOf).join();
    view.tree.hold(view.state, key("c"), view.clockMs);
    view.after(10, upserted({ id: "d", parentID: "a", createdMs: NOW_MS }));
    assert.equal(below("a"), "b");
    view.tree.hold(view.state, key("a"), view.clockMs);
    view.after(10, upserted({ id: "e", parentID: "a", createdMs: NOW_MS + 1 }));
    assert.equal(below("a"), "b,d,e");
  });

  it("does not keep rows in place for what a person asks for", () => {
    const fresh = upserted({ id: "z", updatedMs: NOW_MS });
    const made = new View([family()]);
    made.tree.hold(made.state, key("c"), made.clockMs);
    assert.equal(made.after(10, fresh), "nothing");
    made.tree.setActive(made.state, { serverID: LOCAL, sessionID: "c" });
    assert.equal(textOf(made.take()), "c", "the clicked row becomes the active one");
    made.tree.setActive(made.state, { serverID: LOCAL, sessionID: "z" });
    assert.equal(textOf(made.take()), "all", "a session that was just made");

    const sorted = new View([family()]);
    sorted.tree.hold(sorted.state, key("c"), sorted.clockMs);
    sorted.tree.setOptions(sorted.state, { ...EVERY_PART, sort: "title" });
    sorted.take();
    assert.equal(sorted.tree.nextCheckMs, undefined);
  });

  it("covers a row whose tooltip VS Code knows once in a while, so that it asks for it again", () => {
    const view = new View([family()]);
    view.tree.hold(view.state, key("c"), view.clockMs, true);
    view.tree.noteTime(view.state, view.nowMs);
    assert.equal(view.after(10), "nothing", "not while it is read");
    assert.equal(view.after(HOLD_MS), "c");
    view.tree.noteTime(view.state, view.nowMs);
    assert.equal(view.after(10), "nothing");
  });

  it("covers a row that becomes idle", () => {
    const view = new View([family()]);
    view.after(10, working("c"));
    const idle: Action = {
      type: "activity.changed",
      serverID: LOCAL,
      sessionID: "c",
      activity: { kind: "idle" },
    };
    assert.equal(view.after(10, idle), "c");
  });

  it("covers the root list when a root session is added or removed", () => {
    const view = new View([family()]);
    assert.equal(view.after(10, upserted({ id: "d" })), "all");
    assert.ok(view.tree.shape.roots.includes(key("d")));
    assert.equal(
      view.after(10, { type: "session.removed", serverID: LOCAL, sessionID: "d" }),
      "all",
    );
  });

  it("covers the parent of a new child, expanded or not", () => {
    const view = new View([family()]);
    assert.equal(view.after(10, upserted({ id: "d", parentID: "c" })), "c");
    assert.equal(view.tree.row(view.state, key("c"), NOW_MS)?.expansion, "collapsed");
    assert.match(view.after(10, upserted({ id: "e", parentID: "a" })), /\ba\b/);
  });

  it("skips rows that were never drawn", () => {
    const before = stateWith(
      aServer({
        sessions: [
          aSession({ id: "r" }),
          aSession({ id: "s", parentID: "r" }),
          aSession({ id: "t", parentID: "s" }),
        ],
      }),
    );
    const tree = new DrawnTree(before, ALL_SESSIONS, NOW_MS);
    for (const root of tree.children(before, undefined)) tree.row(before, root, NOW_MS);
    const { state, changes } = reduce(before, [working("t")]);
    tree.note(changes, state);
    assert.deepEqual(tree.take(state, NOW_MS), { kind: "elements", elements: [key("r")] });
  });

  it("covers nothing before anything was drawn", () => {
    const state = stateWith(family());
    const tree = new DrawnTree(state, ALL_SESSIONS, NOW_MS);
    const next = reduce(state, [upserted({ id: "d" }), working("a")]);
    tree.note(next.changes, next.state);
    assert.deepEqual(tree.take(next.state, NOW_MS), { kind: "nothing" });
  });

  it("checks the order once a second and covers the root list only if it changed", () => {
    const view = new View([family()]);
    const { clockMs } = view;
    assert.equal(view.after(10, upserted({ id: "c", updatedMs: minutesAgo(20), tokens: 1 })), "c");
    const passed = upserted({ id: "c", updatedMs: minutesAgo(1), tokens: 1 });
    assert.equal(view.after(10, passed), "c", "within the second only the row");
    assert.equal(view.tree.nextCheckMs, clockMs + 1010);
    assert.equal(view.after(980), "nothing");
    assert.equal(view.after(10), "all");
    assert.equal(view.tree.shape.roots[0], key("c"));
    assert.equal(view.tree.nextCheckMs, undefined);
    assert.equal(view.after(2000, upserted({ id: "c", updatedMs: minutesAgo(0), tokens: 1 })), "c");
  });

  it("follows the active session's mark", () => {
    const view = new View([family()]);
    view.tree.setActive(view.state, { serverID: LOCAL, sessionID: "c" });
    assert.equal(textOf(view.take()), "c");
    view.tree.setActive(view.state, { serverID: LOCAL, sessionID: "a" });
    assert.equal(textOf(view.take()), "c,a");
    assert.match(view.tree.row(view.state, key("a"), NOW_MS)!.description, /^● /);
  });

  it("covers the rows whose displayed age changes over time", () => {
    const view = new View([
      aServer({
        sessions: [
          aSession({ id: "m", updatedMs: minutesAgo(5) }),
          aSession({ id: "h", updatedMs: minutesAgo(60 * 5) }),
        ],
      }),
    ]);
    view.pass(60_000);
    view.tree.noteTime(view.state, view.nowMs);
    assert.equal(textOf(view.take()), "m");
    view.tree.noteTime(view.state, view.nowMs + 1000);
    assert.equal(textOf(view.take()), "nothing");
  });

  it("covers a whole server when it is lost, and all roots if it is the only one", () => {
    const lost = (serverID: string): Action => {
      const connection = {
        kind: "lost",
        sinceMs: NOW_MS,
        reason: "unreachable",
        message: "",
        nextRetryMs: undefined,
      } as const;
      return { type: "connection.changed", serverID, connection };
    };
    const one = new View([family()]);
    const redraw = one.afterAll(10, lost(LOCAL));
    assert.deepEqual(redraw, { kind: "roots", elements: [key("a"), key("c")] });
    assert.equal(one.after(10), "nothing");
    assert.equal(one.after(10, working("b")), "b,a", "what is below a root is drawn as well");
    const grown = new View([family()]);
    assert.equal(grown.after(10, lost(LOCAL), upserted({ id: "d" })), "all");
    const two = new View([family(), aServer({ id: OTHER, name: "other" })]);
    assert.equal(two.after(10, lost(OTHER)), serverElement(OTHER));
    assert.equal(two.after(10, lost(OTHER)), "nothing");
    assert.equal(two.after(10, { type: "server.removed", serverID: OTHER }), "all");
  });

  it("covers everything when the options change", () => {
    const view = new View([family()]);
    view.tree.setOptions(view.state, { ...ALL_SESSIONS, filter: "c" });
    assert.equal(textOf(view.take()), "all");
    assert.deepEqual(view.tree.shape.roots, [key("c")]);
  });

  it("covers everything instead of very many rows", () => {
    const sessions = Array.from({ length: 600 }, (_, index) => aSession({ id: `s${index}` }));
    const view = new View([aServer({ sessions })]);
    const touched = sessions.map(({ id }) => upserted({ id, tokens: 1 }));
    assert.equal(view.after(10, ...touched), "all");
  });

  it("leaves the same result as a fresh view after any actions", () => {
    // Draws only what each of many actions requires; in the end, both views must match.
    const view = new View([family(), aServer({ id: OTHER, name: "other" })]);
    const screen = new Map<string, string>();
    const paint = (element?: string): void => {
      for (const child of view.tree.children(view.state, element)) {
        paintRow(child);
        paint(child);
      }
    };
    const paintRow = (element: string): void => {
      const row = view.tree.row(view.state, element, view.nowMs);
      if (row !== undefined) screen.set(element, JSON.stringify(row));
    };
    paint();
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * below);
    };
    const ids = Array.from({ length: 12 }, (_, index) => `n${index}`);
    for (let step = 0; step < 400; step++) {
      const id = ids[random(ids.length)]!;
      const serverID = random(3) === 0 ? OTHER : LOCAL;
      const base = { serverID, sessionID: id } as const;
      const parentID = random(2) === 0 ? undefined : `n${random(Number(id.slice(1)) + 1)}`;
      const actions: Action[] = [
        {
          type: "session.upserted",
          origin: "event",
          serverID,
          session: aSession({
            id,
            ...(parentID === undefined || parentID === id ? {} : { parentID }),
            updatedMs: NOW_MS - random(1e7),
            tokens: random(1e5),
            costUSD: random(100) / 10,
            createdMs: Number(id.slice(1)),
          }),
        },
        { ...base, type: "session.removed" },
        {
          ...base,
          type: "activity.changed",
          activity:
            random(2) === 0 ? { kind: "idle" } : { kind: "working", sinceMs: NOW_MS - random(1e6) },
        },
        { ...base, type: "text.streamed", characters: random(5000) },
        { type: "request.opened", serverID, request: aPermission(id) },
        { ...base, type: "request.closed", requestID: `permission-of-${id}` },
      ];
      const { state, changes } = reduce(view.state, [actions[random(actions.length)]!]);
      view.state = state;
      view.tree.note(changes, state);
      if (random(20) === 0) {
        const element = [...screen.keys()][random(screen.size)]!;
        view.tree.hold(state, element, view.nowMs, random(2) === 0);
      }
      view.nowMs += random(500);
      if (random(3) > 0) continue;
      const redraw = view.tree.take(state, view.nowMs);
      if (redraw.kind === "all") paint();
      if (redraw.kind === "elements" || redraw.kind === "roots") {
        for (const element of redraw.elements) {
          paintRow(element);
          paint(element);
        }
      }
    }
    view.pass(HOLD_MS);
    const last = view.tree.take(view.state, view.nowMs);
    if (last.kind === "all") paint();
    if (last.kind === "elements" || last.kind === "roots") {
      for (const element of last.elements) {
        paintRow(element);
        paint(element);
      }
    }
    const fresh = new DrawnTree(view.state, EVERY_PART, view.nowMs);
    const compare = (element?: string): void => {
      const list = fresh.children(view.state, element);
      assert.deepEqual(view.tree.children(view.state, element), list);
      for (const child of list) {
        assert.equal(screen.get(child), JSON.stringify(fresh.row(view.state, child, view.nowMs)));
        compare(child);
      }
    };
    compare();
    assert.ok(fresh.shape.shownCount > 2);
  });
});
