import assert from "node:assert/strict";
import {
  agentServerID,
  type NamespaceProblem,
  type NamespaceWatch,
} from "../../../src/core/state/cluster.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import { sessionKey } from "../../../src/core/state/session.ts";
import type { State } from "../../../src/core/state/state.ts";
import { NO_USAGE } from "../../../src/core/usage/usage.ts";
import { clusterBranch } from "../../../src/viewModels/cluster/clusterBranch.ts";
import { namespaceRow } from "../../../src/viewModels/cluster/clusterRows.ts";
import { namespaceTooltip } from "../../../src/viewModels/cluster/clusterTooltips.ts";
import { missingRole } from "../../../src/viewModels/cluster/clusterRole.ts";
import {
  withNamespaces,
  withoutNamespace,
} from "../../../src/viewModels/cluster/clusterSettings.ts";
import { DrawnTree } from "../../../src/viewModels/tree/drawnTree.ts";
import { namespaceLines, objectLines } from "../../../src/viewModels/cluster/kubectlLines.ts";
import {
  childElements,
  parentElement,
  treeShape,
} from "../../../src/viewModels/tree/sessionTree.ts";
import { treeRow, treeTooltip } from "../../../src/viewModels/tree/treeRow.ts";
import { aServer, aSession, minutesAgo, NOW_MS, stateWith } from "../../support/seed/builders.ts";
import {
  aCronTask,
  aNamespace,
  anAgent,
  aSummary,
  aTask,
  DEV,
} from "../../support/kubernetes/clusterBuilders.ts";
import { assertGolden } from "../../support/golden.ts";
import { ALL_SESSIONS, renderTree } from "../../support/renderTree.ts";

const CODER = agentServerID({ ...DEV, name: "coder" });
const OPTIONS = { ...ALL_SESSIONS, branch: clusterBranch };

function title(task: string): string {
  return `kubeopencode/dev/${task}/${`${task}-uid-1234567`.slice(0, 8)}`;
}

/** A local server, and a namespace with everything a row can show. */
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
        anAgent("coder", {
          template: "base",
          maxConcurrentTasks: 3,
          quota: { maxTaskStarts: 5, windowMs: 600_000 },
          profile: "reviewer",
        }),
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
  it("appear below the servers, with agents, tasks, their sessions and children", () => {
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

  it("are filtered like everything else, including agents and cron tasks", () => {
    const state = world();
    const shown = (filter: string): readonly string[] => {
      const shape = treeShape(state, { ...OPTIONS, filter });
      const visit = (element: string | undefined): readonly string[] =>
        childElements(state, shape, element).flatMap((child) => {
          const row = treeRow(state, shape, child, {
            nowMs: NOW_MS,
            active: undefined,
            titleLength: 0,
          });
          return [`${String(row?.label)} ${String(row?.expansion)}`, ...visit(child)];
        });
      return visit(undefined);
    };
    assert.deepEqual(shown("HALTED"), ["kind / dev expanded", "coder expanded", "halted none"]);
    assert.deepEqual(shown("night"), ["kind / dev expanded", "nightly none"]);
    assert.deepEqual(shown("a child"), [
      "kind / dev expanded",
      "coder expanded",
      "live expanded",
      `${title("live")} expanded`,
      "A child none",
    ]);
    assert.equal(shown("coder").includes("queued none"), true, "all of an agent that matches");
    assert.deepEqual(shown("no such thing"), []);
  });

  it("know the parent of each element", () => {
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

  it("mark a running task's cost like its session's", () => {
    const usage = { ...NO_USAGE, recordedUSD: 0.1, unpricedTokens: 400 };
    const costs = new Map([["live", usage]]);
    const known = { type: "costs.known", serverID: CODER, costs, prices: new Map() } as const;
    const { state } = reduce(world(), [known]);
    const row = renderTree(state, OPTIONS)
      .split("\n")
      .find((line) => line.includes(" live"));
    assert.match(row ?? "", /≥ \$0\.15/);
  });

  it("explain the difference between the summary and the tree, and all of the session's fields", () => {
    const state = world();
    const shape = treeShape(state, OPTIONS);
    const text = (element: string): string =>
      (treeTooltip(state, shape, element, NOW_MS) ?? "").replaceAll("\\", "");
    const done = text("cluster:tasks:kind/dev/done");
    assert.match(done, /Cost by the cluster: \$0\.23/);
    assert.match(done, /Cost with sub-sessions: \$0\.35 \(1 sub-session\)/);
    assert.match(done, /leaves sub-sessions out: \+\$0\.12/);
    assert.match(done, /Session id: done/);
    assert.match(text("cluster:tasks:kind/dev/alone"), /runs without a server/);
    assert.match(text("cluster:tasks:kind/dev/halted"), /was deleted on the agent's server/);
    assert.match(text(`server:${agentServerID({ ...DEV, name: "broken" })}`), /no ready pod now/);
    const coder = text(`server:${agentServerID({ ...DEV, name: "coder" })}`);
    assert.match(coder, /Template: base/);
    assert.match(coder, /Quota: 5 task starts in 10m/);
  });

  it("redraw only the rows affected by a change", () => {
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

  it("update when one namespace replaces another in a single step", () => {
    const state = world();
    const shape = treeShape(state, OPTIONS);
    const { state: next } = reduce(state, [
      { type: "namespace.removed", ...DEV },
      { type: "namespace.found", ...DEV, namespace: "ops" },
    ]);
    assert.equal(treeShape(next, OPTIONS, shape).roots.at(-1), "cluster:namespace:kind/ops");
  });

  it("say what a connected namespace lacks, and do not call a lost agent ready", () => {
    const state = (problem: NamespaceProblem): State =>
      reduce(stateWith(), [
        ...aNamespace({ agents: [anAgent("coder")] }),
        {
          type: "namespace.changed",
          ...DEV,
          changes: { watch: { kind: "connected", sinceMs: NOW_MS, problem } },
        },
        {
          type: "agentLink.changed",
          ...DEV,
          agent: "coder",
          link: { kind: "failed", message: "no way" },
        },
      ]).state;
    for (const [kind, words] of [
      ["forbidden", "some access denied"],
      ["missing", "no such namespace"],
      ["failed", "partly unreadable"],
    ] as const) {
      const text = renderTree(state({ kind, message: "its reason" }), OPTIONS);
      assert.ok(text.includes(words), text);
      assert.match(text, /coder.*cannot be reached/);
      assert.doesNotMatch(text, /coder.*ready/);
    }
  });

  it("say of a suspended agent only that it is suspended", () => {
    const { state } = reduce(stateWith(), [
      ...aNamespace({ agents: [anAgent("sleeper", { isSuspended: true, isReady: false })] }),
      {
        type: "agentLink.changed",
        ...DEV,
        agent: "sleeper",
        link: { kind: "failed", message: "the agent is suspended" },
      },
    ]);
    assert.match(renderTree(state, OPTIONS), /sleeper {2}suspended \(dim\)$/m);
    const sleeper = `server:${agentServerID({ ...DEV, name: "sleeper" })}`;
    const tooltip = treeTooltip(state, treeShape(state, OPTIONS), sleeper, NOW_MS) ?? "";
    assert.match(tooltip, /Resume it to see its sessions/);
    assert.doesNotMatch(tooltip, /cannot be reached/);
  });

  it("show no counts for a namespace that does not exist or is unknown", () => {
    const watches: readonly NamespaceWatch[] = [
      {
        kind: "connected",
        sinceMs: NOW_MS,
        problem: { kind: "missing", message: "The cluster has no namespace “dev”." },
      },
      { kind: "connecting" },
      { kind: "lost", sinceMs: NOW_MS, reason: "forbidden", message: "it is forbidden" },
    ];
    for (const watch of watches) {
      const { state } = reduce(stateWith(), [
        { type: "namespace.found", ...DEV },
        { type: "namespace.changed", ...DEV, changes: { watch } },
      ]);
      const namespace = state.clusters.get("kind/dev")!;
      const row = namespaceRow(namespace, NOW_MS);
      const said = [row.description, row.accessibilityLabel, namespaceTooltip(namespace)];
      assert.doesNotMatch(said.join("\n"), /0 agents|0 tasks|Agents: 0|tasks: 0/i);
    }
    const { state } = reduce(stateWith(), aNamespace({}));
    const empty = state.clusters.get("kind/dev")!;
    assert.equal(namespaceRow(empty, NOW_MS).description, "0 agents · 0 tasks");
    assert.match(namespaceTooltip(empty), /Agents: 0/);
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
    assert.equal(lost("unreachable"), "> [debug-disconnect] kind / dev  connection lost 3m (dim)");
  });
});

describe("the text copied for a cluster", () => {
  it("is a shell-safe kubectl line for each possible action", () => {
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

  it("is a Role with only the missing permissions", () => {
    const role = missingRole(DEV, new Set(["get pods/portforward", "create pods/portforward"]));
    assert.match(role, /resources: \["pods\/portforward"\]\n {4}verbs: \["get", "create"\]/);
    assert.equal(role.match(/apiGroups/g)?.length, 1);
    assert.match(role, /namespace: dev/);
    assert.ok((missingRole(DEV, undefined).match(/apiGroups/g)?.length ?? 0) > 5);
  });

  it("adds and removes namespaces in the setting, and keeps entries it cannot read", () => {
    const odd = { context: 7 };
    const one = withNamespaces([odd], "kind", ["dev"]);
    const two = withNamespaces(one, "kind", ["ops", "dev"]);
    assert.deepEqual(two, [odd, { context: "kind", namespaces: ["dev", "ops"] }]);
    assert.deepEqual(withoutNamespace(withoutNamespace(two, "kind", "dev"), "kind", "ops"), [odd]);
  });
});
