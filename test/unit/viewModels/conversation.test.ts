import assert from "node:assert/strict";

import { MAX_PICTURE_CHARACTERS } from "../../../src/core/limits.ts";
import type { Message, MessagePart } from "../../../src/core/state/message.ts";
import type { State } from "../../../src/core/state/state.ts";
import { parseFile } from "../../../src/server/sharedShapes.ts";
import {
  ConversationFeed,
  type ConversationUpdate,
  findMessages,
} from "../../../src/viewModels/conversation/conversation.ts";
import type { ConversationPart } from "../../../src/viewModels/conversation/conversationMessage.ts";
import { aServer, aSession, minutesAgo, stateWith } from "../../support/seed/builders.ts";
import { aDiff, anAnswer, aPrompt, aText, aTool } from "../../support/seed/messages.ts";

const serverID = "http://127.0.0.1:4096";
const ref = { serverID, sessionID: "ses_1" };

function stateOf(
  messages: readonly Message[],
  {
    isComplete = true,
    isWorking = false,
    revertMessageID,
  }: {
    readonly isComplete?: boolean;
    readonly isWorking?: boolean;
    readonly revertMessageID?: string;
  } = {},
): State {
  return stateWith(
    aServer({
      sessions: [aSession({ id: "ses_1", title: "Fix the test", revertMessageID })],
      activities: isWorking ? { ses_1: { kind: "working", sinceMs: minutesAgo(1) } } : {},
      live: () => [
        {
          type: "messages.loaded",
          serverID,
          sessionID: "ses_1",
          messages,
          isComplete,
          error: undefined,
        },
      ],
    }),
  );
}

const turn = (at: number): readonly Message[] => [
  aPrompt(`p${at}`, `Prompt ${at}`),
  anAnswer(`a${at}`, `Answer ${at}`),
];
const long = Array.from({ length: 500 }, (_, at) => turn(at)).flat();

const base = stateOf(long);

/** The next update sent to a page; `state` has everything but the messages. */
function take(
  feed: ConversationFeed,
  messages: readonly Message[],
  state = base,
): ConversationUpdate {
  const update = feed.update(state, ref, messages);
  assert.ok(update !== undefined);
  return update;
}

const idsOf = ({ messages }: ConversationUpdate): readonly string[] => messages.map(({ id }) => id);

describe("the conversation updates sent to a page", () => {
  it("start with the order of all messages and the newest of them", () => {
    const first = take(new ConversationFeed(), long);
    assert.equal(first.entries?.length, 1000);
    assert.deepEqual(first.entries[0], { id: "p0", kind: "prompt" });
    assert.equal(first.messages.length, 30);
    assert.equal(idsOf(first).at(-1), "a499");
  });

  it("then contain only drawn messages that have changed", () => {
    const feed = new ConversationFeed();
    take(feed, long);
    feed.draw(["p3", "a3"]);
    const drawn = take(feed, long);
    assert.equal(drawn.entries, undefined);
    assert.deepEqual(idsOf(drawn), ["p3", "a3"]);
    assert.equal(feed.update(base, ref, long), undefined);
    const changed = long.map((message) =>
      message.id === "a3" || message.id === "a9" ? anAnswer(message.id, "Other words") : message,
    );
    assert.deepEqual(idsOf(take(feed, changed)), ["a3"]);
  });

  it("start over for a page that was reloaded", () => {
    const feed = new ConversationFeed();
    const first = take(feed, long);
    feed.restart();
    assert.deepEqual(take(feed, long), first);
  });

  it("include the new order when messages are added or deleted", () => {
    const feed = new ConversationFeed();
    take(feed, long);
    const more = take(feed, [...long, ...turn(500)]);
    assert.equal(more.entries?.length, 1002);
    assert.deepEqual(idsOf(more), ["p500", "a500"]);
    assert.equal(take(feed, long).entries?.length, 1000);
  });

  it("say that older messages are loading, what a revert hides, and what the session is doing", () => {
    const feed = new ConversationFeed();
    const options = { isComplete: false, isWorking: true, revertMessageID: "p1" };
    const update = take(feed, turn(1), stateOf(turn(1), options));
    assert.equal(update.opening, "Loading older messages…");
    assert.equal(update.revertedID, "p1");
    assert.equal(update.activity, "Working…");
    const nothing = stateOf([]);
    assert.equal(
      new ConversationFeed().update(nothing, ref, [])?.opening,
      "There are no messages yet.",
    );
    assert.equal(
      new ConversationFeed().update(nothing, { serverID, sessionID: "gone" }, []),
      undefined,
    );
  });

  it("keep every message of a session that is gone, and no longer say that anything is going on", () => {
    const feed = new ConversationFeed();
    const state = stateOf(long, { isComplete: false, isWorking: true });
    assert.equal(take(feed, long, state).activity, "Working…");
    const gone = feed.update(state, ref, long, true);
    assert.deepEqual([gone?.opening, gone?.activity], [undefined, undefined]);
    assert.equal(gone?.entries, undefined);
    feed.draw(["p3"]);
    assert.deepEqual(feed.update(state, ref, long, true)?.messages[0]?.id, "p3");
  });
});

describe("a message in a conversation", () => {
  const story: readonly Message[] = [
    aPrompt("m1", "Fix the test", { diffs: [aDiff("src/retry.ts", "a\n", "b\n")] }),
    anAnswer("m2", [
      { kind: "reasoning", id: "r1", text: "The clock moves." },
      aTool("tool1", { title: "Run the tests", input: { command: "npm test" } }),
      aTool("tool2", { tool: "task", input: { description: "Look" }, childSessionID: "ses_2" }),
      aTool("tool3", { status: "error", error: "No such file", output: undefined }),
    ]),
    anAnswer("m3", "It was the **clock**."),
    aPrompt("m4", "", { parts: [{ kind: "compaction", id: "c", isAuto: true, tailStartID: "" }] }),
    anAnswer("m5", "All that was said.", { isSummary: true, agent: "compaction" }),
    aPrompt("m6", "", { parts: [aText("s", "Continue if you have next steps", true)] }),
    anAnswer("m7", "", { error: "The model is overloaded", costUSD: 0, parts: [] }),
  ];
  const { entries, messages } = take(new ConversationFeed(), story);
  const byID = new Map(messages.map((message) => [message.id, message]));
  const partsOf = (id: string): readonly ConversationPart[] => byID.get(id)?.parts ?? [];

  it("has the right kind", () => {
    assert.deepEqual(
      entries?.map(({ kind }) => kind),
      ["prompt", "answer", "answer", "compaction", "summary", "server", "answer"],
    );
  });

  it("shows each tool in one line, with state, input, output and sub-session", () => {
    const [thought, first, second, third] = partsOf("m2");
    assert.ok(thought?.kind === "thought" && thought.label === "Thought");
    assert.ok(first?.kind === "tool" && second?.kind === "tool" && third?.kind === "tool");
    assert.equal(first.title, "Run the tests");
    assert.deepEqual(first.input, [
      { language: "json", text: '{\n  "command": "npm test"\n}', isCut: false },
    ]);
    assert.equal(second.childSessionID, "ses_2");
    assert.equal(third.state, "failed");
    assert.equal(third.error?.text, "No such file");
  });

  it("knows the language of what a tool was given and of the diff it returned", () => {
    const languages = (input: unknown, output = ""): readonly (string | undefined)[] => {
      const [sent] = take(new ConversationFeed(), [
        anAnswer("m", [aTool("t", { input, output })]),
      ]).messages;
      const [part] = sent?.parts ?? [];
      assert.ok(part?.kind === "tool");
      return [...part.input.map(({ language }) => language), part.output?.language];
    };
    const content = "one\ntwo\n";
    const patch = "*** Begin Patch\n*** Add File: a.ts\n+one\n";
    assert.deepEqual(languages({ filePath: "/app/a.ts", content }), ["json", "ts", undefined]);
    assert.deepEqual(languages({ path: "/app.d/Makefile", content }), ["json", "text", undefined]);
    assert.deepEqual(languages({ command: content }, content), ["bash", "text"]);
    assert.deepEqual(languages({ patchText: patch }), ["diff", undefined]);
    assert.deepEqual(languages({}, "diff --git a/a.ts b/a.ts\n"), ["diff"]);
  });

  it("folds what OpenCode added to a prompt", () => {
    const parts = [aText("own", "Look at this"), aText("added", "The whole file", true)];
    const [sent] = take(new ConversationFeed(), [aPrompt("m1", "", { parts })]).messages;
    assert.deepEqual(
      sent?.parts.map((part) => [part.kind, "label" in part ? part.label : ""]),
      [
        ["markdown", ""],
        ["thought", "Added by OpenCode"],
      ],
    );
  });

  it("has one line for a file sent with a prompt, which opens what OpenCode read from it", () => {
    const file = (name: string, mime: string): MessagePart =>
      parseFile(name, name, `file:///code/${name}`, mime);
    const parts = [
      aText("own", "Look"),
      aText("called", "Called the Read tool", true),
      aText("content", "The whole file", true),
      file("src/a.ts", "text/plain"),
      aText("more", "A hint", true),
      file("LICENSE", "text/plain"),
      file("b.ts", "text/plain"),
    ];
    const [sent] = take(new ConversationFeed(), [aPrompt("m1", "", { parts })]).messages;
    assert.deepEqual(
      sent?.parts.map((part) => ["label" in part ? part.label : "", "text" in part && part.text]),
      [
        ["", "Look"],
        ["File: src/a.ts", "Called the Read tool\n\nThe whole file"],
        ["File: LICENSE (text/plain)", "A hint"],
        ["", "File: b.ts"],
      ],
    );
  });

  it("shows a prompt's pictures, and names other files", () => {
    const url = `data:image/png;base64,${"A".repeat(64)}`;
    const file = (name: unknown, of: string, mime: string): MessagePart =>
      parseFile("file", name, of, mime);
    const parts = [
      file("shot.png", url, "image/png"),
      file("far.png", "https://example.com/far.png", "image/png"),
      file("drawing.svg", "data:image/svg+xml;base64,AAAA", "image/svg+xml"),
      file(undefined, `${url}${"A".repeat(MAX_PICTURE_CHARACTERS)}`, "image/png"),
      file("page.html", "data:text/html;base64,AAAA", "text/html"),
    ];
    const [sent] = take(new ConversationFeed(), [aPrompt("m1", "", { parts })]).messages;
    assert.deepEqual(
      sent?.parts.map((part) => (part.kind === "picture" ? part.url : part.kind)),
      [url, "note", "note", "note", "note"],
    );
    assert.ok(!JSON.stringify(sent).includes("example.com"));
  });

  it("ends its turn with the figures of all steps and the changed files", () => {
    assert.equal(byID.get("m2")?.turn, undefined);
    const ended = byID.get("m3")?.turn;
    assert.equal(ended?.promptID, "m1");
    assert.match(ended.figures, /^Turn: .* tokens · \$/);
    assert.deepEqual(ended.files, [{ file: "src/retry.ts", additions: 1, deletions: 1 }]);
  });

  it("does not repeat its author if a step follows a step", () => {
    assert.equal(byID.get("m2")?.isContinued, false);
    assert.equal(byID.get("m3")?.isContinued, true);
  });

  it("has its date only where a day begins", () => {
    const day = (date: number, hour: number): number => new Date(2026, 10, date, hour).getTime();
    const { messages } = take(
      new ConversationFeed(),
      [day(23, 22), day(23, 23), day(24, 0), day(24, 1)].map((createdMs, at) =>
        aPrompt(`m${at}`, "", { createdMs }),
      ),
    );
    assert.deepEqual(
      messages.map(({ time }) => time),
      ["2026-11-23 22:00:00", "23:00:00", "2026-11-24 00:00:00", "01:00:00"],
    );
    assert.equal(messages[3]?.moment, "2026-11-24 01:00:00");
  });

  it("is cut off if it is too long for the page, and says so", () => {
    const output = "x".repeat(10_000_000);
    const [sent] = take(new ConversationFeed(), [
      anAnswer("m1", [aTool("t", { output })]),
    ]).messages;
    const [part] = sent?.parts ?? [];
    assert.ok(part?.kind === "tool");
    assert.equal(part.output?.isCut, true);
    assert.ok(part.output.text.length <= 10_000);
  });

  it("is found by a word in its text, in a tool or in its output", () => {
    const state = stateOf(story);
    assert.deepEqual(findMessages(state, ref, "CLOCK"), ["m2", "m3"]);
    assert.deepEqual(findMessages(state, ref, "no such file"), ["m2"]);
    assert.deepEqual(findMessages(state, ref, "  "), []);
    assert.deepEqual(findMessages(state, ref, "nowhere"), []);
  });
});
