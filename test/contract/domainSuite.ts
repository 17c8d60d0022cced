import assert from "node:assert/strict";
import { getLive, getServer, getSession } from "../../src/core/state/lookup.ts";
import type { QuestionAnswers } from "../../src/core/state/request.ts";
import { contextUse, ownUsage, treeUsage } from "../../src/core/state/selectors.ts";
import type { Session, SessionRef } from "../../src/core/state/session.ts";
import { sessionState, type SessionState } from "../../src/core/state/sessionState.ts";
import type { State } from "../../src/core/state/state.ts";
import { totalTokens, totalUSD } from "../../src/core/usage/usage.ts";
import type { Gateway } from "../../src/server/gateway.ts";
import type { DomainTarget, Truth } from "../support/opencode/domainTarget.ts";
import { startPool, type TestPool } from "../support/opencode/pool.ts";
import { quiet } from "../support/patience.mjs";

/**
 * What the product promises for any server, in domain terms: the same tests run against every generation.
 * The gateway must refuse what a server can't do, and the capabilities must not include it.
 *
 * `isScripted` is false for servers with a real model: then nothing is prompted.
 */
export function domainSuite(start: () => Promise<DomainTarget>, isScripted = true): void {
  let target: DomainTarget;
  let pool: TestPool;
  const serverID = (): string => target.endpoint.serverID;
  const ref = (sessionID: string): SessionRef => ({ serverID: serverID(), sessionID });
  const gateway = (): Gateway => {
    const found = pool.pool.gateway(serverID());
    assert.ok(found !== undefined, "a gateway");
    return found;
  };
  const stateOf = (sessionID: string): SessionState =>
    sessionState(pool.store.state, ref(sessionID));
  const untilKind = (sessionID: string, kind: SessionState["kind"]): Promise<true> =>
    pool.until(
      (state) => sessionState(state, ref(sessionID)).kind === kind || undefined,
      `a session that is ${kind}`,
    );

  before(async () => {
    target = await start();
    pool = connect();
    await connected(pool);
  });

  after(async () => {
    await pool.stop();
    await target.stop();
  });

  function connect(): TestPool {
    const { password } = target;
    return startPool(
      [target.endpoint],
      password === undefined ? new Map() : new Map([[serverID(), password]]),
    );
  }

  function connected(of: TestPool): Promise<true> {
    return of.until(
      (state) => getServer(state, serverID())?.connection.kind === "connected" || undefined,
      "a connection",
    );
  }

  async function newSession(title?: string): Promise<Session> {
    const made = await gateway().createSession({
      directory: target.directory,
      ...(title === undefined ? {} : { title }),
    });
    assert.ok(made.ok, made.ok ? "" : made.error.message);
    return pool.until((state) => getSession(state, ref(made.value.id)), "the new session");
  }

  async function prompt(session: Session, text: string): Promise<void> {
    const asked = await gateway().prompt(session, { text });
    assert.ok(asked.ok, asked.ok ? "" : asked.error.message);
  }

  /** Prompts, then waits until the turn is over and the server's own total is shown. */
  async function turn(session: Session, text: string): Promise<Truth> {
    const before = totalTokens(ownUsage(pool.store.state, ref(session.id)).usage.tokens);
    await prompt(session, text);
    await pool.until((state) => {
      const own = ownUsage(state, ref(session.id));
      const isOver = sessionState(state, ref(session.id)).kind === "idle" && !own.isEstimate;
      return (isOver && totalTokens(own.usage.tokens) > before) || undefined;
    }, "the end of a turn");
    return untilSameAsServer(session.id);
  }

  /** Waits until the session's figures match the server's. */
  async function untilSameAsServer(sessionID: string): Promise<Truth> {
    for (let attempt = 0; ; attempt++) {
      const truth = await target.truth(sessionID);
      const own = ownUsage(pool.store.state, ref(sessionID));
      if (truth !== undefined && own.usage.recordedUSD === truth.costUSD && !own.isEstimate) {
        assert.deepEqual(own.usage.tokens, truth.tokens);
        return truth;
      }
      assert.ok(attempt < 100, `shows ${JSON.stringify(own)}, the server ${JSON.stringify(truth)}`);
      await quiet(50);
    }
  }

  function rows(state: State): readonly Session[] {
    return [...(getServer(state, serverID())?.sessions.values() ?? [])].sort((a, b) =>
      a.id < b.id ? -1 : 1,
    );
  }

  /** The rows seen by a client that connects now. */
  async function freshRows(): Promise<readonly Session[]> {
    const fresh = connect();
    try {
      await connected(fresh);
      await quiet(300);
      return rows(fresh.store.state);
    } finally {
      await fresh.stop();
    }
  }

  it("follows a session from its creation through a rename to its deletion", async () => {
    const session = await newSession("first name");
    assert.equal(session.title, "first name");
    assert.equal(session.directory, target.directory);
    assert.ok((await gateway().rename(session, "second name")).ok);
    await pool.until(
      (state) => getSession(state, ref(session.id))?.title === "second name" || undefined,
      "the new name",
    );
    assert.equal((await target.truth(session.id))?.title, "second name");
    assert.ok((await gateway().remove(session)).ok);
    await pool.until(
      (state) => getSession(state, ref(session.id)) === undefined || undefined,
      "the end",
    );
    assert.equal(await target.truth(session.id), undefined);
  });

  it("reports an action on a deleted session as not found", async () => {
    const session = await newSession("gone");
    assert.ok((await gateway().remove(session)).ok);
    const renamed = await gateway().rename(session, "too late");
    assert.ok(!renamed.ok);
    assert.equal(renamed.error.reason, "notFound");
  });

  it("refuses what it can't do, and offers the rest", async () => {
    const capabilities = getServer(pool.store.state, serverID())?.capabilities;
    assert.ok(capabilities !== undefined);
    const session = await newSession("abilities");
    const archived = await gateway().archive(session, Date.now());
    assert.equal(archived.ok, capabilities.has("archive"));
    const todos = await gateway().todos(session.id);
    assert.equal(todos.ok, capabilities.has("todo"));
    for (const refused of [archived, todos]) {
      if (!refused.ok) assert.equal(refused.error.reason, "unsupported");
    }
    const fresh = await gateway().getSession(session.id);
    assert.ok(fresh.ok);
    assert.equal(fresh.value.archivedMs !== undefined, capabilities.has("archive"));
    assert.ok((await gateway().remove(session)).ok);
  });

  it("lists models, agents, projects and commands", async () => {
    const [models, model, agents, projects, commands] = await Promise.all([
      gateway().models(target.directory),
      gateway().defaultModel(target.directory),
      gateway().agents(target.directory),
      gateway().projects(),
      gateway().slashCommands(target.directory),
    ]);
    assert.ok(models.ok && model.ok && agents.ok && projects.ok && commands.ok);
    assert.ok(agents.value.some(({ isPrimary }) => isPrimary));
    if (!isScripted) return;
    assert.equal(model.value?.modelID, "steady");
    const steady = models.value.find(({ modelID }) => modelID === "steady");
    assert.deepEqual(steady, {
      providerID: "scripted",
      modelID: "steady",
      name: "Steady 2",
      contextLimit: 200_000,
      price: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
    });
    assert.equal(
      models.value.find(({ modelID }) => modelID === "unlimited")?.contextLimit,
      undefined,
    );
    assert.ok(projects.value.some(({ worktree }) => worktree === target.directory));
  });

  if (!isScripted) return;

  it("shows the server's totals after a turn, and how full the context is", async () => {
    const session = await newSession("totals");
    const truth = await turn(session, "Count\nDO think 20 ;; say 40");
    assert.ok(truth.costUSD > 0);
    const fill = contextUse(pool.store.state, ref(session.id));
    assert.ok(fill?.percent !== undefined && fill.percent > 0 && !fill.isEstimate);
    assert.equal(fill.contextLimit, 200_000);
  });

  it("names an untitled session after its first prompt", async () => {
    const session = await newSession();
    await turn(session, "Explain the parser\nDO say 10");
    await pool.until(
      (state) => getSession(state, ref(session.id))?.title === "Explain the parser" || undefined,
      "a title",
    );
    await untilSameAsServer(session.id);
  });

  it("adds children of children to the tree's total, and removes them with their parent", async () => {
    const session = await newSession("family");
    await prompt(
      session,
      "Go\nDO task general Outer { task explore Inner { say 30 } ;; say 20 } ;; say 10",
    );
    await pool.until(
      (state) => treeUsage(state, ref(session.id)).descendants === 2 || undefined,
      "two descendants",
    );
    const child = rows(pool.store.state).find(({ parentID }) => parentID === session.id);
    assert.ok(child !== undefined);
    await untilKind(session.id, "idle");
    const grandchild = rows(pool.store.state).find(({ parentID }) => parentID === child.id);
    assert.ok(grandchild !== undefined);
    const truths = [];
    for (const { id } of [session, child, grandchild]) truths.push(await untilSameAsServer(id));
    const tree = treeUsage(pool.store.state, ref(session.id));
    const expectedUSD = truths.reduce((sum, truth) => sum + truth.costUSD, 0);
    assert.ok(Math.abs(totalUSD(tree.usage) - expectedUSD) < 1e-12);
    assert.ok((await gateway().remove(session)).ok);
    for (const { id } of [session, child, grandchild]) {
      await pool.until(
        (state) => getSession(state, ref(id)) === undefined || undefined,
        "the end of the family",
      );
    }
  });

  it("names the running tool and the child it runs", async () => {
    const session = await newSession("tools");
    await prompt(session, "Go\nDO task general Look { slow 30 ;; say 60 } ;; say 5");
    const tool = await pool.until(
      (state) => getLive(state, ref(session.id)).tools.find((each) => each.childSessionID),
      "a tool that runs a child",
    );
    const child = getSession(pool.store.state, ref(tool.childSessionID ?? ""));
    assert.equal(child?.parentID, session.id);
    await untilKind(session.id, "idle");
    assert.deepEqual(getLive(pool.store.state, ref(session.id)).tools, []);
  });

  it("reports a permission request, and that it was answered", async () => {
    const session = await newSession("asks");
    await prompt(session, "Go\nDO bash echo hi ;; say 5");
    await untilKind(session.id, "waiting_permission");
    const request = getLive(pool.store.state, ref(session.id)).requests[0];
    assert.ok(request?.kind === "permission" && request.command === "echo hi");
    // A client that connects now learns of it too.
    const fresh = connect();
    try {
      await fresh.until(
        (state) => getLive(state, ref(session.id)).requests[0],
        "the request, seen by a newcomer",
      );
    } finally {
      await fresh.stop();
    }
    assert.ok((await gateway().replyPermission(request, "once", undefined)).ok);
    await untilKind(session.id, "idle");
    const again = await gateway().replyPermission(request, "once", undefined);
    assert.ok(!again.ok);
    await untilSameAsServer(session.id);
  });

  it("shows a child's request, and allows rejecting it", async () => {
    const session = await newSession("child asks");
    await prompt(session, "Go\nDO task general Try { bash rm -rf x ;; say 5 } ;; say 5");
    await pool.until(
      (state) => treeUsage(state, ref(session.id)).requests === 1 || undefined,
      "a request in the tree",
    );
    const child = rows(pool.store.state).find(({ parentID }) => parentID === session.id);
    const request = getLive(pool.store.state, ref(child?.id ?? "")).requests[0];
    assert.ok(request !== undefined);
    assert.ok((await gateway().replyPermission(request, "reject", "no")).ok);
    await untilKind(session.id, "idle");
    assert.equal(treeUsage(pool.store.state, ref(session.id)).requests, 0);
  });

  it("passes on a question and its answer", async () => {
    const session = await newSession("wonders");
    await prompt(session, "Go\nDO ask* Which one? | red | green | blue ;; say 5");
    await untilKind(session.id, "question");
    const request = getLive(pool.store.state, ref(session.id)).requests[0];
    assert.ok(request?.kind === "question");
    const question = request.questions[0];
    assert.ok(question?.isMultiple === true && question.type === "choice");
    assert.equal(question.text, "Which one?");
    assert.deepEqual(
      question.options.map(({ value }) => value),
      ["red", "green", "blue"],
    );
    const answers: QuestionAnswers = new Map([[question.key, ["red", "blue"]]]);
    const replied = await gateway().replyQuestion(request, answers);
    assert.ok(replied.ok, replied.ok ? "" : replied.error.message);
    await untilKind(session.id, "idle");
    const page = await gateway().listMessages(session.id, { limit: 20 });
    assert.ok(page.ok);
    const outputs = page.value.messages.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.kind === "tool" ? [part.output ?? ""] : [])),
    );
    assert.match(outputs.join("\n"), /red.*blue/s);
  });

  it("lets a question be dismissed", async () => {
    const session = await newSession("put away");
    await prompt(session, "Go\nDO ask Sure? | yes | no ;; say 5");
    await untilKind(session.id, "question");
    const request = getLive(pool.store.state, ref(session.id)).requests[0];
    assert.ok(request !== undefined);
    assert.ok((await gateway().rejectQuestion(request)).ok);
    await pool.until(
      (state) =>
        (getLive(state, ref(session.id)).requests.length === 0 &&
          ["idle", "error"].includes(sessionState(state, ref(session.id)).kind)) ||
        undefined,
      "a session at rest",
    );
  });

  it("compacts, and knows the cost and that the context shrank", async () => {
    const session = await newSession("compacts");
    await turn(session, "Fill\nDO context 20000 ;; say 10");
    const filled = await turn(session, "More\nDO say 10");
    const before = contextUse(pool.store.state, ref(session.id));
    const model = getSession(pool.store.state, ref(session.id))?.model;
    assert.ok(model !== undefined && before !== undefined);
    const compacting = gateway().compact(session, model);
    await untilKind(session.id, "compacting");
    const done = await compacting;
    assert.ok(done.ok, done.ok ? "" : done.error.message);
    const after = await pool.until((state) => {
      const fill = contextUse(state, ref(session.id));
      return fill?.isEstimate === true ? fill : undefined;
    }, "an estimate after the compaction");
    assert.ok(after.contextTokens < before.contextTokens / 2);
    await untilKind(session.id, "idle");
    assert.ok((await untilSameAsServer(session.id)).costUSD > filled.costUSD);
    await turn(session, "On\nDO say 10");
    const real = contextUse(pool.store.state, ref(session.id));
    assert.ok(real !== undefined && !real.isEstimate);
    assert.ok(real.contextTokens < before.contextTokens / 2);
  });

  it("forks: a separate root whose copied figures are the server's", async () => {
    const session = await newSession("origin");
    await turn(session, "Go\nDO say 20");
    const fork = await gateway().fork(session, undefined);
    assert.ok(fork.ok);
    await pool.until((state) => getSession(state, ref(fork.value.id)), "the fork");
    const truth = await untilSameAsServer(fork.value.id);
    assert.ok(truth.costUSD > 0);
    assert.equal(getSession(pool.store.state, ref(fork.value.id))?.parentID, undefined);
    assert.equal(treeUsage(pool.store.state, ref(session.id)).descendants, 0);
  });

  it("streams an estimate while text arrives, then replaces it with the real figures", async () => {
    const session = await newSession("streams");
    await prompt(session, "Go\nDO slow 15 ;; say 80");
    await pool.until(
      (state) => ownUsage(state, ref(session.id)).isEstimate || undefined,
      "an estimate",
    );
    assert.equal(stateOf(session.id).kind, "working");
    await untilKind(session.id, "idle");
    await untilSameAsServer(session.id);
  });

  it("stops a turn", async () => {
    const session = await newSession("stops");
    await prompt(session, "Go\nDO forever");
    await pool.until(
      (state) => ownUsage(state, ref(session.id)).isEstimate || undefined,
      "text that streams",
    );
    assert.ok((await gateway().interrupt(session)).ok);
    await untilKind(session.id, "idle");
    await untilSameAsServer(session.id);
  });

  it("reports why a model can't be reached and when it is retried", async () => {
    const session = await newSession("retries");
    await prompt(session, "Go\nDO fail 1 1500 ;; say 10");
    await untilKind(session.id, "retry");
    const state = stateOf(session.id);
    assert.ok(state.kind === "retry" && state.attempt === 1);
    assert.match(state.message, /overloaded/);
    assert.ok(state.nextMs !== undefined);
    await untilKind(session.id, "idle");
    await untilSameAsServer(session.id);
  });

  it("keeps a turn's error until the next turn", async () => {
    const session = await newSession("fails");
    await prompt(session, "Go\nDO refuse 400 This request is larger than the model allows");
    await untilKind(session.id, "error");
    const state = stateOf(session.id);
    assert.ok(state.kind === "error");
    assert.match(state.message, /larger than the model allows/);
    // OpenCode 1 ignores a prompt that arrives at the very moment a turn ends.
    await quiet(500);
    await turn(session, "Go\nDO say 5");
    assert.equal(stateOf(session.id).kind, "idle");
  });

  it("counts prompts queued behind a turn", async () => {
    const session = await newSession("queues");
    await prompt(session, "Go\nDO slow 25 ;; say 60");
    await pool.until(
      (state) => ownUsage(state, ref(session.id)).isEstimate || undefined,
      "text that streams",
    );
    await prompt(session, "Then\nDO say 5");
    await pool.until(
      (state) => getLive(state, ref(session.id)).queuedPrompts === 1 || undefined,
      "a prompt that waits",
    );
    await untilKind(session.id, "idle");
    assert.equal(getLive(pool.store.state, ref(session.id)).queuedPrompts, 0);
    await untilSameAsServer(session.id);
  });

  it("hides messages by a revert, and shows them again", async () => {
    const session = await newSession("reverts");
    await turn(session, "One\nDO say 10");
    await turn(session, "Two\nDO say 10");
    const page = await gateway().listMessages(session.id, { limit: 20 });
    assert.ok(page.ok);
    const second = page.value.messages.filter(({ role }) => role === "user").at(-1);
    assert.ok(second !== undefined);
    assert.ok((await gateway().revert(session, second.id)).ok);
    await pool.until(
      (state) => getSession(state, ref(session.id))?.revertMessageID === second.id || undefined,
      "the revert",
    );
    assert.ok((await gateway().unrevert(session)).ok);
    await pool.until(
      (state) => getSession(state, ref(session.id))?.revertMessageID === undefined || undefined,
      "the end of the revert",
    );
  });

  it("marks a session that ended unseen, if the server keeps track", async () => {
    const session = await newSession("unread");
    await turn(session, "Go\nDO say 5");
    const keepsTrack = getServer(pool.store.state, serverID())?.capabilities.has("unread") === true;
    const read = await gateway().getSession(session.id);
    assert.ok(read.ok);
    assert.equal(read.value.isUnread, keepsTrack);
    assert.equal(getSession(pool.store.state, ref(session.id))?.isUnread, keepsTrack);
    const viewed = await gateway().markViewed(session);
    assert.equal(viewed.ok, keepsTrack);
    await pool.until(
      (state) => getSession(state, ref(session.id))?.isUnread === false || undefined,
      "a session that was seen",
    );
  });

  it("loads a watched session's messages and keeps them identical to a fresh reader's", async () => {
    const session = await newSession("watched");
    await turn(session, "Go\nDO say 20");
    const stop = pool.pool.watch(ref(session.id));
    const key = `${session.id}@${serverID()}` as const;
    await pool.until((state) => state.messages.get(key)?.isComplete || undefined, "messages");
    await turn(session, "Again\nDO think 10 ;; read src/index.ts ;; say 30");
    const isDone = (state: State): boolean =>
      state.messages
        .get(key)
        ?.messages.every(
          ({ role, completedMs }) => role === "user" || completedMs !== undefined,
        ) === true;
    await pool.until((state) => isDone(state) || undefined, "finished messages");
    const truth = await gateway().listMessages(session.id, { limit: 100 });
    assert.ok(truth.ok);
    const known = pool.store.state.messages.get(key)?.messages ?? [];
    const gist = (messages: typeof known) =>
      messages.map(({ id, role, tokens, costUSD, parts }) => ({
        id,
        role,
        tokens,
        costUSD,
        parts: parts.map((part) => ({
          kind: part.kind,
          text: part.kind === "text" || part.kind === "reasoning" ? part.text : "",
          status: part.kind === "tool" ? part.status : "",
        })),
      }));
    assert.deepEqual(gist(known), gist(truth.value.messages));
    const summed = known.reduce(
      (sum, message) => sum + (message.tokens === undefined ? 0 : totalTokens(message.tokens)),
      0,
    );
    const own = ownUsage(pool.store.state, ref(session.id));
    assert.ok(summed > 0 && summed <= totalTokens(own.usage.tokens));
    stop();
    await pool.until((state) => !state.messages.has(key) || undefined, "messages let go");
  });

  it("keeps a lost server's figures, reconnects automatically and misses nothing", async () => {
    const { absence } = target;
    if (absence === undefined) return;
    const session = await newSession("survives");
    await turn(session, "Go\nDO say 10");
    const stop = pool.pool.watch(ref(session.id));
    const before = rows(pool.store.state).length;
    await absence.begin();
    await pool.until(
      (state) => getServer(state, serverID())?.connection.kind === "lost" || undefined,
      "the loss",
    );
    assert.equal(rows(pool.store.state).length, before);
    assert.equal(stateOf(session.id).kind, "unavailable");
    await absence.end();
    await connected(pool);
    await turn(session, "Still there\nDO say 10");
    stop();
    await quiet(2_500);
    assert.deepEqual(rows(pool.store.state), await freshRows());
  });
}
