import assert from "node:assert/strict";
import { MAX_TITLE_CHARACTERS } from "../../src/core/limits.ts";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { descendantsOf, getLive, getServer, getSession } from "../../src/core/state/lookup.ts";
import type { Message } from "../../src/core/state/message.ts";
import { ownUsage, treeUsage } from "../../src/core/state/selectors.ts";
import { type Session, sessionKey, type SessionRef } from "../../src/core/state/session.ts";
import { sessionState, type SessionState } from "../../src/core/state/sessionState.ts";
import type { State } from "../../src/core/state/state.ts";
import type { Gateway } from "../../src/server/gateway.ts";
import { mentionedFile } from "../../src/viewModels/conversation/attachment.ts";
import { deletePlan } from "../../src/viewModels/documents/deletePreview.ts";
import {
  filePatches,
  filesChanged,
  fileSides,
} from "../../src/viewModels/documents/filesChanged.ts";
import { revertPlan } from "../../src/viewModels/documents/revertPreview.ts";
import { transcript } from "../../src/viewModels/documents/transcript.ts";
import { poll } from "../support/opencode/client.ts";
import {
  type OpenCodeServer,
  opencodeProgram,
  startOpenCode,
} from "../support/opencode/opencodeServer.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import { quiet } from "../support/patience.mjs";

describe("acting on sessions of the real OpenCode 1 server", function () {
  let server: OpenCodeServer;
  let pool: TestPool;

  const ref = (sessionID: string): SessionRef => ({ serverID: server.url, sessionID });
  const stateOf = (state: State, sessionID: string): SessionState["kind"] =>
    sessionState(state, ref(sessionID)).kind;

  before(async () => {
    server = await startOpenCode({ config: { snapshot: true } });
    pool = startPool([endpointOf(server.url)]);
    await connected(pool);
  });
  after(async () => {
    await pool.stop();
    await server.stop();
  });

  async function connected(of: TestPool): Promise<void> {
    await of.until(
      (state) => getServer(state, server.url)?.connection.kind === "connected" || undefined,
      "a connection",
    );
  }

  function gateway(): Gateway {
    const found = pool.pool.gateway(server.url);
    assert.ok(found !== undefined);
    return found;
  }

  async function newSession(title: string): Promise<Session> {
    const made = await gateway().createSession({ directory: server.directories[0], title });
    assert.ok(made.ok);
    return pool.until((state) => getSession(state, ref(made.value.id)), "the session");
  }

  async function turn(session: Session, text: string): Promise<void> {
    await server.client.prompt(session.id, text);
    await pool.until(
      (state) => stateOf(state, session.id) === "idle" || undefined,
      "the end of the turn",
    );
  }

  async function messagesOf(sessionID: string): Promise<readonly Message[]> {
    const page = await gateway().listMessages(sessionID, { limit: 100 });
    assert.ok(page.ok);
    return page.value.messages;
  }

  async function prompts(sessionID: string): Promise<readonly Message[]> {
    return (await messagesOf(sessionID)).filter(({ role }) => role === "user");
  }

  /** Compares our tree with that of a pool that connects now. */
  async function assertFresh(): Promise<void> {
    const rows = (state: State) =>
      [...(getServer(state, server.url)?.sessions.values() ?? [])]
        .map((session) => ({ ...session, own: ownUsage(state, ref(session.id)).usage }))
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    const fresh = startPool([endpointOf(server.url)]);
    try {
      await connected(fresh);
      for (let attempt = 0; ; attempt++) {
        try {
          assert.deepEqual(rows(pool.store.state), rows(fresh.store.state));
          return;
        } catch (error) {
          if (attempt === 40) throw error;
          await quiet(100);
        }
      }
    } finally {
      await fresh.stop();
    }
  }

  it("forks up to a prompt and as a whole, and the fork's figures are the server's", async () => {
    const session = await newSession("origin");
    await turn(session, "First\nDO say 10");
    await turn(session, "Second\nDO say 20");
    const [first, second] = await prompts(session.id);
    const fork = await gateway().fork(session, second!.id);
    assert.ok(fork.ok);
    const texts = (await prompts(fork.value.id)).map(({ parts }) =>
      parts.map((part) => (part.kind === "text" ? part.text : "")).join(),
    );
    assert.deepEqual(texts, ["First\nDO say 10"]);
    assert.ok(first !== undefined);
    await pool.until((state) => {
      const [own, whole] = [fork.value.id, session.id].map(
        (id) => ownUsage(state, ref(id)).usage.recordedUSD,
      );
      return (own! > 0 && own! < whole!) || undefined;
    }, "the fork's cost, and a higher one of its source");
    // The fork's prompts are history, not a queue.
    assert.equal(getLive(pool.store.state, ref(fork.value.id)).queuedPrompts, 0);
    await assertFresh();
  });

  it("reverts the files it announced, undoes that, and shows lower totals after the next prompt", async () => {
    const session = await newSession("reverts");
    await turn(session, "Write\nDO write notes.txt 3 ;; say 5");
    await turn(
      session,
      "Change\nDO edit notes.txt :: line 2. => line two. ;; write more.txt 1 ;; say 5",
    );
    const read = (name: string): Promise<string | undefined> =>
      import("node:fs/promises").then(({ readFile }) =>
        readFile(path.join(server.directories[0]!, name), "utf8").catch(() => undefined),
      );
    assert.match((await read("notes.txt")) ?? "", /line two/);
    // The summary of a turn's files arrives a moment after its end.
    const messages = await poll("the turn's files", async () => {
      const known = await messagesOf(session.id);
      return known.findLast(({ role }) => role === "user")?.diffs.length === 2 ? known : undefined;
    });
    const second = messages.findLast(({ role }) => role === "user")!;
    const plan = revertPlan(pool.store.state, ref(session.id), messages, second.id);
    assert.ok(plan.kind === "ready");
    assert.match(plan.detail, /^more\.txt \(\+0 −1\)$/m);
    assert.match(plan.detail, /^notes\.txt \(\+1 −1\)$/m);

    assert.ok((await gateway().revert(session, second.id)).ok);
    await pool.until(
      (state) => getSession(state, ref(session.id))?.revertMessageID === second.id || undefined,
      "the revert",
    );
    assert.match((await read("notes.txt")) ?? "", /line 2\./);
    assert.equal(await read("more.txt"), undefined);

    assert.ok((await gateway().unrevert(session)).ok);
    await pool.until(
      (state) => getSession(state, ref(session.id))?.revertMessageID === undefined || undefined,
      "the end of the revert",
    );
    assert.match((await read("notes.txt")) ?? "", /line two/);

    assert.ok((await gateway().revert(session, second.id)).ok);
    const before = ownUsage(pool.store.state, ref(session.id)).usage.recordedUSD;
    await turn(session, "Instead\nDO say 5");
    await assertFresh();
    assert.ok(ownUsage(pool.store.state, ref(session.id)).usage.recordedUSD < before);
    assert.equal((await prompts(session.id)).length, 2);
  });

  it("returns both versions of a changed file exactly as they were on disk", async () => {
    const session = await newSession("files");
    await turn(session, "One\nDO write list.txt 40 ;; say 5");
    await turn(
      session,
      "Two\nDO edit list.txt :: line 20. => line twenty. ;; bash rm -f none ;; say 5",
    );
    await turn(session, "Three\nDO bash printf 'no newline' > tail.txt ;; say 5");
    const messages = await poll("the files of three turns", async () => {
      const known = await messagesOf(session.id);
      const turns = known.filter(({ role, diffs }) => role === "user" && diffs.length > 0);
      return turns.length === 3 ? known : undefined;
    });
    const { session: net, turns } = filesChanged(messages, undefined);
    assert.deepEqual(
      net.map(({ file, status, lines }) => [file, status, lines]),
      [
        ["list.txt", "added", { additions: 40, deletions: 0 }],
        ["tail.txt", "added", { additions: 1, deletions: 0 }],
      ],
    );
    assert.equal(turns.length, 3);
    const { readFile } = await import("node:fs/promises");
    for (const file of ["list.txt", "tail.txt"]) {
      const sides = fileSides(filePatches(messages, undefined, file, undefined)!);
      const disk = await readFile(path.join(server.directories[0]!, file), "utf8");
      assert.deepEqual(sides, { before: undefined, after: disk, isWhole: true });
    }
    const edit = fileSides(filePatches(messages, undefined, "list.txt", turns[1]!.messageID)!);
    assert.equal(edit?.before, edit?.after?.replace("line twenty.", "line 20."));
  });

  it("accepts titles of ten thousand characters, and can unarchive an archived session", async () => {
    const session = await newSession("short");
    const long = "long ".repeat(2000).trim();
    assert.ok((await gateway().rename(session, long)).ok);
    await pool.until(
      (state) =>
        getSession(state, ref(session.id))?.title === long.slice(0, MAX_TITLE_CHARACTERS) ||
        undefined,
      "the beginning of the long title",
    );
    assert.equal((await server.client.session(session.id)).title, long);
    assert.ok((await gateway().archive(session, Date.now())).ok);
    await pool.until(
      (state) => getSession(state, ref(session.id))?.archivedMs !== undefined || undefined,
      "the archived session",
    );
    assert.ok((await gateway().archive(session, 0)).ok);
    await pool.until((state) => {
      const known = getSession(state, ref(session.id));
      return (known !== undefined && known.archivedMs === undefined) || undefined;
    }, "the session taken back");
    // As the command warns beforehand: the list across all projects omits it permanently.
    const rows = (await server.client.request("GET", "/experimental/session", {
      query: { limit: "1000" },
      directory: null,
    })) as readonly { id: string }[];
    assert.ok(!rows.some(({ id }) => id === session.id));
    const own = (await server.client.request("GET", "/session")) as readonly { id: string }[];
    assert.ok(own.some(({ id }) => id === session.id));
    await assertFresh();
  });

  it("lets the agent write AGENTS.md, and runs a slash command, in the session", async () => {
    const session = await newSession("commands");
    const model = { providerID: "scripted", modelID: "steady", variant: undefined };
    const init = await gateway().init(session, model);
    assert.ok(init.ok, init.ok ? "" : init.error.message);
    const [asked] = await prompts(session.id);
    assert.ok(asked?.parts.some((part) => part.kind === "text" && /AGENTS\.md/.test(part.text)));
    const ran = await gateway().runCommand(session, "review", { text: "" });
    assert.ok(ran.ok, ran.ok ? "" : ran.error.message);
    // A review is a task, that is, a child session.
    await pool.until(
      (state) => treeUsage(state, ref(session.id)).descendants === 1 || undefined,
      "the session of the review",
    );
    await assertFresh();
  });

  it("finds files and sends them with a prompt and a command, and calls mentioned agents", async () => {
    const session = await newSession("files");
    const folder = path.join(session.directory, "deep");
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "a garden.md"), "Twelve roses.\n");
    const found = await poll("the file", async () => {
      const answer = await gateway().findFiles(session.directory, "garden");
      return answer.ok && answer.value.length > 0 ? answer.value : undefined;
    });
    assert.deepEqual(found, ["deep/a garden.md"]);
    const dot =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
    const garden = mentionedFile(session.directory, "deep/a garden.md");
    assert.ok(garden !== undefined);
    const files = [
      garden,
      { filename: "dot.png", mime: "image/png", url: `data:image/png;base64,${dot}` },
    ];
    const sent = await gateway().prompt(session, {
      text: "Count @deep/a\nDO say 5",
      files,
      mentions: ["general"],
    });
    assert.ok(sent.ok, sent.ok ? "" : sent.error.message);
    await server.client.waitUntilIdle(session.id);
    const names = (message: Message | undefined): readonly string[] =>
      (message?.parts ?? []).flatMap((part) => (part.kind === "file" ? part.filename : []));
    const [prompt] = await prompts(session.id);
    assert.deepEqual(names(prompt).toSorted(), ["deep/a garden.md", "dot.png"]);
    const texts = (prompt?.parts ?? []).flatMap((part) => (part.kind === "text" ? [part] : []));
    assert.ok(texts.some(({ text, isSynthetic }) => isSynthetic && text.includes("Twelve roses.")));
    assert.ok(texts.some(({ text, isSynthetic }) => isSynthetic && text.includes("general")));
    const ran = await gateway().runCommand(session, "init", { text: "now", files: [garden] });
    assert.ok(ran.ok, ran.ok ? "" : ran.error.message);
    assert.deepEqual(names((await prompts(session.id)).at(-1)), ["deep/a garden.md"]);
  });

  it("stops a tree at its root", async () => {
    const session = await newSession("stops");
    await server.client.promptAsync(
      session.id,
      "Go\nDO task general Outer { task explore Inner { forever } } ;; say 5",
    );
    const isAllAtWork = (state: State): boolean => {
      const all = [ref(session.id), ...descendantsOf(state, ref(session.id))];
      return all.length === 3 && all.every((each) => getLive(state, each).activity.kind !== "idle");
    };
    await pool.until((state) => isAllAtWork(state) || undefined, "three sessions at work");
    assert.ok((await gateway().interrupt(session)).ok);
    await pool.until(
      (state) => treeUsage(state, ref(session.id)).working === 0 || undefined,
      "a tree at rest",
    );
    assert.deepEqual(await server.client.status(), {});
    await assertFresh();
  });

  it("stops a single child, and its parent continues", async () => {
    const session = await newSession("stops one");
    await server.client.promptAsync(session.id, "Go\nDO task general Loop { forever } ;; say 30");
    const child = await pool.until((state) => {
      const [only] = descendantsOf(state, ref(session.id));
      return only !== undefined && getLive(state, only).activity.kind !== "idle"
        ? getSession(state, only)
        : undefined;
    }, "a child at work");
    assert.ok((await gateway().interrupt(child)).ok);
    await server.client.waitUntilIdle(session.id);
    const last = (await messagesOf(session.id)).at(-1);
    assert.ok(last?.parts.some((part) => part.kind === "text" && part.text.length > 20));
    await assertFresh();
  });

  it("queues a prompt behind a running turn, shows it as queued, and it gets answered", async () => {
    const session = await newSession("queues");
    const stop = pool.pool.watch(ref(session.id));
    await server.client.promptAsync(session.id, "First\nDO slow 30 ;; say 40");
    await pool.until((state) => stateOf(state, session.id) === "working" || undefined, "work");
    assert.ok((await gateway().prompt(session, { text: "Second\nDO say 5" })).ok);
    await pool.until((state) => {
      const text = transcript(state, ref(session.id))?.text ?? "";
      return /Second\nDO say 5\n\n\*Queued until/.test(text) || undefined;
    }, "the queued prompt in the transcript");
    await server.client.waitUntilIdle(session.id);
    const text = await pool.until((state) => {
      const now = transcript(state, ref(session.id))?.text ?? "";
      return stateOf(state, session.id) === "idle" && !now.includes("Queued") ? now : undefined;
    }, "an end of the queue");
    assert.equal(text.match(/^## build/gm)?.length, 2);
    stop();
  });

  it("leaves a queued prompt unanswered when the turn before it is stopped", async () => {
    const session = await newSession("swallows");
    await server.client.promptAsync(session.id, "First\nDO slow 30 ;; forever");
    await pool.until((state) => stateOf(state, session.id) === "working" || undefined, "work");
    assert.ok((await gateway().prompt(session, { text: "Second\nDO say 5" })).ok);
    await pool.until(
      (state) => getLive(state, ref(session.id)).queuedPrompts === 1 || undefined,
      "a queued prompt",
    );
    assert.ok((await gateway().interrupt(session)).ok);
    await quiet(1500);
    assert.equal(stateOf(pool.store.state, session.id), "idle");
    assert.equal((await messagesOf(session.id)).at(-1)?.role, "user");
    assert.equal(getLive(pool.store.state, ref(session.id)).queuedPrompts, 0);
  });

  it("deletes a running tree, and refuses later actions on it with a reason", async () => {
    const session = await newSession("goes");
    await server.client.promptAsync(session.id, "Go\nDO task general Loop { forever } ;; say 5");
    await pool.until(
      (state) => treeUsage(state, ref(session.id)).working === 2 || undefined,
      "a tree at work",
    );
    const child = descendantsOf(pool.store.state, ref(session.id))[0]!;
    const plan = deletePlan(pool.store.state, [ref(session.id), child]);
    assert.ok(plan.kind === "ready");
    assert.deepEqual(plan.refs, [ref(session.id)]);
    assert.match(plan.detail, /1 sub-session/);
    assert.match(plan.detail, /2 sessions still running will be stopped first/);
    assert.ok((await gateway().interrupt(session)).ok);
    assert.ok((await gateway().remove(session)).ok);
    await pool.until(
      (state) =>
        (getSession(state, ref(session.id)) ?? getSession(state, child)) === undefined || undefined,
      "the end of the tree",
    );
    const answers = [
      await gateway().rename(session, "late"),
      await gateway().prompt(session, { text: "late" }),
      await gateway().interrupt(session),
      await gateway().remove(session),
    ];
    // A deleted session isn't running, so stopping it succeeds.
    assert.deepEqual(
      answers.map((answer) => (answer.ok ? "done" : answer.error.reason)),
      ["notFound", "notFound", "done", "notFound"],
    );
    await quiet(500);
    assert.equal(getSession(pool.store.state, ref(session.id)), undefined);
    await assertFresh();
  });

  it("exports what OpenCode itself can import", async () => {
    const session = await newSession("kept");
    await turn(session, "Go\nDO think 10 ;; write kept.txt 3 ;; say 20");
    const before = (await server.client.session(session.id)) as { cost?: number };
    const kept = await gateway().exportSession(session.id);
    assert.ok(kept.ok);
    const folder = await mkdtemp(path.join(tmpdir(), "backup-"));
    try {
      const file = path.join(folder, "session.json");
      await writeFile(file, JSON.stringify(kept.value, undefined, 2));
      assert.ok((await gateway().remove(session)).ok);
      await promisify(execFile)(opencodeProgram(server.sandbox.root), ["import", file], {
        cwd: server.directories[0],
        env: { ...server.env },
      });
    } finally {
      await rm(folder, { recursive: true });
    }
    const restored = (await server.client.session(session.id)) as { cost?: number; title: string };
    assert.equal(restored.title, "kept");
    assert.ok(Math.abs((restored.cost ?? 0) - (before.cost ?? 0)) < 1e-9);
    // Another process wrote it, so only a list reveals it.
    await pool.pool.refresh();
    await pool.until((state) => getSession(state, ref(session.id)), "the session again");
    await assertFresh();
    const key = sessionKey(server.url, session.id);
    assert.equal(pool.store.state.messages.has(key), false);
  });
});
