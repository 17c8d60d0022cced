import assert from "node:assert/strict";

import { SETTINGS } from "../../../src/platform/settings.ts";
import { attentionItems, newMemory } from "../../../src/core/state/attention.ts";
import type { State } from "../../../src/core/state/state.ts";
import { attentionRow, attentionTooltip } from "../../../src/viewModels/attention/attentionRow.ts";
import {
  AttentionNotices,
  isAnnounced,
  childEndItem,
  noticeOf,
  summaryMessage,
} from "../../../src/viewModels/attention/attentionNotices.ts";
import {
  aPermission,
  aServer,
  aSession,
  after,
  minutesAgo,
  NOW_MS,
  type ServerSpec,
  stateWith,
} from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const working = { kind: "working", sinceMs: minutesAgo(5) } as const;

/** A root with a child that has been waiting for three minutes. */
function waiting(...servers: readonly ServerSpec[]): State {
  return stateWith(
    aServer({
      name: "This machine",
      sessions: [
        aSession({ id: "root", title: "Fix login" }),
        aSession({ id: "child", parentID: "root", title: "Find callers" }),
        aSession({ id: "other", title: "Write docs" }),
        aSession({ id: "done", title: "Tidy up" }),
      ],
      activities: { root: working, child: working },
      requests: [aPermission("child")],
    }),
    ...servers,
  );
}

const itemsOf = (state: State) => attentionItems(state, newMemory(minutesAgo(60)));

describe("an attention row", () => {
  it("shows the waiting child with its root's name", () => {
    const state = waiting();
    const [item] = itemsOf(state);
    const row = attentionRow(state, item!, NOW_MS);
    assert.equal(row.label, "Find callers");
    assert.equal(row.description, "bash: npm test · in Fix login · 3m");
    assert.equal(row.contextValue, "attention permission asks");
    assert.equal(
      row.accessibilityLabel,
      "Find callers asks for permission, bash: npm test, sub-session of Fix login, 3 minutes ago",
    );
  });

  it("names the server if there are several", () => {
    const state = waiting(aServer({ id: "http://127.0.0.1:5000", name: "Build box" }));
    const row = attentionRow(state, itemsOf(state)[0]!, NOW_MS);
    assert.equal(row.description, "bash: npm test · in Fix login · This machine · 3m");
  });

  it("says what kind of news it is", () => {
    const state = after(waiting(), {
      type: "session.failed",
      serverID,
      sessionID: "other",
      message: "no credit",
      atMs: NOW_MS,
    });
    const memory = {
      ...newMemory(minutesAgo(60)),
      finished: new Map([["done", { serverID, atMs: NOW_MS }]]),
    };
    assert.deepEqual(
      attentionItems(state, memory).map((item) => {
        const { label, description, icon } = attentionRow(state, item, NOW_MS);
        return [label, description, icon.id];
      }),
      [
        ["Find callers", "bash: npm test · in Fix login · 3m", "shield"],
        ["Write docs", "failed: no credit · now", "error"],
        ["Tidy up", "finished · now", "pass"],
      ],
    );
  });

  it("keeps a command from breaking out of the tooltip", () => {
    const state = after(waiting(), {
      type: "request.opened",
      serverID,
      request: aPermission("root", { id: "evil", command: "echo ```\n[x](command:evil) ````" }),
    });
    const item = itemsOf(state).find(({ key }) => key === "request evil");
    const tooltip = attentionTooltip(state, item!, NOW_MS);
    assert.ok(tooltip.includes("`````text\nTool: bash"));
    assert.ok(tooltip.includes("[x](command:evil) ````\n"));
  });
});

describe("attention notices", () => {
  it("name session, root and server, and appear only once per item", () => {
    const state = waiting();
    const notices = new AttentionNotices([]);
    const { items } = notices.take(itemsOf(state), [], NOW_MS);
    assert.deepEqual(
      items.map((item) => {
        const { message, canAnswer } = noticeOf(state, item);
        return [message, canAnswer];
      }),
      [["“Find callers” in “Fix login” on This machine asks for permission: bash: npm test", true]],
    );
    assert.deepEqual(notices.take(itemsOf(state), [], NOW_MS).items, []);
  });

  it("are by default of what waits for the user and what failed, not of what finished", () => {
    const { default: setting } = SETTINGS.notifications;
    const kinds = ["permission", "question", "failed", "finished"] as const;
    assert.deepEqual(
      kinds.filter((kind) => isAnnounced(kind, setting)),
      ["permission", "question", "failed"],
    );
    assert.ok(kinds.every((kind) => isAnnounced(kind, "roots") && !isAnnounced(kind, "off")));
  });

  it("skip items already listed", () => {
    const items = itemsOf(waiting());
    assert.deepEqual(new AttentionNotices(items).take(items, [], NOW_MS).items, []);
  });

  it("wait longer for requests that were pending before we connected: servers connect in turn", () => {
    const found = after(
      stateWith(aServer({ sessions: [aSession({ id: "a" }), aSession({ id: "b" })] })),
      ...["a", "b"].map((id) => {
        const request = { ...aPermission(id), wasPending: true } as const;
        return { type: "request.opened", serverID, request } as const;
      }),
    );
    const { items, delayMs } = new AttentionNotices([]).take(itemsOf(found), [], NOW_MS);
    assert.equal(summaryMessage(items), "OpenCode: 2 requests waiting for you.");
    assert.equal(delayMs, 2_500);
  });

  it("wait a second for others, and longer for those that trickle in afterwards", () => {
    const ids = ["a", "b", "c", "d", "e"];
    const state = stateWith(
      aServer({
        sessions: ids.map((id) => aSession({ id })),
        requests: ids.map((id) => aPermission(id)),
      }),
    );
    const all = itemsOf(state);
    const together = new AttentionNotices([]).take(all, [], NOW_MS);
    assert.deepEqual([together.items.length, together.delayMs], [5, 1_000]);
    const slowly = new AttentionNotices([]);
    const taken = all.map((_item, index) =>
      slowly.take(all.slice(0, index + 1), [], NOW_MS + index * 2_000),
    );
    assert.deepEqual(
      taken.map(({ items, delayMs }) => [items.length, delayMs]),
      [
        [1, 1_000],
        [1, 2_500],
        [1, 2_500],
        [1, 1_000],
        [1, 2_500],
      ],
    );
  });

  it("do not announce past failures", () => {
    const state = stateWith(
      aServer({
        sessions: [aSession({ id: "a" }), aSession({ id: "b" })],
        live: () =>
          [minutesAgo(5), NOW_MS].map((atMs, index) => ({
            type: "session.failed",
            serverID,
            sessionID: index === 0 ? "a" : "b",
            message: "no credit",
            atMs,
          })),
      }),
    );
    const { items } = new AttentionNotices([]).take(itemsOf(state), [], NOW_MS);
    assert.deepEqual(
      items.map((item) => noticeOf(state, item).message),
      ["“b” on local failed: no credit"],
    );
  });

  it("announce a child's end on request", () => {
    const state = waiting();
    const end = { serverID, sessionID: "child", outcome: "finished" } as const;
    const item = childEndItem(state, end, undefined, NOW_MS);
    const { items } = new AttentionNotices(itemsOf(state)).take(
      itemsOf(state),
      item === undefined ? [] : [item],
      NOW_MS,
    );
    assert.deepEqual(
      items.map((each) => noticeOf(state, each).message),
      ["“Find callers” in “Fix login” on This machine has finished."],
    );
    assert.equal(childEndItem(state, { ...end, sessionID: "root" }, undefined, NOW_MS), undefined);
    assert.equal(
      childEndItem(state, { ...end, outcome: "interrupted" }, undefined, NOW_MS),
      undefined,
    );
  });
});
