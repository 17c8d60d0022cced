import type { Message } from "../../../src/core/state/message.ts";
import type { Question } from "../../../src/core/state/request.ts";
import type { State } from "../../../src/core/state/state.ts";
import type { RequestModel } from "../../../src/viewModels/conversation/requests.ts";
import { aServer, aSession, stateWith } from "./builders.ts";
import { aDiff, anAnswer, aPrompt, aText, aTool } from "./messages.ts";

const serverID = "http://127.0.0.1:4096";

/** The session whose conversation is shown. */
export const CONVERSATION_REF = { serverID, sessionID: "ses_1" };

/** A conversation with one of everything: tools, reasoning, code, files, a compaction, a failure, a revert. */
export const CONVERSATION: readonly Message[] = [
  aPrompt("m1", "Fix the login test, please.\nIt fails *sometimes*.", {
    diffs: [aDiff("src/retry.ts", "a\n", "b\n"), aDiff("test/login.test.ts", "a\n", "b\nc\n")],
  }),
  anAnswer("m2", [
    { kind: "reasoning", id: "r1", text: "The clock moves while the test waits." },
    aText("t1", "I will look at the retries first."),
    aTool("tool1", { title: "Run the tests", output: "ok 1\nnot ok 2 login\n" }),
    aTool("tool2", {
      tool: "edit",
      title: "src/retry.ts",
      input: { filePath: "src/retry.ts", oldString: "a\n", newString: "b\n" },
      output: "",
    }),
    aTool("tool3", {
      tool: "task",
      title: "Find callers of retry",
      output: "3 callers",
      childSessionID: "ses_2",
    }),
    aTool("tool4", { status: "error", error: "No such file: login.ts", output: undefined }),
  ]),
  anAnswer(
    "m3",
    "## What it was\n\nThe test read the **clock** twice; see [the docs](https://example.com/clock).\n\n1. `retry.ts` waits for an event now\n2. the test no longer sleeps\n\n```ts\nexport async function retry(run: () => Promise<void>, times = 3): Promise<void> {\n  // Wait for what happens, not for a while.\n  return once(run, { times });\n}\n```\n\n| run | before | after |\n| --- | ---: | ---: |\n| login | 4.2 s | 0.3 s |\n\n> Nothing else depended on the delay.",
  ),
  aPrompt("m4", "", { parts: [{ kind: "compaction", id: "c", isAuto: true, tailStartID: "" }] }),
  anAnswer("m5", "The login test was flaky because of the clock; it is fixed.", {
    isSummary: true,
    agent: "compaction",
  }),
  aPrompt("m6", "", { parts: [aText("s", "Continue if you have next steps", true)] }),
  anAnswer("m7", "", { error: "The model is overloaded", costUSD: 0, parts: [] }),
  aPrompt("m8", "Try again", {
    parts: [
      aText("m8t", "Try again, with this picture"),
      { kind: "file", id: "f", filename: "shot.png", mime: "image/png" },
    ],
  }),
  anAnswer("m9", "Done."),
];

/** A state containing that session; the last prompt is reverted. */
export function conversationState(messages: readonly Message[] = CONVERSATION): State {
  return stateWith(
    aServer({
      sessions: [
        aSession({
          id: CONVERSATION_REF.sessionID,
          title: "Fix flaky login test",
          costUSD: 0.23,
          tokens: 45_200,
          revertMessageID: messages.some(({ id }) => id === "m8") ? "m8" : undefined,
        }),
      ],
      live: () => [
        {
          type: "messages.loaded",
          serverID,
          sessionID: CONVERSATION_REF.sessionID,
          messages,
          isComplete: true,
          error: undefined,
        },
      ],
    }),
  );
}

const aQuestion = (key: string, text: string, overrides: Partial<Question> = {}): Question => ({
  key,
  header: "",
  text,
  options: [],
  type: "text",
  isMultiple: false,
  allowsCustom: false,
  isRequired: true,
  url: undefined,
  when: undefined,
  ...overrides,
});

/** Requests of every kind, as cards. */
export const REQUEST_CARDS: readonly RequestModel[] = [
  {
    sessionID: "ses_1",
    requestID: "edit",
    from: undefined,
    headline: "edit: src/retry.ts",
    kind: "permission",
    tool: "edit",
    about: [{ name: "pattern", text: "src/retry.ts" }],
    diff: [
      { kind: "same", text: "@@ -1,2 +1,2 @@" },
      { kind: "removed", text: "-export const times = 3;" },
      { kind: "added", text: "+export const times = 5;" },
    ],
    isCut: false,
    always: "Always Allow covers every use of “edit” in this project, until OpenCode stops.",
  },
  {
    sessionID: "ses_2",
    requestID: "form",
    from: "Find callers of retry",
    headline: "Which database?",
    kind: "question",
    questions: [
      aQuestion("a", "Which database?", {
        header: "Database",
        type: "choice",
        allowsCustom: true,
        options: [
          { label: "SQLite", value: "sqlite", description: "a file" },
          { label: "Postgres", value: "postgres", description: "" },
        ],
      }),
      aQuestion("b", "How many?", { type: "integer" }),
      aQuestion("c", "Really?", { type: "boolean" }),
      aQuestion("d", "Sign in first", { type: "external", url: "https://example.com/sign-in" }),
    ],
  },
];
