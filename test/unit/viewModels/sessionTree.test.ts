import assert from "node:assert/strict";

import { sessionKey } from "../../../src/core/state/session.ts";
import type { State } from "../../../src/core/state/state.ts";
import {
  childElements,
  isInTree,
  parentElement,
  treeShape,
} from "../../../src/viewModels/tree/sessionTree.ts";
import { foundIn } from "../../../src/viewModels/tree/titleFilter.ts";
import { treeRow } from "../../../src/viewModels/tree/treeRow.ts";
import { projectElement, serverElement } from "../../../src/viewModels/tree/treeElements.ts";
import {
  after,
  aPermission,
  aServer,
  NOW_MS,
  aSession,
  contextKnown,
  minutesAgo,
  stateWith,
} from "../../support/seed/builders.ts";
import { assertGolden } from "../../support/golden.ts";
import { ALL_SESSIONS, renderTree } from "../../support/renderTree.ts";

const LOCAL = "http://127.0.0.1:4096";

/** One project, three levels, one session in every state. */
function everyState(): State {
  return stateWith(
    aServer({
      sessions: [
        aSession({
          id: "root",
          title: "Add login",
          costUSD: 0.2,
          tokens: 40_000,
          updatedMs: minutesAgo(2),
        }),
        aSession({
          id: "child",
          parentID: "root",
          title: "Find the form",
          costUSD: 0.03,
          tokens: 5000,
          createdMs: minutesAgo(20),
        }),
        aSession({
          id: "grandchild",
          parentID: "child",
          title: "Run the tests",
          costUSD: 0.001,
          tokens: 200,
          createdMs: minutesAgo(19),
        }),
        aSession({
          id: "child2",
          parentID: "root",
          title: "Write the docs",
          tokens: 0,
          createdMs: minutesAgo(10),
        }),
        aSession({
          id: "asks",
          title: "Asks me",
          costUSD: 1,
          tokens: 1000,
          updatedMs: minutesAgo(5),
        }),
        aSession({ id: "retries", title: "Retries", costUSD: 1, tokens: 1000 }),
        aSession({ id: "compacts", title: "Compacts", costUSD: 1, tokens: 1000 }),
        aSession({
          id: "failed",
          title: "Failed",
          costUSD: 1,
          tokens: 1000,
          updatedMs: minutesAgo(180),
        }),
        aSession({
          id: "archived",
          title: "Archived",
          archivedMs: minutesAgo(1),
          tokens: 10,
          costUSD: 1,
        }),
        aSession({
          id: "unpriced",
          title: "Unpriced",
          tokens: 12_345,
          model: { providerID: "x", modelID: "y", variant: undefined },
          updatedMs: minutesAgo(60 * 24 * 3),
        }),
        aSession({
          id: "listprice",
          title: "By subscription",
          tokens: 12_345,
          updatedMs: minutesAgo(60 * 24 * 90),
        }),
        aSession({
          id: "unread",
          title: "Finished unseen",
          isUnread: true,
          updatedMs: minutesAgo(6),
        }),
      ],
      activities: {
        root: { kind: "working", sinceMs: minutesAgo(4) },
        child: { kind: "working", sinceMs: minutesAgo(3) },
        grandchild: { kind: "working", sinceMs: minutesAgo(3) },
        retries: {
          kind: "retry",
          sinceMs: minutesAgo(8),
          attempt: 2,
          message: "overloaded",
          nextMs: undefined,
        },
        compacts: { kind: "working", sinceMs: minutesAgo(9) },
      },
      requests: [
        aPermission("grandchild"),
        {
          kind: "question",
          id: "q",
          sessionID: "asks",
          directory: "/code/app",
          questions: [],
          askedMs: minutesAgo(5),
        },
      ],
      live: (serverID) => [
        contextKnown(serverID, "root", 126_000),
        contextKnown(serverID, "failed", 30_000, true),
        { type: "text.streamed", serverID, sessionID: "child", characters: 800 },
        {
          type: "tool.running",
          serverID,
          sessionID: "root",
          tool: {
            callID: "c",
            tool: "task",
            title: "Find the form",
            startedMs: minutesAgo(3),
            childSessionID: "child",
          },
        },
        {
          type: "compaction.started",
          serverID,
          sessionID: "compacts",
          isAuto: false,
          atMs: minutesAgo(1),
        },
        {
          type: "session.failed",
          serverID,
          sessionID: "failed",
          message: "no credit",
          atMs: minutesAgo(170),
        },
      ],
    }),
  );
}

function severalServers(): State {
  const git = { id: "p1", worktree: "/code/app", name: undefined };
  return stateWith(
    aServer({
      id: LOCAL,
      name: "local",
      projects: [git, { id: "global", worktree: "/", name: undefined }],
      sessions: [
        aSession({ id: "s1", title: "One", projectID: "p1", updatedMs: minutesAgo(9) }),
        aSession({
          id: "s2",
          title: "Two",
          projectID: "p1",
          updatedMs: minutesAgo(3),
          directory: "/code/app/sub",
        }),
        aSession({
          id: "s3",
          title: "Notes",
          projectID: "global",
          directory: "/home/me/notes",
          updatedMs: minutesAgo(5),
        }),
        aSession({
          id: "s4",
          title: "Music",
          projectID: "global",
          directory: "/home/me/music",
          updatedMs: minutesAgo(50),
        }),
      ],
    }),
    aServer({
      id: "https://build.example",
      name: "build",
      origin: "settings",
      sessions: [
        aSession({ id: "s5", title: "Nightly", costUSD: 12, tokens: 3_000_000, projectID: "p9" }),
      ],
      connection: {
        kind: "lost",
        sinceMs: minutesAgo(2),
        reason: "unreachable",
        message: "refused",
        nextRetryMs: undefined,
      },
    }),
    aServer({
      id: "https://closed.example",
      name: "closed",
      hasSnapshot: false,
      connection: {
        kind: "unauthorized",
        needs: "password",
        sinceMs: minutesAgo(1),
        message: "401",
      },
    }),
    aServer({ id: "https://new.example", name: "new", hasSnapshot: false }),
  );
}

describe("the session tree", () => {
  it("draws one session in every state", () => {
    const active = { serverID: LOCAL, sessionID: "root" };
    assertGolden("everyState", renderTree(everyState(), { includesArchived: true }, { active }));
  });

  it("shows servers if there are several, and projects if a server has several", () => {
    assertGolden("severalServers", renderTree(severalServers()));
  });

  it("shows neither servers nor projects if there is one of each", () => {
    const state = stateWith(aServer({ sessions: [aSession({ id: "a", title: "A" })] }));
    assert.equal(renderTree(state), "  [circle-outline] A  30m\n");
  });

  it("leaves out archived sessions unless requested", () => {
    const state = everyState();
    assert.doesNotMatch(renderTree(state), /Archived/);
    assert.match(
      renderTree(state, { includesArchived: true }),
      /\[archive\] Archived {2}\$1\.00 · archived/,
    );
  });

  it("limits itself to the workspace folders on request", () => {
    const state = severalServers();
    const text = renderTree(state, { scope: "workspace", folders: ["/code/app"] });
    assert.match(text, /One[^]*Two|Two[^]*One/);
    assert.doesNotMatch(text, /Notes|Music/);
    // A window without folders has nothing to limit to.
    assert.equal(renderTree(state, { scope: "workspace", folders: [] }), renderTree(state));
  });

  it("keeps projects in place while sessions of several are working", () => {
    const names = (state: State, options: Parameters<typeof renderTree>[1] = {}): string[] =>
      [...renderTree(state, options).matchAll(/\[(?:repo|folder)\] (\w+)/g)].map(
        ([, name]) => name!,
      );
    const project = (id: string) => ({ id, worktree: `/code/${id}`, name: undefined });
    const session = (id: string, projectID: string, updatedMs: number) =>
      aSession({ id, projectID, title: id, directory: `/code/${projectID}`, updatedMs });
    const state = (app: number, shop: number) =>
      stateWith(
        aServer({
          projects: [project("app"), project("shop"), project("old")],
          sessions: [
            session("1", "shop", minutesAgo(shop)),
            session("2", "app", minutesAgo(app)),
            session("3", "old", minutesAgo(60 * 24 * 3)),
          ],
        }),
      );
    // By the day of their last activity, then by name.
    assert.deepEqual(names(state(1, 2)), ["app", "shop", "old"]);
    assert.deepEqual(names(state(2, 1)), ["app", "shop", "old"]);
    assert.deepEqual(names(state(60 * 24 * 2, 1)), ["shop", "app", "old"]);
    // The window's projects come first, even if the window shows only part of one.
    assert.deepEqual(names(state(1, 2), { folders: ["/code/old"] }), ["old", "app", "shop"]);
    assert.deepEqual(names(state(1, 2), { folders: ["/code/shop/web"] }), ["shop", "app", "old"]);
    assert.deepEqual(names(state(1, 2), { sort: "title" }), ["app", "old", "shop"]);
  });

  it("does not mistake a folder with the same prefix for a workspace folder", () => {
    const state = stateWith(
      aServer({
        sessions: [
          aSession({ id: "a", directory: "/code/app2" }),
          aSession({ id: "b", directory: "C:\\Code\\App\\" }),
        ],
      }),
    );
    assert.equal(renderTree(state, { scope: "workspace", folders: ["/code/app"] }), "\n");
    assert.match(renderTree(state, { scope: "workspace", folders: ["c:/Code/App"] }), /b {2}/);
  });

  it("filters by title and keeps a match's ancestors and descendants", () => {
    const state = everyState();
    assertGolden("filtered", renderTree(state, { filter: "  FORM " }));
    assert.equal(renderTree(state, { filter: "no such title" }), "\n");
    assert.match(renderTree(state, { filter: "child2" }), /Add login[^]*Write the docs/);
  });

  it("expands only the path to a match", () => {
    const state = stateWith(
      aServer({
        sessions: [
          aSession({ id: "root", title: "Build the house" }),
          aSession({ id: "mid", parentID: "root", title: "Walls" }),
          aSession({ id: "leaf", parentID: "mid", title: "Paint the door" }),
          aSession({ id: "match", title: "A door of its own" }),
          aSession({ id: "below", parentID: "match", title: "Hinges" }),
        ],
      }),
      aServer({ id: "other", sessions: [aSession({ id: "far", title: "Elsewhere" })] }),
    );
    const shape = treeShape(state, { ...ALL_SESSIONS, filter: "door" });
    const expansion = (id: string) =>
      treeRow(state, shape, sessionKey(LOCAL, id), { nowMs: NOW_MS, active: undefined })?.expansion;
    assert.deepEqual(["root", "mid", "leaf", "match"].map(expansion), [
      "expanded",
      "expanded",
      "none",
      "collapsed",
    ]);
    assert.deepEqual(childElements(state, shape, undefined), [`server:${LOCAL}`]);
    const all = treeShape(state, ALL_SESSIONS);
    assert.equal(
      treeRow(state, all, sessionKey(LOCAL, "root"), { nowMs: NOW_MS, active: undefined })
        ?.expansion,
      "collapsed",
    );
  });

  it("finds the filter text in a label, ignoring case", () => {
    assert.deepEqual(foundIn("Paint the Door", " DOOR "), [10, 14]);
    assert.equal(foundIn("Paint the wall", "door"), undefined);
    assert.equal(foundIn("Paint", " "), undefined);
    assert.equal(
      foundIn("İİ door", "door"),
      undefined,
      "its places are not those of its lower case",
    );
  });

  it("filters again when a title changes", () => {
    const options = { ...ALL_SESSIONS, filter: "one" };
    const before = stateWith(
      aServer({
        sessions: [aSession({ id: "a", title: "one" }), aSession({ id: "b", title: "two" })],
      }),
    );
    const shape = treeShape(before, options);
    const renamed = after(before, {
      type: "session.changed",
      serverID: LOCAL,
      sessionID: "b",
      changes: { title: "now one too" },
    });
    assert.equal(shape.shownCount, 1);
    assert.equal(treeShape(renamed, options, shape).shownCount, 2);
  });

  it("sorts by time, cost, tokens and title", () => {
    const state = stateWith(
      aServer({
        sessions: [
          aSession({ id: "a", title: "item 10", costUSD: 1, tokens: 30, updatedMs: minutesAgo(1) }),
          aSession({ id: "b", title: "Item 9", costUSD: 3, tokens: 10, updatedMs: minutesAgo(2) }),
          aSession({ id: "c", title: "zoo", costUSD: 0.5, tokens: 5, updatedMs: minutesAgo(3) }),
          aSession({
            id: "d",
            parentID: "c",
            title: "d",
            costUSD: 9,
            tokens: 100,
            createdMs: minutesAgo(2),
          }),
          aSession({
            id: "e",
            parentID: "c",
            title: "b",
            costUSD: 10,
            tokens: 1,
            createdMs: minutesAgo(1),
          }),
        ],
      }),
    );
    const order = (sort: "recent" | "cost" | "tokens" | "title"): string =>
      renderTree(state, { sort })
        .match(/\] \w+( \d+)?/g)!
        .map((match) => match.slice(2))
        .join();
    assert.equal(order("recent"), "item 10,Item 9,zoo,d,b");
    assert.equal(order("cost"), "zoo,b,d,Item 9,item 10");
    assert.equal(order("tokens"), "zoo,d,b,item 10,Item 9");
    assert.equal(order("title"), "Item 9,item 10,zoo,b,d");
  });

  it("puts pinned sessions first among their siblings, in any sort order", () => {
    const state = stateWith(
      aServer({
        sessions: [
          aSession({ id: "a", costUSD: 1, updatedMs: minutesAgo(1) }),
          aSession({ id: "b", costUSD: 3, updatedMs: minutesAgo(2) }),
          aSession({ id: "c", costUSD: 2, updatedMs: minutesAgo(3) }),
          aSession({ id: "d", parentID: "c", createdMs: minutesAgo(2) }),
          aSession({ id: "e", parentID: "c", createdMs: minutesAgo(1) }),
        ],
      }),
    );
    const order = (sort: "recent" | "cost", ...pinned: readonly string[]): string =>
      renderTree(state, { sort, pinned: new Set(pinned) })
        .match(/\] \w+/g)!
        .map((match) => match.slice(2))
        .join();
    assert.equal(order("recent"), "a,b,c,d,e");
    assert.equal(order("recent", "c", "b"), "b,c,d,e,a");
    assert.equal(order("cost", "a", "e", "gone"), "a,b,c,e,d");
  });

  it("keeps the order of sessions that stream at the same time", () => {
    const before = stateWith(
      aServer({
        sessions: ["a", "b"].map((id) => aSession({ id, updatedMs: minutesAgo(9) })),
        activities: {
          a: { kind: "working", sinceMs: minutesAgo(2) },
          b: { kind: "working", sinceMs: minutesAgo(1) },
        },
      }),
    );
    const updated = after(before, {
      type: "session.upserted",
      serverID: LOCAL,
      origin: "event",
      session: aSession({ id: "a", updatedMs: minutesAgo(0) }),
    });
    const shape = treeShape(before, ALL_SESSIONS);
    assert.deepEqual(shape.roots, [sessionKey(LOCAL, "b"), sessionKey(LOCAL, "a")]);
    assert.equal(treeShape(updated, ALL_SESSIONS, shape).roots, shape.roots);
    const idle = after(updated, {
      type: "activity.changed",
      serverID: LOCAL,
      sessionID: "a",
      activity: { kind: "idle" },
    });
    assert.equal(treeShape(idle, ALL_SESSIONS, shape).roots[0], sessionKey(LOCAL, "a"));
  });

  it("has the same shape whether computed from scratch or from its predecessor", () => {
    const before = severalServers();
    const shape = treeShape(before, ALL_SESSIONS);
    const moved = after(
      before,
      {
        type: "session.upserted",
        serverID: LOCAL,
        origin: "event",
        session: aSession({ id: "s1", projectID: "p1", updatedMs: minutesAgo(0) }),
      },
      { type: "session.removed", serverID: LOCAL, sessionID: "s3" },
      {
        type: "session.upserted",
        serverID: LOCAL,
        origin: "event",
        session: aSession({ id: "s6", projectID: "p1", updatedMs: minutesAgo(4) }),
      },
    );
    const { roots, groups, order } = treeShape(moved, ALL_SESSIONS);
    const remade = treeShape(moved, ALL_SESSIONS, shape);
    assert.deepEqual(
      { roots: remade.roots, groups: remade.groups, order: remade.order },
      { roots, groups, order },
    );
    assert.equal(treeShape(before, ALL_SESSIONS, shape), shape);
    // Lists with the same content keep their identity, so that only the others are redrawn.
    const build = serverElement("https://build.example");
    assert.equal(remade.groups.get(build), shape.groups.get(build));
    assert.notEqual(
      remade.groups.get(projectElement(LOCAL, "p1")),
      shape.groups.get(projectElement(LOCAL, "p1")),
    );
  });

  it("knows the parent of each element", () => {
    const state = severalServers();
    const shape = treeShape(state, ALL_SESSIONS);
    const check = (element: string): void => {
      for (const child of childElements(state, shape, element)) {
        assert.equal(parentElement(state, shape, child), element);
        check(child);
      }
    };
    for (const root of shape.roots) {
      assert.equal(parentElement(state, shape, root), undefined);
      check(root);
    }
    assert.equal(parentElement(state, shape, "gone@nowhere"), undefined);
  });

  it("knows whether it contains a session", () => {
    const state = everyState();
    const shape = treeShape(state, ALL_SESSIONS);
    const isThere = (sessionID: string): boolean =>
      isInTree(state, shape, { serverID: LOCAL, sessionID });
    assert.equal(isThere("grandchild"), true);
    assert.equal(isThere("archived"), false);
    assert.equal(isThere("gone"), false);
  });

  it("says that a server's sessions are shown under another server with the same database", () => {
    const sessions = [aSession({ id: "same", title: "Same" })];
    const state = stateWith(
      aServer({ id: LOCAL, name: "first", sessions }),
      aServer({ id: "http://127.0.0.1:5000", name: "second", sessions }),
    );
    assert.equal(
      renderTree(state),
      [
        "> [server] first  1 session",
        "    [circle-outline] Same  30m",
        "> [server] second  same sessions as another server",
        "",
      ].join("\n"),
    );
  });
});
