import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { CAPABILITIES, NO_CAPABILITIES } from "../../src/core/state/capabilities.ts";
import type { SessionState } from "../../src/core/state/sessionState.ts";
import { ROW_WORDS } from "../support/manifestWords.ts";
import { type RowFacts, sessionWords } from "../../src/viewModels/tree/rowWords.ts";

/** The most entries one can take in at a glance. */
const MOST = 12;

interface Placed {
  readonly command?: string;
  readonly submenu?: string;
  readonly when: string;
  readonly group: string;
}

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly menus: Readonly<Record<string, readonly Placed[]>>;
  };
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
const { contributes } = read("package.json") as Manifest;
const strings = read("package.nls.json") as Readonly<Record<string, string>>;
const { menus } = contributes;

type Row = ReadonlySet<string>;

/** Compiles a `when` clause of a row's menu into a predicate. */
function predicate(when: string): (view: string, row: Row) => boolean {
  const clauses = when.split(" && ").map((clause) => {
    const [, view] = /^view == opencodeSessions\.(\w+)$/.exec(clause) ?? [];
    if (view !== undefined) return (seen: string) => seen === view;
    const [, not, word] = /^(!\()?viewItem =~ \/\\b([\w-]+)\\b\/\)?$/.exec(clause) ?? [];
    assert.ok(word !== undefined, `not understood: ${clause}`);
    const isWanted = not === undefined;
    return (_seen: string, row: Row) => row.has(word) === isWanted;
  });
  return (view, row) => clauses.every((holds) => holds(view, row));
}

const placed = menus["view/item/context"]!.map((placed) => ({
  placed,
  holds: predicate(placed.when),
}));
const buttons = placed.filter(({ placed: { group } }) => group.startsWith("inline"));
const entries = placed.filter((each) => !buttons.includes(each));
const submenus = new Map(
  entries.flatMap(({ placed: { submenu } }) =>
    submenu === undefined
      ? []
      : [[submenu, menus[submenu]!.map(({ when }) => predicate(when))] as const],
  ),
);

/** A row's top-level menu entries. VS Code omits a submenu without entries. */
function shown(view: string, row: Row): string[] {
  return entries.flatMap(({ placed: { command, submenu }, holds }) => {
    if (!holds(view, row)) return [];
    if (submenu === undefined) return [command!];
    return submenus.get(submenu)!.some((inside) => inside(view, row)) ? [submenu] : [];
  });
}

function words(text: string): Row {
  return new Set(text.split(" "));
}

/** Every subset of the words. */
function* combinations(of: readonly string[]): Generator<string[]> {
  for (let bits = 0; bits < 2 ** of.length; bits++) {
    yield of.filter((_word, at) => (bits & (2 ** at)) !== 0);
  }
}

const KINDS: readonly SessionState["kind"][] = [
  "idle",
  "working",
  "compacting",
  "waiting_permission",
  "question",
  "retry",
  "error",
  "unavailable",
];

/** Facts with which a row is offered most: their opposites only remove entries. */
const MOST_OFFERED = {
  hasAddress: true,
  isUncompacted: false,
  hasNoTodos: false,
} as const satisfies Partial<RowFacts>;

/** Session rows in every state they can be in. */
function* sessionRows(): Generator<Row> {
  const flags = [
    "isChild",
    "isBusyBelow",
    "isActive",
    "isArchived",
    "isShared",
    "isReverted",
    "isConnected",
    "hasQueuedPrompts",
    "isWaiting",
    "isEmpty",
    "isPinned",
  ] as const satisfies readonly (keyof RowFacts)[];
  for (const set of combinations(flags)) {
    const facts = Object.fromEntries(flags.map((flag) => [flag, set.includes(flag)])) as Record<
      (typeof flags)[number],
      boolean
    >;
    for (const kind of KINDS) {
      for (const capabilities of [new Set(CAPABILITIES), NO_CAPABILITIES]) {
        yield words(sessionWords({ ...facts, ...MOST_OFFERED, kind, capabilities }));
      }
    }
  }
}

function* rowsOf(kind: string, also: readonly string[]): Generator<Row> {
  for (const set of combinations(also)) yield new Set([kind, ...set]);
}

/** A row has at most one of each. */
const EXCLUSIVE = [
  ["connected", "lost", "unauthorized", "unencrypted"],
  ["going", "over"],
  ["awake", "suspended"],
] as const;

const CLUSTER_WORDS = ROW_WORDS.slice(ROW_WORDS.indexOf("suspended"));

describe("the menus of rows", () => {
  const kinds: readonly (readonly [string, string, () => Iterable<Row>])[] = [
    ["a session", "sessions", sessionRows],
    [
      "a server",
      "sessions",
      () =>
        rowsOf("server", [
          ...["settings", "local", "managed", "connected", "lost", "unauthorized", "unencrypted"],
        ]),
    ],
    [
      "a project",
      "sessions",
      () =>
        ["local", "managed", "settings"].flatMap((origin) =>
          [...rowsOf("project", ["connected", "directory"])].map(
            (row) => new Set([...row, origin]),
          ),
        ),
    ],
    ["a namespace", "sessions", () => rowsOf("namespace", CLUSTER_WORDS)],
    ["an agent", "sessions", () => rowsOf("agent", CLUSTER_WORDS)],
    ["a task", "sessions", () => rowsOf("task", CLUSTER_WORDS)],
    ["a cron task", "sessions", () => rowsOf("cronTask", CLUSTER_WORDS)],
    ["what needs attention", "attention", () => rowsOf("attention", ["asks", "news"])],
  ];
  for (const [title, view, rows] of kinds) {
    it(`for ${title} have between one and ${MOST} entries, without duplicates`, () => {
      let longest: readonly string[] = [];
      for (const row of rows()) {
        const menu = shown(view, row);
        assert.deepEqual(menu, [...new Set(menu)], [...row].join(" "));
        if (menu.length > longest.length) longest = menu;
      }
      assert.ok(longest.length >= 1, "no row of this kind has a menu");
      assert.ok(longest.length <= MOST, longest.join("\n"));
    });
  }

  it("leave room for the row: one button on a session, two on others", () => {
    for (const [title, view, rows] of kinds) {
      let most = 0;
      for (const row of rows()) {
        if (EXCLUSIVE.some((group) => group.filter((word) => row.has(word)).length > 1)) continue;
        const shown = buttons.filter(({ holds }) => holds(view, row));
        most = Math.max(most, shown.length);
      }
      assert.ok(most <= (title === "a session" ? 1 : 2), `${title}: ${String(most)} buttons`);
    }
  });

  it("name the row's own kind, not several", () => {
    for (const { placed: each } of placed) {
      if (each.command === undefined) continue;
      const title = strings[`command.${each.command.split(".")[1]!}`]!;
      assert.doesNotMatch(title, / or /);
    }
  });

  it("offer the actions that apply", () => {
    const offered = (text: string): string[] =>
      [...submenus.keys(), "view/item/context"].flatMap((menu) =>
        menus[menu]!.flatMap(({ command, when }) =>
          command !== undefined && predicate(when)("sessions", words(text))
            ? [command.slice("opencodeSessions.".length)]
            : [],
        ),
      );
    const idle = offered("session idle connected address cap-share cap-revert");
    for (const name of ["compactSession", "shareSession", "copyServerURL", "showFiles"]) {
      assert.ok(idle.includes(name), name);
    }
    for (const name of [
      ...["stopSession", "stopSessionTree", "unshareSession", "copyShareLink", "unrevertSession"],
      ...["goToParent", "goToRoot", "answerRequest", "unpinSession", "archiveSession"],
    ]) {
      assert.ok(!idle.includes(name), name);
    }
    assert.ok(!offered("session idle connected empty").includes("compactSession"));
    assert.ok(!offered("session idle address").includes("compactSession"), "while disconnected");
    assert.ok(!offered("session idle connected").includes("copyServerURL"), "through a tunnel");
    assert.ok(offered("session connected busy busyBelow").includes("stopSessionTree"));
    assert.ok(!offered("session connected busy").includes("stopSessionTree"));
    const open = ["readSummary", "openTodo", "showFiles"];
    const opens = (text: string): string[] =>
      offered(`session idle connected cap-todo ${text}`).filter((name) => open.includes(name));
    assert.deepEqual(opens("").sort(), open.toSorted(), "where it isn't known to have none");
    assert.deepEqual(opens("empty"), []);
    assert.deepEqual(opens("uncompacted noTodos"), ["showFiles"]);
    assert.deepEqual(offered("project connected local directory").sort(), [
      "copyProjectPath",
      "newSession",
      "openProjectFolder",
    ]);
  });
});

describe("the titles in the command palette", () => {
  const offered = contributes.commands
    .map(({ command }) => command)
    .filter((command) => {
      const at = menus["commandPalette"]!.find((each) => each.command === command);
      return at?.when !== "false";
    })
    .map((command) => [command, strings[`command.${command.split(".")[1]!}`]!] as const);

  it("say “OpenCode” only once, as their category", () => {
    for (const [, title] of offered) assert.doesNotMatch(title, /OpenCode/);
  });

  it("name their object, with no bare verbs and no duplicates", () => {
    for (const [command, title] of offered) assert.match(title, /^\S+ \S/, command);
    const titles = offered.map(([, title]) => title);
    assert.deepEqual(titles, [...new Set(titles)]);
  });
});
