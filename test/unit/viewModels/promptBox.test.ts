import assert from "node:assert/strict";

import {
  MAX_ATTACHED_BYTES,
  MAX_ATTACHMENTS,
  MAX_PROMPT_CHARACTERS,
} from "../../../src/core/limits.ts";
import type { Message } from "../../../src/core/state/message.ts";
import { parseFromPage } from "../../../src/protocol/parse.ts";
import {
  attachmentMime,
  attachmentRefusal,
  mentionedFile,
  selectionText,
} from "../../../src/viewModels/conversation/attachment.ts";
import {
  completed,
  completionsOf,
  mentionsIn,
  slashCommandIn,
  wordAt,
} from "../../../src/viewModels/conversation/completion.ts";
import { earlierPrompts, promptBoxState } from "../../../src/viewModels/conversation/promptBox.ts";
import { aServer, aSession, minutesAgo, stateWith } from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const ref = { serverID, sessionID: "ses_1" };

describe("completion in a prompt", () => {
  it("applies to the command at a prompt's start and the name after an @", () => {
    assert.deepEqual(wordAt("/re", 3), { kind: "command", query: "re", from: 0, to: 3 });
    assert.deepEqual(wordAt("see @src/a and", 10), {
      kind: "mention",
      query: "src/a",
      from: 4,
      to: 10,
    });
    assert.deepEqual(wordAt("@", 1), { kind: "mention", query: "", from: 0, to: 1 });
    for (const [text, caret] of [
      ["mail me@home", 12],
      ["/review it", 10],
      ["run /re", 7],
      ["@src and", 8],
      ["", 0],
    ] as const) {
      assert.equal(wordAt(text, caret), undefined, text);
    }
  });

  it("offers sub-agents before files, with prefix matches first", () => {
    const offers = {
      agents: [
        { name: "build", description: "Answers", isPrimary: true },
        { name: "regeneral", description: "" },
        { name: "general", description: "Looks around" },
      ],
      commands: [
        { name: "preview", description: "" },
        { name: "review", description: "Reviews" },
      ],
    };
    const words = (text: string, files: readonly string[] = []): readonly string[] =>
      completionsOf(wordAt(text, text.length)!, offers, files).map((each) => each.text);
    assert.deepEqual(words("/Rev"), ["/review", "/preview"]);
    assert.deepEqual(words("@gen", ["src/generate.ts"]), [
      "@general",
      "@regeneral",
      "@src/generate.ts",
    ]);
    assert.deepEqual(words("@b"), []);
    assert.deepEqual(words("@z", ["z b.md"]), ['@"z b.md"']);
    const many = Array.from({ length: 50 }, (_, index) => `file${String(index)}.ts`);
    assert.equal(words("@file", many).length, 12);
  });

  it("replaces the word and adds one space", () => {
    const put = (text: string, caret: number) =>
      completed(text, wordAt(text, caret)!, { text: "@src/a.ts", detail: "" });
    assert.deepEqual(put("see @sr", 7), { text: "see @src/a.ts ", caret: 14 });
    assert.deepEqual(put("see @sr now", 7), { text: "see @src/a.ts now", caret: 13 });
  });
});

describe("a prompt sent to the server", () => {
  it("is a command with its arguments if it begins with one", () => {
    assert.deepEqual(slashCommandIn("/review  the last\ncommit "), {
      name: "review",
      arguments: "the last\ncommit",
    });
    assert.deepEqual(slashCommandIn("/init"), { name: "init", arguments: "" });
    for (const text of ["/", "see /review", "// a comment", "/usr/bin, why?", "text"]) {
      assert.equal(slashCommandIn(text), undefined, text);
    }
  });

  it("names each file and agent once, without trailing punctuation", () => {
    assert.deepEqual(
      mentionsIn("Compare @src/a.ts with (@b.md), @general. Not me@home, @src/a.ts!"),
      ["src/a.ts", "b.md", "general"],
    );
    assert.deepEqual(mentionsIn('Read @"my notes/a b.md", then @c.md'), [
      "my notes/a b.md",
      "c.md",
    ]);
    assert.deepEqual(mentionsIn("@ @@x @..."), []);
  });

  it("refers to files on the server's machine by URL, but not outside the directory", () => {
    assert.deepEqual(mentionedFile("/code/a b", "src/ü#1.png"), {
      filename: "src/ü#1.png",
      mime: "image/png",
      url: "file:///code/a%20b/src/%C3%BC%231.png",
    });
    assert.equal(mentionedFile("C:\\code", "a.ts")?.url, "file:///c%3A/code/a.ts");
    for (const path of ["../secret", "src/../../x", "/etc/passwd", "C:\\x", "\\\\box\\x"]) {
      assert.equal(mentionedFile("/code", path), undefined, path);
    }
  });

  it("includes pictures and PDFs as they are, other text files as text, and nothing else", () => {
    const text = Buffer.from("hello");
    const binary = Buffer.from([1, 0, 2]);
    assert.equal(attachmentMime("a.png", "", binary), "image/png");
    assert.equal(attachmentMime("a", "image/jpeg", binary), "image/jpeg");
    assert.equal(attachmentMime("a.PDF", "application/octet-stream", binary), "application/pdf");
    assert.equal(attachmentMime("a.svg", "image/svg+xml", text), "text/plain");
    assert.equal(attachmentMime("a.ts", "video/mp2t", text), "text/plain");
    assert.equal(attachmentMime("a.zip", "application/zip", binary), undefined);
  });

  it("limits its files, and says which it refuses", () => {
    assert.equal(attachmentRefusal("a", MAX_ATTACHED_BYTES, []), undefined);
    assert.match(
      attachmentRefusal("big.png", MAX_ATTACHED_BYTES, [{ bytes: 1 }])!,
      /^“big\.png” was not attached: .* at most 10 MB in total\.$/,
    );
    const many = Array.from({ length: MAX_ATTACHMENTS }, () => ({ bytes: 1 }));
    assert.match(attachmentRefusal("one more", 1, many)!, /can have at most 20 files/);
  });

  it("quotes a selection with its file and lines, even if it contains code fences", () => {
    assert.equal(
      selectionText("src/a.ts", { first: 3, last: 4 }, "typescript", "one\ntwo\n"),
      "src/a.ts:3-4\n```typescript\none\ntwo\n```\n",
    );
    assert.equal(
      selectionText("a.md", { first: 7, last: 7 }, "markdown", "```\nx\n```"),
      "a.md:7\n````markdown\n```\nx\n```\n````\n",
    );
  });
});

describe("the context of a prompt box", () => {
  it("includes the session's defaults, the choices, and whether there is something to stop", () => {
    const model = { providerID: "acme", modelID: "swift", variant: undefined };
    const session = aSession({ id: "ses_1", title: "Fix", agent: "build", model });
    const rests = promptBoxState(stateWith(aServer({ sessions: [session] })), ref, {
      agent: "plan",
    });
    assert.equal(rests.isRunning, false);
    assert.equal(rests.notice.kind, "ready");
    assert.deepEqual(rests.agent, {
      defaultName: "build",
      defaultKey: "build",
      chosen: "plan",
      chosenName: "plan",
    });
    assert.deepEqual(rests.model, {
      defaultName: "acme/swift",
      defaultKey: "acme/swift",
      chosen: undefined,
      chosenName: "",
    });
    const activities = { ses_1: { kind: "working", sinceMs: minutesAgo(1) } } as const;
    const works = promptBoxState(
      stateWith(aServer({ sessions: [aSession({ id: "ses_1", title: "Fix" })], activities })),
      ref,
      {},
    );
    assert.equal(works.isRunning, true);
    assert.equal(works.notice.kind, "queued");
    assert.equal(works.model.defaultName, "Sonnet");
  });

  it("includes earlier prompts, newest first, each once, without the server's own", () => {
    const said = (id: string, text: string, isSynthetic = false): Message => ({
      id,
      role: "user",
      createdMs: 0,
      completedMs: undefined,
      agent: undefined,
      model: undefined,
      costUSD: undefined,
      tokens: undefined,
      isSummary: false,
      error: undefined,
      parts: [{ kind: "text", id: `p${id}`, text, isSynthetic }],
      diffs: [],
    });
    const messages = [
      said("1", "one"),
      said("2", "two"),
      said("3", "go on", true),
      said("4", "one"),
      said("5", "  "),
    ];
    assert.deepEqual(earlierPrompts(messages), ["one", "two"]);
  });
});

describe("a prompt box's message to the host", () => {
  const parse = (asked: object) => parseFromPage({ type: "prompt", asked });

  it("is accepted only within its limits", () => {
    const attach = { kind: "attach", name: "a.png", mime: "image/png", base64: "aGk=" } as const;
    assert.deepEqual(parse(attach), { type: "prompt", asked: attach });
    assert.equal(parse({ ...attach, base64: "<svg>" }), undefined);
    assert.equal(parse({ ...attach, base64: "a".repeat(MAX_ATTACHED_BYTES * 2) }), undefined);
    assert.equal(parse({ kind: "send", text: "x".repeat(MAX_PROMPT_CHARACTERS + 1) }), undefined);
    assert.equal(parse({ kind: "run", text: "x" }), undefined);
  });
});
