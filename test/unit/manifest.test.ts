import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";

import { COMMANDS } from "../../src/commands/commandTable.ts";
import type { CommandRow } from "../../src/commands/contribution.ts";
import {
  ATTENTION_VIEW_ID,
  SESSION_PANEL_TYPE,
  SESSION_VIEW_ID,
  PREFIX,
  SESSIONS_VIEW_ID,
  USAGE_PANEL_TYPE,
  USAGE_VIEW_ID,
} from "../../src/platform/ids.ts";
import { areOfApplication } from "../../src/platform/settings.ts";
import { CONTEXT_KEYS, ROW_WORDS } from "../support/manifestWords.ts";
import { commandsPage, generate, settingsPage } from "../support/manifest.ts";
import { VIEW_STATES } from "../../src/viewModels/tree/viewState.ts";

interface Placed {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
}

interface Setting {
  readonly scope: string;
  readonly default: unknown;
  readonly enum?: readonly string[];
  readonly order: number;
}

interface Manifest {
  readonly icon: string;
  readonly activationEvents: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: string;
      readonly category?: string;
      readonly icon?: string;
    }[];
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string }[] };
    readonly views: Readonly<
      Record<string, readonly { id: string; icon: string; when?: string }[]>
    >;
    readonly viewsWelcome: readonly { view: string; contents: string; when?: string }[];
    readonly menus: Readonly<Record<string, readonly Placed[]>>;
    readonly walkthroughs: readonly {
      readonly steps: readonly {
        readonly id: string;
        readonly media: {
          readonly markdown?: string;
          readonly image?: Readonly<Record<string, string>>;
        };
        readonly completionEvents: readonly string[];
      }[];
    }[];
    readonly keybindings: readonly Placed[];
    readonly configuration: readonly {
      readonly title: string;
      readonly order: number;
      readonly properties: Readonly<Record<string, Setting>>;
    }[];
  };
}

function read(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
}

const text = read("package.json");
const manifest = JSON.parse(text) as Manifest;
const strings = JSON.parse(read("package.nls.json")) as Readonly<Record<string, string>>;
const { contributes } = manifest;
const settings: Readonly<Record<string, Setting>> = Object.fromEntries(
  contributes.configuration.flatMap(({ properties }) => Object.entries(properties)),
);

/** Every `when` clause of the manifest. */
const whens = [
  ...Object.values(contributes.menus).flat(),
  ...contributes.keybindings,
  ...contributes.viewsWelcome,
  ...Object.values(contributes.views).flat(),
].flatMap(({ when }) => when ?? []);

function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort();
}

describe("the manifest", () => {
  it("matches the tables of commands and settings (otherwise run `npm run manifest`)", () => {
    const generated = generate({ ...manifest }, strings);
    assert.equal(text, `${JSON.stringify(generated.manifest, null, 2)}\n`);
    assert.equal(read("package.nls.json"), `${JSON.stringify(generated.strings, null, 2)}\n`);
    assert.equal(read("src/platform/commandIDs.ts"), generated.commandIDs);
  });

  it("uses every context key in the list, and no others of ours", () => {
    const asked = whens.flatMap((when) => when.match(/\bopencodeSessions\.\w+/g) ?? []);
    const views: readonly string[] = [
      SESSIONS_VIEW_ID,
      ATTENTION_VIEW_ID,
      USAGE_VIEW_ID,
      SESSION_PANEL_TYPE,
    ];
    assert.deepEqual(sorted(asked.filter((key) => !views.includes(key))), sorted(CONTEXT_KEYS));
  });

  it("tests rows only for context words that rows have", () => {
    const words = whens.flatMap((when) =>
      [...when.matchAll(/viewItem =~ \/\\b(\w+)\\b\//g)].map(([, word]) => word!),
    );
    assert.ok(words.length > 0);
    assert.deepEqual(
      sorted(words).filter((word) => !(ROW_WORDS as readonly string[]).includes(word)),
      [],
    );
    for (const when of whens) assert.doesNotMatch(when, /viewItem ==/);
  });

  it("links only to existing commands in welcome texts", () => {
    const known = new Set<string>(COMMANDS.map(({ name }) => `${PREFIX}.${name}`));
    const linked = [
      ...JSON.stringify(strings).matchAll(/\(command:(opencodeSessions\.\w+)\)/g),
    ].map(([, command]) => command!);
    assert.ok(linked.length > 0);
    assert.deepEqual(
      linked.filter((command) => !known.has(command)),
      [],
    );
  });

  it("gives each command an icon if it is shown as one", () => {
    const drawn = COMMANDS.filter(({ about: { menus = [] } }: CommandRow) =>
      menus.some(({ menu, group }) =>
        group.startsWith(menu === "view/title" ? "navigation" : "inline"),
      ),
    );
    assert.ok(drawn.length > 0);
    for (const { name, about } of drawn) assert.ok("icon" in about, name);
  });

  it("takes every string from package.nls.json, which contains no others", () => {
    const used = [...text.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key!);
    assert.deepEqual(sorted(used), Object.keys(strings).sort());
  });

  it("has a welcome text for every state in which the tree is empty", () => {
    const ofSessions = contributes.viewsWelcome.filter(({ view }) => view === SESSIONS_VIEW_ID);
    const states = ofSessions.map(({ when }) => {
      const [, state] = /opencodeSessions\.viewState == (\w+)/.exec(when ?? "") ?? [];
      return state!;
    });
    assert.deepEqual(sorted(states), sorted(VIEW_STATES.filter((state) => state !== "sessions")));
  });

  it("names the view, its container, its images and the panel like the code", () => {
    assert.equal(contributes.viewsContainers.activitybar[0]?.id, PREFIX);
    assert.deepEqual(
      contributes.views[PREFIX]?.map(({ id }) => id),
      [SESSIONS_VIEW_ID, ATTENTION_VIEW_ID, SESSION_VIEW_ID, USAGE_VIEW_ID],
    );
    const welcoming = contributes.viewsWelcome.map(({ view }) => view);
    assert.deepEqual(sorted(welcoming), sorted([SESSIONS_VIEW_ID, ATTENTION_VIEW_ID]));
    for (const type of [SESSION_PANEL_TYPE, USAGE_PANEL_TYPE]) {
      assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${type}`));
    }
    for (const picture of [manifest.icon, contributes.views[PREFIX][0]!.icon]) {
      assert.ok(existsSync(new URL(`../../${picture}`, import.meta.url)), picture);
    }
  });

  it("puts its settings in ordered groups, with a unique order for each", () => {
    const titles = contributes.configuration.map(({ title }) => strings[title.slice(1, -1)]);
    assert.deepEqual(titles, [
      "Servers",
      "Tree & Status Bar",
      "Notifications",
      "Compaction",
      "Usage & Budgets",
      "Kubernetes",
    ]);
    for (const [at, { order, properties }] of contributes.configuration.entries()) {
      assert.equal(order, at + 1);
      const orders = Object.values(properties).map((setting) => setting.order);
      assert.deepEqual(
        orders,
        orders.map((_order, place) => place + 1),
      );
    }
  });

  it("describes every value of an enumerated setting", () => {
    const schemas = JSON.stringify(contributes.configuration, (_key, value: unknown) => {
      if (typeof value !== "object" || value === null || !("enum" in value)) return value;
      assert.ok("enumDescriptions" in value, JSON.stringify(value));
      const { enum: values, enumDescriptions } = value as Record<string, unknown[]>;
      assert.equal(enumDescriptions!.length, values!.length);
      return value;
    });
    assert.match(schemas, /"enum"/);
  });

  it("opens each setting on the page of the settings editor that has it", () => {
    for (const [name, { scope }] of Object.entries(settings)) {
      const key = name.slice(PREFIX.length + 1);
      assert.equal(areOfApplication(key), scope === "application", name);
    }
    assert.equal(areOfApplication("budgets"), false);
    assert.equal(areOfApplication(""), false);
  });

  it("keeps addresses and programs out of a repository's reach", () => {
    for (const key of [
      "servers",
      "opencodePath",
      "allowedPlainHttp",
      "localDiscovery.enabled",
      "managedServer.autoStart",
      "kubernetes.clusters",
      "kubernetes.kubeconfig",
    ]) {
      const name = `${PREFIX}.${key}`;
      assert.equal(settings[name]?.scope, "machine", name);
      assert.ok(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.includes(name));
    }
  });
});

describe("the walkthrough", () => {
  const steps = contributes.walkthroughs.flatMap((each) => each.steps);

  it("has existing images and texts, and completes each step on a user action", () => {
    assert.ok(steps.length >= 5);
    for (const { id, media, completionEvents } of steps) {
      const files = media.markdown === undefined ? Object.values(media.image!) : [media.markdown];
      for (const name of files) {
        assert.ok(existsSync(new URL(`../../${name}`, import.meta.url)), name);
      }
      assert.ok(completionEvents.length > 0, id);
      for (const event of completionEvents) {
        const [, command] = /^onCommand:opencodeSessions\.(\w+)$/.exec(event) ?? [];
        if (command === undefined) continue;
        assert.ok(
          COMMANDS.some(({ name }) => name === command),
          event,
        );
      }
    }
  });

  it("explains every symbol of a row", () => {
    const legend = read("media/walkthrough/legend.md");
    for (const mark of ["●", "★", "~", "≥", "–", "2/4"]) assert.ok(legend.includes(mark), mark);
  });
});

describe("the user documentation", () => {
  it("describes every setting as in the table (otherwise run `npm run manifest`)", () => {
    assert.equal(read("docs/settings.md"), settingsPage());
  });

  it("lists every command as in the table (otherwise run `npm run manifest`)", () => {
    assert.equal(read("docs/commands.md"), commandsPage());
    for (const { about } of COMMANDS) {
      assert.ok(commandsPage().includes(`- **${about.title}**`), about.title);
    }
  });

  it("links only to existing files", () => {
    const pages = [
      "README.md",
      ...readdirSync("docs")
        .filter((name) => name.endsWith(".md"))
        .map((name) => `docs/${name}`),
    ];
    for (const page of pages) {
      const links = [...read(page).matchAll(/\]\(((?!https?:|#)[^)#]+)/g)].map(([, link]) => link!);
      for (const link of links) {
        assert.ok(
          existsSync(new URL(link, new URL(`../../${page}`, import.meta.url))),
          `${page}: ${link}`,
        );
      }
    }
  });
});
