import assert from "node:assert/strict";

import { sessionKey } from "../../../src/core/state/session.ts";
import { switchItems } from "../../../src/viewModels/tree/switchItems.ts";
import { aServer, aSession, minutesAgo, NOW_MS, stateWith } from "../../support/seed/builders.ts";

const A = "http://127.0.0.1:4096";
const B = "http://127.0.0.1:4097";

function ids(items: ReturnType<typeof switchItems>): string[] {
  return items.map(({ ref }) => sessionKey(ref.serverID, ref.sessionID));
}

describe("switchItems", () => {
  const state = stateWith(
    aServer({
      id: A,
      sessions: [
        aSession({ id: "old", updatedMs: minutesAgo(90), costUSD: 0.23, tokens: 45_200 }),
        aSession({ id: "filed", updatedMs: minutesAgo(1), archivedMs: minutesAgo(1) }),
        aSession({ id: "child", parentID: "old", updatedMs: minutesAgo(80) }),
        aSession({ id: "busyChild", parentID: "old", updatedMs: minutesAgo(70) }),
      ],
      activities: { busyChild: { kind: "working", sinceMs: minutesAgo(2) } },
    }),
    aServer({
      id: B,
      name: "remote $(bomb)",
      sessions: [
        aSession({ id: "new", title: "$(bug) <b>new</b>\nline", updatedMs: minutesAgo(5) }),
      ],
    }),
  );
  const context = { nowMs: NOW_MS, active: undefined };

  it("lists roots of all servers and running sessions, most recent first, without archived ones", () => {
    const items = switchItems(state, context, { includesChildren: false });
    assert.deepEqual(ids(items), [`busyChild@${A}`, `new@${B}`, `old@${A}`]);
  });

  it("adds every child on request, and marks them", () => {
    const items = switchItems(state, context, { includesChildren: true });
    assert.deepEqual(ids(items), [`busyChild@${A}`, `new@${B}`, `child@${A}`, `old@${A}`]);
    assert.deepEqual(
      items.map(({ label }) => label.includes("↳")),
      [true, false, true, false],
    );
  });

  it("always lists the active session, and marks it", () => {
    const active = { serverID: A, sessionID: "filed" };
    const items = switchItems(state, { ...context, active }, { includesChildren: false });
    assert.deepEqual(
      items.filter(({ isActive }) => isActive).map(({ ref }) => ref),
      [active],
    );
  });

  it("shows cost, age and server in one line each", () => {
    const [, fresh, old] = switchItems(state, context, { includesChildren: false });
    assert.match(old!.description, /\$0\.23 · 1h/);
    assert.equal(fresh!.icon.id, "circle-outline");
    assert.doesNotMatch(fresh!.label, /\n/);
    assert.match(fresh!.detail, /remote/);
  });

  it("names no server if there is only one", () => {
    const one = stateWith(aServer({ id: A, name: "only one", sessions: [aSession({ id: "a" })] }));
    const [item] = switchItems(one, context, { includesChildren: false });
    assert.equal(item!.detail, "/code/app");
  });
});
