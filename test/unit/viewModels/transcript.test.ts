import assert from "node:assert/strict";

import type { ServerAction } from "../../../src/core/state/actions.ts";
import type { Message } from "../../../src/core/state/message.ts";
import type { State } from "../../../src/core/state/state.ts";
import { transcript } from "../../../src/viewModels/documents/transcript.ts";
import { aServer, aSession, minutesAgo, stateWith } from "../../support/seed/builders.ts";
import { assertGolden } from "../../support/golden.ts";
import { aDiff, anAnswer, aPrompt, aText, aTool } from "../../support/seed/messages.ts";

const serverID = "http://127.0.0.1:4096";
const ref = { serverID, sessionID: "ses_1" };

function withMessages(
  messages: readonly Message[],
  options: {
    more?: readonly ServerAction[];
    isComplete?: boolean;
    title?: string;
    error?: string;
    revertMessageID?: string;
    isWorking?: boolean;
  } = {},
): State {
  return stateWith(
    aServer({
      sessions: [
        aSession({
          id: "ses_1",
          title: options.title ?? "Fix flaky login test",
          costUSD: 0.23,
          tokens: 45_200,
          revertMessageID: options.revertMessageID,
        }),
      ],
      activities: options.isWorking ? { ses_1: { kind: "working", sinceMs: minutesAgo(1) } } : {},
      live: () => [
        {
          type: "messages.loaded",
          serverID,
          sessionID: "ses_1",
          messages,
          isComplete: options.isComplete ?? true,
          error: options.error,
        },
        ...(options.more ?? []),
      ],
    }),
  );
}

function read(...args: Parameters<typeof withMessages>) {
  const made = transcript(withMessages(...args), ref);
  assert.ok(made !== undefined);
  return made;
}

function lineOf(text: string, part: string): number {
  const at = text.split("\n").findIndex((line) => line.includes(part));
  assert.ok(at >= 0, `no line with ${part}`);
  return at;
}

const story: readonly Message[] = [
  aPrompt("m1", "Fix the test\n\nIt fails *sometimes*.", {
    diffs: [aDiff("src/retry.ts", "a\n", "b\n")],
  }),
  anAnswer("m2", [
    { kind: "reasoning", id: "r1", text: "The clock\nmoves." },
    aText("t1", "I look at it."),
    aTool("tool1", { title: "Run the tests", input: { command: "npm test" } }),
    aTool("tool2", {
      tool: "write",
      title: "src/retry.ts",
      input: { filePath: "src/retry.ts", content: "line 1\n```\nline 2\n" },
      output: "",
    }),
    aTool("tool3", {
      tool: "task",
      input: { description: "Find callers", prompt: "Go" },
      output: "found",
      childSessionID: "ses_2",
    }),
    aTool("tool4", { status: "error", error: "No such file", output: undefined }),
  ]),
  anAnswer("m3", "It was the **clock**."),
  aPrompt("m4", "", { parts: [{ kind: "compaction", id: "c", isAuto: true, tailStartID: "" }] }),
  anAnswer("m5", "All that was said.", { isSummary: true, agent: "compaction" }),
  aPrompt("m6", "", { parts: [aText("s", "Continue if you have next steps", true)] }),
  anAnswer("m7", "", { error: "The model is overloaded", costUSD: 0, parts: [] }),
  aPrompt("m8", "", {
    parts: [{ kind: "file", id: "f", filename: "shot.png", mime: "image/png" }],
  }),
];

describe("a transcript", () => {
  it("matches golden/transcript.txt", () => {
    // Times are in this machine's time zone.
    const { text } = read(story);
    assertGolden("transcript", text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "TIME"));
  });

  it("knows the heading line of every message", () => {
    const { text, messages } = read(story);
    const lines = text.split("\n");
    assert.deepEqual(
      messages.map(({ id }) => id),
      story.map(({ id }) => id),
    );
    for (const { line, isPrompt } of messages) {
      assert.match(
        lines[line]!,
        isPrompt ? /^## (You|OpenCode|Compaction) · / : /^## (build|Summary) /,
      );
    }
  });

  it("says that a tool is running", () => {
    const running = aTool("tool1", { status: "running", output: undefined, endedMs: undefined });
    const { text } = read([aPrompt("m1", "Go"), anAnswer("m2", [running])]);
    assert.match(text, /^\*\*bash\*\* npm test · running$/m);
  });

  it("closes a streaming code block, so that the next message is not part of it", () => {
    const { text } = read([
      aPrompt("m1", "Go"),
      anAnswer("m2", "See:\n```ts\nconst a = 1;"),
      aPrompt("m3", "Next"),
    ]);
    const lines = text.split("\n");
    assert.equal(lines[lineOf(text, "const a") + 1], "```");
    // A closed one stays as it is.
    const closed = read([anAnswer("m1", "```\na\n```\nb")]).text.split("\n");
    assert.equal(closed.filter((line) => line === "```").length, 2);
  });

  it("keeps a tool's output inside its code block", () => {
    const { text } = read([anAnswer("m1", [aTool("t", { output: "a\n````\n# Heading\n" })])]);
    const at = lineOf(text, "# Heading");
    assert.equal(text.split("\n")[at + 1], "`````");
  });

  it("counts lines like an editor, with any line endings", () => {
    const { text } = read([
      anAnswer("m1", [aText("t", "a\r\nb\rc\u2028d"), aTool("u", { output: "1\r2\r\n" })]),
      aPrompt("m2", "End"),
    ]);
    assert.doesNotMatch(text, /[\r\u2028]/);
    assert.match(text, /\na\nb\nc\nd\n/);
    assert.match(text, /\n1\n2\n```/);
  });

  it("marks queued prompts and what a revert hides", () => {
    const { text } = read([aPrompt("m1", "First"), anAnswer("m2", "…"), aPrompt("m3", "Second")], {
      isWorking: true,
      revertMessageID: "m3",
      more: [{ type: "prompts.queued", serverID, sessionID: "ses_1", count: 1 }],
    });
    assert.match(
      text,
      /Reverted: what follows is hidden[^\n]*\n\n## You [^\n]*\n\nSecond\n\n\*Queued/,
    );
    assert.doesNotMatch(text, /First[^#]*Queued/);
    assert.match(text, /\n\*Working…\*\n$/);
  });

  it("escapes markup in titles, agents, tools and errors", () => {
    const hostile = "[x](command:workbench.action.closeWindow) <b>*b*</b>";
    const answer = anAnswer("msg_2", [aTool("t1", { tool: hostile, title: hostile })], {
      agent: hostile,
      error: hostile,
    });
    const { text } = read([aPrompt("msg_1", "Look"), answer], { title: hostile });
    assert.doesNotMatch(text, /(?<!\\)[[<]/);
    assert.match(text, /^# \\\[x\\\]\(command:/);
  });

  it("says what is missing, loading or failed", () => {
    const state = stateWith(aServer({ sessions: [aSession({ id: "ses_1" })] }));
    assert.match(transcript(state, ref)?.text ?? "", /Loading the messages/);
    assert.match(read([], { isComplete: true }).text, /There are no messages yet/);
    assert.match(read(story, { isComplete: false }).text, /Loading older messages/);
    assert.match(read([], { error: "not found" }).text, /could not be read:\*\* not found/);
    assert.equal(transcript(state, { serverID, sessionID: "nope" }), undefined);
  });

  it("only grows at its end while a message streams", () => {
    const part = aText("t", "");
    const before = withMessages([aPrompt("m1", "Go"), anAnswer("m2", [part])], { isWorking: true });
    const words = ["One ", "two three", "\n\n## not a ", "head\n"].map((text) => {
      return {
        type: "part.streamed",
        serverID,
        sessionID: "ses_1",
        messageID: "m2",
        partID: "t",
        text,
      } as const;
    });
    const start = transcript(before, ref)!.text.split("\n");
    const end = read([aPrompt("m1", "Go"), anAnswer("m2", [part])], {
      isWorking: true,
      more: words,
    });
    const lines = end.text.split("\n");
    assert.deepEqual(lines.slice(0, 10), start.slice(0, 10));
    assert.ok(lines.includes("One two three"));
    assert.deepEqual(
      end.messages.map(({ id }) => id),
      ["m1", "m2"],
    );
  });
});
