import assert from "node:assert/strict";
import {
  parseAgent,
  parseCronTask,
  parseTask,
} from "../../../../src/sources/kubernetes/parseObjects.ts";

const metadata = { name: "t", uid: "12345678-9", creationTimestamp: "2026-11-21T10:00:00Z" };

describe("parsing KubeOpenCode's objects", () => {
  it("reads a session summary as the code writes it: cost as text, tokens as an object, zeros omitted", () => {
    const task = parseTask({
      metadata,
      spec: { agentRef: { name: "coder" }, description: "Count", timeout: "1h30m" },
      status: {
        phase: "Completed",
        startTime: "2026-11-21T10:00:00Z",
        completionTime: "2026-11-21T10:05:00Z",
        session: {
          id: "ses_1",
          title: "kubeopencode/dev/t/12345678",
          summary: { messageCount: 4, cost: "0.230000", tokenUsage: { input: 10, cache: 5 } },
        },
      },
    });
    assert.equal(task?.timeoutMs, 5_400_000);
    assert.equal(task.session?.url, undefined);
    assert.deepEqual(task.session?.summary, {
      messageCount: 4,
      costUSD: 0.23,
      totalTokens: 15,
      tokens: { input: 10, output: 0, reasoning: 0, cache: 5 },
      changes: { files: 0, additions: 0, deletions: 0 },
    });
    assert.deepEqual(task.misread, []);
  });

  it("reads a session summary as documented: numbers and a URL", () => {
    const task = parseTask({
      metadata,
      status: {
        phase: "Completed",
        session: {
          url: "http://coder/session/ses_1",
          summary: { cost: 0.23, tokenUsage: 45_000, filesChanged: 2, additions: 3, deletions: 1 },
        },
      },
    });
    assert.equal(task?.session?.url, "http://coder/session/ses_1");
    assert.equal(task.session.summary?.costUSD, 0.23);
    assert.equal(task.session.summary.totalTokens, 45_000);
    assert.equal(task.session.summary.tokens, undefined);
    assert.deepEqual(task.session.summary.changes, { files: 2, additions: 3, deletions: 1 });
  });

  it("distinguishes a stopped task from a completed one, and treats a missing phase as Pending", () => {
    const stopped = { type: "Stopped", status: "True", reason: "Timeout" };
    const parsed = parseTask({ metadata, status: { phase: "Completed", conditions: [stopped] } });
    assert.equal(parsed?.phase, "Stopped");
    assert.equal(parsed.reason, "Timeout");
    assert.equal(parseTask({ metadata, status: { phase: "" } })?.phase, "Pending");
    assert.equal(parseTask({ metadata })?.phase, "Pending");
  });

  it("names the unreadable parts of a malformed status, and reads the rest", () => {
    const task = parseTask({
      metadata,
      spec: "none",
      status: {
        phase: "Dancing",
        session: { title: 7, summary: { cost: "a lot", messageCount: -1, tokenUsage: "many" } },
      },
    });
    assert.deepEqual([...(task?.misread ?? [])].sort(), [
      "cost",
      "messageCount",
      "phase",
      "spec",
      "tokenUsage",
    ]);
    assert.equal(task?.session?.summary?.costUSD, 0);
    assert.deepEqual(parseTask({ metadata, status: [] })?.misread, ["status"]);
    assert.deepEqual(parseTask({ metadata, status: { session: "x" } })?.misread, ["session"]);
    assert.equal(parseTask({ metadata: {} }), undefined);
  });

  it("leaves out names and ports that would lead a request elsewhere, and says so", () => {
    for (const hostile of ["../secrets/x?", "a/b", "..", "a%2fb", "x?y", "x#y", "A", "-a", 7]) {
      const task = parseTask({
        metadata,
        spec: { agentRef: { name: hostile } },
        status: { podName: hostile, session: { id: hostile === "A" ? "../x" : hostile } },
      });
      assert.equal(task?.podName, undefined, JSON.stringify(hostile));
      assert.equal(task?.agent, undefined);
      assert.equal(task?.session?.id, undefined);
      assert.deepEqual([...(task?.misread ?? [])].sort(), ["id", "podName"]);
      const agent = parseAgent({ metadata, status: { serviceName: hostile } });
      assert.equal(agent?.serviceName, "t", "KubeOpenCode names the service after the agent");
      assert.deepEqual(agent.misread, ["serviceName"]);
      assert.equal(parseTask({ metadata: { name: hostile } }), undefined);
    }
    for (const hostile of [0, 65_536, 80.5, -1, "80"]) {
      const agent = parseAgent({
        metadata,
        spec: { port: hostile, extraPorts: [{ name: "x", port: hostile }] },
      });
      assert.equal(agent?.port, 4096);
      assert.deepEqual(agent.extraPorts, []);
      assert.deepEqual(agent.misread, ["port"]);
    }
  });

  it("reads an agent's readiness, standby, ports and limits", () => {
    const agent = parseAgent({
      metadata,
      spec: {
        profile: "reviewer",
        port: 5000,
        maxConcurrentTasks: 3,
        standby: { idleTimeout: "30m" },
        extraPorts: [{ name: "app", port: 8080 }, { name: "no port" }],
      },
      status: {
        ready: false,
        suspended: true,
        idleSince: "2026-11-21T10:00:00Z",
        url: "http://t.dev.svc.cluster.local:5000",
        conditions: [{ type: "ServerReady", status: "False", message: "starting" }],
      },
    });
    assert.deepEqual(agent?.extraPorts, [{ name: "app", port: 8080 }]);
    assert.equal(agent.port, 5000);
    assert.equal(agent.standbyAfter, "30m");
    assert.equal(agent.isSuspended, true);
    assert.equal(agent.message, "starting");
    assert.equal(parseAgent({ metadata })?.port, 4096);
  });

  it("fills in an agent's unset fields from its template, like the controller", () => {
    const spec = {
      maxConcurrentTasks: 2,
      extraPorts: [{ name: "app", port: 8080 }],
      quota: { maxTaskStarts: 5, windowSeconds: 600 },
      // Templates do not have these: they come only from the agent.
      port: 9999,
      profile: "the template's",
    };
    const merged = (own: Record<string, unknown>) =>
      parseAgent({ metadata, spec: { templateRef: { name: "base" }, ...own } }, { spec });
    const all = merged({ extraPorts: null });
    assert.equal(all?.template, "base");
    assert.equal(all.maxConcurrentTasks, 2);
    assert.deepEqual(all.extraPorts, [{ name: "app", port: 8080 }]);
    assert.deepEqual(all.quota, { maxTaskStarts: 5, windowMs: 600_000 });
    assert.equal(all.port, 4096);
    assert.equal(all.profile, undefined);

    const none = merged({ maxConcurrentTasks: 0, extraPorts: [], quota: { maxTaskStarts: 1 } });
    assert.equal(none!.maxConcurrentTasks, undefined, "zero is no limit, also against a template");
    assert.deepEqual(none!.extraPorts, []);
    assert.equal(none!.quota, undefined, "a quota is taken whole");
    const own = merged({ maxConcurrentTasks: 7, extraPorts: [{ name: "own", port: 1 }] });
    assert.equal(own?.maxConcurrentTasks, 7);
    assert.deepEqual(own.extraPorts, [{ name: "own", port: 1 }]);
  });

  it("reads a cron task", () => {
    const cronTask = parseCronTask({
      metadata,
      spec: { schedule: "0 3 * * *", suspend: true, timeZone: "Europe/Berlin" },
      status: { active: 1, nextScheduleTime: "2026-11-22T03:00:00Z", totalExecutions: 4 },
    });
    assert.equal(cronTask?.isSuspended, true);
    assert.equal(cronTask.nextMs, Date.UTC(2026, 10, 22, 3));
    assert.equal(cronTask.totalExecutions, 4);
  });
});
