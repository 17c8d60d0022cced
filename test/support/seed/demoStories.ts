import type { ScriptedModelID } from "../opencode/scriptedModels.ts";

/** One session of the demo: its prompts, turn after turn. */
export interface DemoStory {
  /** Index into {@link demoServers}. */
  readonly server: number;
  readonly project: string;
  readonly model: ScriptedModelID;
  readonly agent?: string;
  /** Counted from the demo's start. */
  readonly startAfterMs: number;
  /** Between an answer and the next prompt. */
  readonly pauseMs: number;
  /** Sent in this order, then repeated from the second one. The first line of the first one is the title. */
  readonly prompts: readonly string[];
  /** Compacts when the last step's context exceeds this many tokens. */
  readonly compactAboveTokens?: number;
}

/** The demo's servers: names and git projects. */
export const demoServers = [
  { name: "This machine", projects: ["webshop", "billing"] },
  { name: "Build box", projects: ["firmware"] },
] as const;

/** The demo's OpenCode permission setting: some commands require permission. */
export const demoPermission = {
  bash: { "*": "allow", "git push*": "ask", "rm -rf*": "ask", "npm publish*": "ask" },
};

export const demoStories: readonly DemoStory[] = [
  {
    server: 0,
    project: "webshop",
    model: "steady",
    startAfterMs: 0,
    pauseMs: 6_000,
    prompts: [
      "Fix flaky login test\nDO slow 60 ;; think 40 ;; say 25 ;; todo 0/6 Reproduce the failure, Find the callers, Freeze the clock, Fix the retry, Run the tests, Write the changelog ;; bash node test.mjs 6 ;; read src/index.ts ;; task general Find where the session expires { slow 60 ;; think 30 ;; read src/index.ts ;; task explore Trace the refresh timer { slow 60 ;; read src/index.ts ;; task explore Check the clock mock { slow 60 ;; bash node test.mjs 5 ;; say 70 } ;; say 60 } ;; say 80 } ;; todo 3/6 Reproduce the failure, Find the callers, Freeze the clock, Fix the retry, Run the tests, Write the changelog ;; say 120",
      "Now fix the retry and run the tests\nDO slow 60 ;; think 60 ;; write src/retry.ts 24 ;; bash node test.mjs 8 ;; todo 4/6 Reproduce the failure, Find the callers, Freeze the clock, Fix the retry, Run the tests, Write the changelog ;; edit src/retry.ts :: line 3. => line three. ;; bash node test.mjs 6 ;; say 160",
      "It still fails once in twenty runs, look again\nDO slow 60 ;; think 90 ;; bash git log --oneline -3 ;; task general Run the login test twenty times { slow 60 ;; bash node test.mjs 9 ;; task explore Compare the two traces { slow 60 ;; read src/retry.ts ;; task explore Decode the older trace { slow 60 ;; bash node test.mjs 4 ;; say 50 } ;; say 60 } ;; say 60 } ;; write src/clock.ts 12 ;; say 140",
      "Thanks. Sum up what you changed\nDO slow 60 ;; bash git diff --stat ;; todo 6/6 Reproduce the failure, Find the callers, Freeze the clock, Fix the retry, Run the tests, Write the changelog ;; say 220",
    ],
  },
  {
    server: 0,
    project: "webshop",
    model: "swift",
    startAfterMs: 4_000,
    pauseMs: 11_000,
    prompts: [
      "Add CSV export to the orders page\nDO slow 60 ;; think 30 ;; todo 0/4 Columns, Writer, Button, Test ;; write src/csv.ts 40 ;; todo 2/4 Columns, Writer, Button, Test ;; task explore Find how other tables export { slow 60 ;; read src/index.ts ;; say 90 } && task general Write the escaping tests { slow 60 ;; write src/csv.test.ts 30 ;; bash node test.mjs 7 ;; say 70 } ;; edit src/csv.ts :: line 1. => columns. ;; say 150",
      "Quote fields that hold a semicolon\nDO slow 60 ;; think 40 ;; edit src/csv.ts :: line 2. => quoting. ;; bash node test.mjs 6 ;; todo 4/4 Columns, Writer, Button, Test ;; say 130",
      "Stream it, ten thousand rows are too much for one string\nDO slow 60 ;; think 80 ;; write src/csv.ts 60 ;; task general Measure the memory of a large export { slow 60 ;; task explore Find the largest shop { slow 60 ;; task explore Count its orders { slow 60 ;; bash node test.mjs 3 ;; say 40 } ;; say 50 } ;; bash node test.mjs 5 ;; say 60 } ;; bash node test.mjs 9 ;; say 170",
    ],
  },
  {
    server: 0,
    project: "billing",
    model: "deep",
    startAfterMs: 9_000,
    pauseMs: 15_000,
    prompts: [
      "Migrate invoices to Postgres\nDO slow 60 ;; think 80 ;; read src/index.ts ;; write src/migration.ts 30 ;; bash git push origin migration ;; say 90",
      "Go on with the totals\nDO slow 60 ;; think 50 ;; write src/totals.ts 20 ;; task general Compare the totals of both databases { slow 60 ;; bash rm -rf build/cache ;; say 60 } ;; say 90",
    ],
  },
  {
    server: 0,
    project: "billing",
    model: "steady",
    agent: "plan",
    startAfterMs: 13_000,
    pauseMs: 20_000,
    prompts: [
      "Plan release 2.4\nDO slow 60 ;; think 40 ;; say 40 ;; ask Which database shall 2.4 support? | Postgres only | Postgres and SQLite | All three ;; say 120",
      "And the date?\nDO slow 60 ;; think 30 ;; ask* What goes into the announcement? | CSV export | New totals | Faster search ;; say 100",
    ],
  },
  {
    server: 0,
    project: "webshop",
    model: "swift",
    startAfterMs: 17_000,
    pauseMs: 25_000,
    prompts: [
      "Update the dependencies\nDO slow 60 ;; fail 3 15000 ;; say 60 ;; bash node test.mjs 6 ;; say 60",
      "Next one, please\nDO slow 60 ;; fail 2 20000 ;; think 20 ;; say 80",
    ],
  },
  {
    server: 0,
    project: "billing",
    model: "narrow",
    startAfterMs: 7_000,
    pauseMs: 9_000,
    compactAboveTokens: 25_000,
    prompts: [
      "Refactor the session store\nDO slow 60 ;; think 30 ;; read src/index.ts ;; context 3000 ;; say 80",
      "Go on with the next module\nDO slow 60 ;; think 30 ;; bash node test.mjs 4 ;; context 3400 ;; say 90",
    ],
  },
  {
    server: 0,
    project: "webshop",
    model: "steady",
    startAfterMs: 2_000,
    pauseMs: 40_000,
    prompts: [
      "Investigate the memory leak\nDO slow 20 ;; think 60 ;; context 158000 ;; read src/index.ts ;; say 120",
      "Look at the second heap snapshot\nDO slow 60 ;; think 60 ;; say 110",
    ],
  },
  {
    server: 0,
    project: "billing",
    model: "free",
    startAfterMs: 21_000,
    pauseMs: 60_000,
    prompts: [
      "Port the webhook signatures\nDO slow 60 ;; think 30 ;; read src/index.ts ;; say 60",
      "Use the new key\nDO slow 60 ;; refuse 401 The API key has expired",
      "Try once more\nDO slow 60 ;; think 20 ;; say 70",
      "And verify old ones too\nDO slow 60 ;; refuse 400 This request is larger than the model allows",
    ],
  },
  {
    server: 1,
    project: "firmware",
    model: "unlimited",
    startAfterMs: 11_000,
    pauseMs: 18_000,
    prompts: [
      "Speed up the boot sequence\nDO slow 60 ;; think 50 ;; bash node test.mjs 8 ;; task explore Measure each driver { slow 60 ;; bash node test.mjs 10 ;; task explore Read the bus trace { slow 60 ;; read src/index.ts ;; say 60 } ;; say 90 } ;; say 130",
      "Which one is next?\nDO slow 60 ;; think 40 ;; read src/index.ts ;; say 120",
    ],
  },
  {
    server: 1,
    project: "firmware",
    model: "swift",
    startAfterMs: 30_000,
    pauseMs: 35_000,
    prompts: [
      "Document the update protocol\nDO slow 60 ;; think 30 ;; write docs/update.md 40 ;; say 200",
      "Add a diagram in ASCII\nDO slow 60 ;; write docs/diagram.md 20 ;; edit docs/diagram.md :: line 4. => diagram. ;; say 90",
    ],
  },
];
