import assert from "node:assert/strict";
import { agentServerID } from "../../../src/core/cluster.ts";
import { reduce } from "../../../src/core/reducer.ts";
import { sessionKey } from "../../../src/core/session.ts";
import type { State } from "../../../src/core/state.ts";
import { clusterBranch } from "../../../src/viewModels/clusterBranch.ts";
import { missingRole } from "../../../src/viewModels/clusterRole.ts";
import { withNamespaces, withoutNamespace } from "../../../src/viewModels/clusterSettings.ts";
import { DrawnTree } from "../../../src/viewModels/drawnTree.ts";
import { namespaceLines, objectLines } from "../../../src/viewModels/kubectlLines.ts";
import { childElements, parentElement, treeShape } from "../../../src/viewModels/sessionTree.ts";
import { treeTooltip } from "../../../src/viewModels/treeRow.ts";
import { aServer, aSession, minutesAgo, NOW_MS, stateWith } from "../../support/builders.ts";
import {
  aCronTask,
  aNamespace,
  anAgent,
  aSummary,
  aTask,
  DEV,
} from "../../support/clusterBuilders.ts";
import { assertGolden } from "../../support/golden.ts";
import { ALL_SESSIONS, renderTree } from "../../support/renderTree.ts";

const CODER = agentServerID({ ...DEV, name: "coder" });
const OPTIONS = { ...ALL_SESSIONS, branch: clusterBranch };

function title(task: string): string {
  return `kubeopencode/dev/${task}/${`${task}-uid-1234567`.slice(0, 8)}`;
}

/** A local server, and a namespace with everything a row can say. */
function world(): State {
  const before = stateWith(
    aServer({ name: "Local", sessions: [aSession({ id: "mine", title: "My own" })] }),
    aServer({
      id: CODER,
      origin: "kubernetes",
      sessions: [
        aSession({ id: "live", title: title("live"), costUSD: 0.1, tokens: 1000 }),
        aSession({ id: "kid", parentID: "live", title: "A child", costUSD: 0.05, tokens: 500 }),
        aSession({ id: "done", title: title("done"), costUSD: 0.23, tokens: 45_000 }),
        aSession({ id: "kid2", parentID: "done", title: "Its child", costUSD: 0.12, tokens: 900 }),
        aSession({ id: "other", title: "By hand", costUSD: 1, tokens: 10 }),
      ],
    }),
  );
  return reduce(before, [
    ...aNamespace({
      agents: [
        anAgent("coder", { maxConcurrentTasks: 3, profile: "reviewer" }),
        anAgent("sleeper", { isSuspended: true, isReady: false }),
        anAgent("dozer", {
          isSuspended: true,
          isReady: false,
          standbyAfter: "30m",
          idleSinceMs: minutesAgo(40),
        }),
        anAgent("broken", { isReady: false }),
      ],
      tasks: [
        aTask("live", {
          phase: "Running",
          createdMs: minutesAgo(3),
          startedMs: minutesAgo(2),
          timeoutMs: 30 * 60_000,
          podName: "live-pod",
        }),
        aTask("done", {
          phase: "Completed",
          createdMs: minutesAgo(30),
          startedMs: minutesAgo(29),
          endedMs: minutesAgo(20),
          session: {
            id: "done",
            url: undefined,
            title: title("done"),
            summary: aSummary({ changes: { files: 3, additions: 12, deletions: 4 } }),
          },
        }),
        aTask("halted", {
          phase: "Stopped",
          reason: "Timeout",
          createdMs: minutesAgo(50),
          session: { id: "gone", url: undefined, title: undefined, summary: aSummary() },
        }),
        aTask("queued", { phase: "Queued", reason: "AgentAtCapacity", createdMs: minutesAgo(1) }),
        aTask("failed", { phase: "Failed", reason: "AgentError", misread: ["cost"] }),
        aTask("alone", { phase: "Running", agent: undefined, template: "small" }),
        aTask("orphan", { agent: "no-such-agent" }),
      ],
      cronTasks: [
        aCronTask("nightly", { nextMs: NOW_MS + 3_600_000 }),
        aCronTask("off", { isSuspended: true }),
      ],
    }),
    {
      type: "agentLink.changed",
      ...DEV,
      agent: "coder",
      link: { kind: "open", transport: "portForward", note: undefined },
    },
    {
      type: "agentLink.changed",
      ...DEV,
      agent: "broken",
      link: { kind: "failed", message: "the agent has no ready pod now" },
    },
  ]).state;
}

describe("clusters in the tree", () => {
  it("stand below the servers, with agents, tasks, their sessions and children", () => {
    assertGolden("clusters", renderTree(world(), OPTIONS));
  });

  it("sort tasks by cost, children included, and find them by name", () => {
    const state = world();
    const shape = treeShape(state, { ...OPTIONS, sort: "cost" });
    const names = childElements(state, shape, `server:${CODER}`).map((each) =>
      each.split("/").at(-1),
    );
    assert.deepEqual(names.slice(0, 3), ["done", "halted", "live"]);
    const filtered = treeShape(state, { ...OPTIONS, filter: "HALT" });
    assert.deepEqual(
      childElements(state, filtered, `server:${CODER}`).map((each) => each.split("/").at(-1)),
      ["halted"],
    );
  });

  it("know what stands above each of their elements", () => {
    const state = world();
    const shape = treeShape(state, OPTIONS);
    const visit = (element: string | undefined): void => {
      for (const child of childElements(state, shape, element)) {
        assert.equal(parentElement(state, shape, child), element, child);
        visit(child);
      }
    };
    visit(undefined);
  });

  it("explain the difference between the summary and the tree, and all fields of the session", () => {
    const state = world();
    const shape = treeShape(state, OPTIONS);
    const text = (element: string): string =>
      (treeTooltip(state, shape, element, NOW_MS) ?? "").replaceAll("\\", "");
    const done = text("cluster:tasks:kind/dev/done");
    assert.match(done, /Cost by the cluster: \$0\.23/);
    assert.match(done, /Cost with children: \$0\.35 \(1 child session\)/);
    assert.match(done, /leaves child sessions out: children \+\$0\.12/);
    assert.match(done, /Session id: done/);
    assert.match(text("cluster:tasks:kind/dev/alone"), /runs without a server/);
    assert.match(text("cluster:tasks:kind/dev/halted"), /was deleted on the agent's server/);
    assert.match(text(`server:${agentServerID({ ...DEV, name: "broken" })}`), /no ready pod now/);
  });

  it("draw only the rows that a change is about", () => {
    let state = world();
    const drawn = new DrawnTree(state, OPTIONS, NOW_MS);
    const draw = (element?: string): void => {
      for (const child of drawn.children(state, element)) {
        const row = drawn.row(state, child, NOW_MS);
        if (row !== undefined && row.expansion !== "none") draw(child);
      }
    };
    draw();
    const change = (...actions: Parameters<typeof reduce>[1]) => {
      const reduced = reduce(state, actions);
      state = reduced.state;
      drawn.note(reduced.changes, state);
      const redraw = drawn.take(state, NOW_MS);
      return redraw.kind === "elements" ? [...redraw.elements].sort() : redraw.kind;
    };
    const running = aTask("queued", { phase: "Running", createdMs: minutesAgo(1) });
    const upserted = { type: "clusterObject.upserted", ...DEV, kind: "tasks" } as const;
    assert.deepEqual(change({ ...upserted, object: running }), [
      "cluster:namespace:kind/dev",
      "cluster:tasks:kind/dev/queued",
      `server:${CODER}`,
    ]);
    assert.equal(change({ ...upserted, object: running }), "nothing", "the same again");
    const kid = state.servers.get(CODER)!.sessions.get("kid")!;
    const totals = { costUSD: 0.5, tokens: kid.totals!.tokens };
    assert.deepEqual(
      change({ type: "session.totals", serverID: CODER, sessionID: "kid", totals }),
      ["cluster:tasks:kind/dev/live", sessionKey(CODER, "kid"), sessionKey(CODER, "live")],
      "a child's cost is its task's",
    );
    const removed = { type: "clusterObject.removed", ...DEV, kind: "tasks", name: "live" } as const;
    const after = change(removed);
    assert.ok(Array.isArray(after) && after.includes(`server:${CODER}`));
  });

  it("follow when one namespace takes another's place at once", () => {
    const state = world();
    const shape = treeShape(state, OPTIONS);
    const { state: next } = reduce(state, [
      { type: "namespace.removed", ...DEV },
      { type: "namespace.found", ...DEV, namespace: "ops" },
    ]);
    assert.equal(treeShape(next, OPTIONS, shape).roots.at(-1), "cluster:namespace:kind/ops");
  });

  it("say why a namespace shows nothing", () => {
    const lost = (reason: "notInstalled" | "forbidden" | "unreachable"): string => {
      const { state } = reduce(stateWith(), [
        { type: "namespace.found", ...DEV },
        {
          type: "namespace.changed",
          ...DEV,
          changes: { watch: { kind: "lost", sinceMs: minutesAgo(3), reason, message: "why" } },
        },
      ]);
      return renderTree(state, OPTIONS).trim();
    };
    assert.equal(
      lost("notInstalled"),
      "> [debug-disconnect] kind / dev  KubeOpenCode is not installed here (dim)",
    );
    assert.equal(lost("forbidden"), "> [lock] kind / dev  not allowed (dim)");
    assert.equal(lost("unreachable"), "> [debug-disconnect] kind / dev  lost 3m (dim)");
  });
});

describe("what is copied for a cluster", () => {
  it("is the kubectl line of each thing that can be done, safe in a shell", () => {
    const at = { clusterID: "it's a (test)", namespace: "dev" };
    const lines = objectLines(
      { ...at, kind: "tasks", name: "one" },
      aTask("one", { podName: "one-pod" }),
    );
    assert.deepEqual(
      lines.map(({ line }) => line.replace("kubectl --context 'it'\\''s a (test)' -n dev ", "")),
      [
        "get task.kubeopencode.io one -o yaml",
        "logs -f one-pod -c agent",
        "annotate task.kubeopencode.io one kubeopencode.io/stop=true",
        "delete task.kubeopencode.io one",
      ],
    );
    const cron = objectLines({ ...at, kind: "cronTasks", name: "nightly" });
    assert.ok(cron.some(({ line }) => line.endsWith(`-p '{"spec":{"suspend":true}}'`)));
    assert.ok(namespaceLines(at).length > 0);
  });

  it("is the Role with what is missing, and no more", () => {
    const role = missingRole(DEV, new Set(["get pods/portforward", "create pods/portforward"]));
    assert.match(role, /resources: \["pods\/portforward"\]\n {4}verbs: \["get", "create"\]/);
    assert.equal(role.match(/apiGroups/g)?.length, 1);
    assert.match(role, /namespace: dev/);
    assert.ok((missingRole(DEV, undefined).match(/apiGroups/g)?.length ?? 0) > 5);
  });

  it("adds and takes away namespaces of the setting, and leaves what it cannot read", () => {
    const odd = { context: 7 };
    const one = withNamespaces([odd], "kind", ["dev"]);
    const two = withNamespaces(one, "kind", ["ops", "dev"]);
    assert.deepEqual(two, [odd, { context: "kind", namespaces: ["dev", "ops"] }]);
    assert.deepEqual(withoutNamespace(withoutNamespace(two, "kind", "dev"), "kind", "ops"), [odd]);
  });
});
