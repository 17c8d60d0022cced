import assert from "node:assert/strict";

import type { ConnectionState } from "../../../src/core/state/state.ts";
import { escapeMarkdown } from "../../../src/viewModels/documents/markdown.ts";
import { baseName, folderTest, normalisePath } from "../../../src/viewModels/text/paths.ts";
import { projectRow, projectTooltip } from "../../../src/viewModels/tree/projectRow.ts";
import { type GroupRow, serverRow, serverTooltip } from "../../../src/viewModels/tree/serverRow.ts";
import { treeShape } from "../../../src/viewModels/tree/sessionTree.ts";
import { projectElement } from "../../../src/viewModels/tree/treeElements.ts";
import { treeDescription, treeMessage } from "../../../src/viewModels/tree/treeMessage.ts";
import { aServer, aSession, minutesAgo, NOW_MS, stateWith } from "../../support/seed/builders.ts";
import { ALL_SESSIONS } from "../../support/renderTree.ts";

const LOCAL = "http://127.0.0.1:4096";

function serverRowOf(connection: ConnectionState): GroupRow {
  const state = stateWith(
    aServer({ sessions: [aSession({ id: "a" })], connection, origin: "settings" }),
  );
  const row = serverRow(state, treeShape(state, ALL_SESSIONS), LOCAL, NOW_MS);
  assert.ok(row);
  return row;
}

describe("a server row", () => {
  it("shows the connection by text, icon and menu context", () => {
    const connected = serverRowOf({ kind: "connected", sinceMs: 1 });
    assert.equal(connected.description, "1 session");
    assert.equal(connected.contextValue, "server connected settings");
    assert.equal(connected.accessibilityLabel, "Server local, connected, 1 session");
    const lost = serverRowOf({
      kind: "lost",
      sinceMs: minutesAgo(3),
      reason: "unreachable",
      message: "",
      nextRetryMs: undefined,
    });
    assert.equal(lost.description, "connection lost 3m · 1 session");
    assert.equal(lost.isDimmed, true);
    assert.equal(lost.accessibilityLabel, "Server local, connection lost 3 minutes ago, 1 session");
    const closed = serverRowOf({
      kind: "unauthorized",
      needs: "password",
      sinceMs: 1,
      message: "",
    });
    assert.equal(closed.description, "password required");
    assert.equal(closed.icon.id, "lock");
  });

  it("shows version, origin and the reason for a lost connection in the tooltip", () => {
    const state = stateWith(
      aServer({
        origin: "managed",
        hostname: "workhorse",
        connection: {
          kind: "lost",
          sinceMs: minutesAgo(3),
          reason: "timeout",
          message: "no *answer*",
          nextRetryMs: undefined,
        },
      }),
    );
    const text = serverTooltip(state, LOCAL, NOW_MS)!.replaceAll("\\", "");
    assert.match(text, /OpenCode 1, version 1\.18\.33/);
    assert.match(text, /Machine: workhorse/);
    assert.match(text, /started by this extension/);
    assert.match(text, /Connection lost 3 minutes ago: no \*answer\*/);
    assert.match(serverTooltip(state, LOCAL, NOW_MS)!, /no \\\*answer\\\*/);
    assert.equal(serverTooltip(state, "gone", NOW_MS), undefined);
  });
});

describe("a project row", () => {
  it("is named after the project, its worktree or a session's directory", () => {
    const state = stateWith(
      aServer({
        projects: [
          { id: "named", worktree: "/code/x", name: "Product" },
          { id: "plain", worktree: "C:\\Code\\Shop", name: undefined },
        ],
        sessions: [
          aSession({ id: "a", projectID: "named", directory: "/code/x" }),
          aSession({ id: "b", projectID: "plain" }),
          aSession({ id: "c", projectID: "unlisted", directory: "/code/lib/src" }),
          aSession({ id: "d", projectID: "global", directory: "/tmp/a@b|c" }),
          aSession({ id: "e", projectID: "own", directory: "/home/dev/own" }),
        ],
      }),
    );
    const shape = treeShape(state, ALL_SESSIONS);
    const labels = shape.roots.map((element) => {
      const row = projectRow(state, shape, element);
      return row === undefined ? undefined : `${row.icon.id} ${row.label}: ${row.description}`;
    });
    assert.deepEqual(labels.sort(), [
      "folder a@b|c: 1 session · /tmp/a@b|c",
      "repo Product: 1 session · /code/x",
      "repo Shop: 1 session · C:\\Code\\Shop",
      "repo own: 1 session · ~/own",
      "repo src: 1 session · /code/lib/src",
    ]);
    const element = projectElement(LOCAL, "plain");
    assert.equal(projectTooltip(state, element), "**Shop**  \nC\\:\\\\Code\\\\Shop");
    const atHome = projectTooltip(state, projectElement(LOCAL, "own")) ?? "";
    assert.equal(atHome.replaceAll("\\", ""), "**own**  \n~/own");
    assert.equal(projectRow(state, shape, "project:gone|x"), undefined);
  });
});

describe("the text around the tree", () => {
  const state = stateWith(
    aServer({
      sessions: [aSession({ id: "a", title: "One" }), aSession({ id: "b", title: "Two" })],
    }),
  );

  it("says how much of the list a filter leaves visible", () => {
    assert.equal(treeMessage(treeShape(state, ALL_SESSIONS)), undefined);
    assert.equal(
      treeMessage(treeShape(state, { ...ALL_SESSIONS, filter: "ONE" })),
      "Filter “ONE”: 1 of 2 sessions",
    );
  });

  it("leaves an empty view to the welcome text, which can clear the filter", () => {
    assert.equal(treeMessage(treeShape(state, { ...ALL_SESSIONS, filter: "none" })), undefined);
  });

  it("names the choices that differ from the default", () => {
    assert.equal(treeDescription(ALL_SESSIONS), "");
    assert.equal(
      treeDescription({
        ...ALL_SESSIONS,
        scope: "workspace",
        folders: ["/a"],
        sort: "cost",
        includesArchived: true,
        pinned: new Set(),
      }),
      "this workspace · by cost · with archived",
    );
    assert.equal(treeDescription({ ...ALL_SESSIONS, scope: "workspace" }), "");
  });
});

describe("paths from any machine", () => {
  it("are compared in a normalised form", () => {
    assert.equal(normalisePath("C:\\Code\\App\\"), "c:/Code/App");
    assert.equal(normalisePath("/"), "/");
    const isInside = folderTest(["/code/app", "c:/Code"]);
    assert.equal(isInside("/code/app/"), true);
    assert.equal(isInside("/code/app/sub"), true);
    assert.equal(isInside("/code/app2"), false);
    assert.equal(isInside("C:\\Code\\x"), true);
    assert.equal(folderTest(["/"])("/anything"), true);
    assert.equal(folderTest([])("/anything"), false);
  });

  it("yield their last segment", () => {
    assert.equal(baseName("/code/app/"), "app");
    assert.equal(baseName("C:\\Code\\Shop"), "Shop");
    assert.equal(baseName("/"), "/");
  });
});

describe("escaping", () => {
  it("leaves no markup", () => {
    assert.equal(escapeMarkdown("a*b\n<c>"), "a\\*b \\<c\\>");
    assert.equal(escapeMarkdown("~~a~~ `b` {c} |d|"), "\\~\\~a\\~\\~ \\`b\\` \\{c\\} \\|d\\|");
  });
});
