import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";

import {
  ATTENTION_VIEW_ID,
  BREAKDOWN_PANEL_TYPE,
  COMMAND_IDS,
  CONTEXT_KEYS,
  FILES_VIEW_ID,
  PREFIX,
  ROW_WORDS,
  SESSIONS_VIEW_ID,
  SETTING_KEYS,
  USAGE_PANEL_TYPE,
  USAGE_VIEW_ID,
  VIEW_CONTAINER_ID,
} from "../../src/platform/ids.ts";
import { VIEW_STATES } from "../../src/viewModels/viewState.ts";

interface Placed {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
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
    readonly keybindings: readonly Placed[];
    readonly configuration: {
      readonly properties: Readonly<
        Record<string, { scope: string; default: unknown; enum?: readonly string[] }>
      >;
    };
  };
}

function read(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
}

const text = read("package.json");
const manifest = JSON.parse(text) as Manifest;
const strings = JSON.parse(read("package.nls.json")) as Readonly<Record<string, string>>;
const { contributes } = manifest;

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
  it("contributes the commands of the list, and no others", () => {
    assert.deepEqual(
      contributes.commands.map(({ command }) => command).sort(),
      [...COMMAND_IDS].sort(),
    );
  });

  it("has the settings of the list, and no others", () => {
    assert.deepEqual(
      Object.keys(contributes.configuration.properties).sort(),
      SETTING_KEYS.map((key) => `${PREFIX}.${key}`).sort(),
    );
  });

  it("asks for each context key of the list, and for no others of ours", () => {
    const asked = whens.flatMap((when) => when.match(/\bopencodeSessions\.\w+/g) ?? []);
    const views: readonly string[] = [
      SESSIONS_VIEW_ID,
      ATTENTION_VIEW_ID,
      FILES_VIEW_ID,
      USAGE_VIEW_ID,
    ];
    assert.deepEqual(sorted(asked.filter((key) => !views.includes(key))), sorted(CONTEXT_KEYS));
  });

  it("asks rows only for words that rows have", () => {
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

  it("places only commands that exist, in menus, keybindings and welcome texts", () => {
    const known = new Set<string>(COMMAND_IDS);
    const placed = [...Object.values(contributes.menus).flat(), ...contributes.keybindings].map(
      ({ command }) => command,
    );
    const linked = [
      ...JSON.stringify(strings).matchAll(/\(command:(opencodeSessions\.\w+)\)/g),
    ].map(([, command]) => command!);
    assert.ok(linked.length > 0);
    assert.deepEqual(
      [...placed, ...linked].filter((command) => !known.has(command)),
      [],
    );
  });

  it("gives each command a title, our category, and an icon where it is drawn as one", () => {
    const drawn = Object.values(contributes.menus)
      .flat()
      .filter(({ group }) => group?.startsWith("inline") ?? false)
      .concat(
        contributes.menus["view/title"]!.filter(({ group }) => group!.startsWith("navigation")),
      );
    assert.ok(drawn.length > 0);
    for (const { command, title, category, icon } of contributes.commands) {
      assert.match(title, /^%command\.\w+%$/);
      assert.equal(category, "OpenCode");
      if (drawn.some((entry) => entry.command === command)) assert.match(icon ?? "", /^\$\(.+\)$/);
    }
  });

  it("takes every string from package.nls.json, which holds no others", () => {
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

  it("names the view, its container, its pictures and the panel as the code does", () => {
    assert.equal(contributes.viewsContainers.activitybar[0]?.id, VIEW_CONTAINER_ID);
    assert.deepEqual(
      contributes.views[VIEW_CONTAINER_ID]?.map(({ id }) => id),
      [SESSIONS_VIEW_ID, ATTENTION_VIEW_ID, FILES_VIEW_ID, USAGE_VIEW_ID],
    );
    const welcoming = contributes.viewsWelcome.map(({ view }) => view);
    assert.deepEqual(sorted(welcoming), sorted([SESSIONS_VIEW_ID, ATTENTION_VIEW_ID]));
    for (const type of [BREAKDOWN_PANEL_TYPE, USAGE_PANEL_TYPE]) {
      assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${type}`));
    }
    for (const picture of [manifest.icon, contributes.views[VIEW_CONTAINER_ID][0]!.icon]) {
      assert.ok(existsSync(new URL(`../../${picture}`, import.meta.url)), picture);
    }
  });

  it("keeps addresses and programs out of a repository's reach", () => {
    for (const key of [
      "servers",
      "opencodePath",
      "localDiscovery.enabled",
      "managedServer.autoStart",
      "kubernetes.clusters",
      "kubernetes.kubeconfig",
    ]) {
      const name = `${PREFIX}.${key}`;
      assert.equal(contributes.configuration.properties[name]?.scope, "machine", name);
      assert.ok(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.includes(name));
    }
  });
});

describe("the README", () => {
  const readme = read("README.md");

  it("has a row for every setting, with its default, and for no others", () => {
    const rows = [...readme.matchAll(/^\| `(opencodeSessions\.[\w.]+)`\s*\| `([^`]*)`/gm)];
    assert.deepEqual(
      rows.map(([, name, value]) => [name, value]).sort(),
      Object.entries(contributes.configuration.properties)
        .map(([name, setting]) => [
          name,
          setting.enum === undefined ? JSON.stringify(setting.default) : String(setting.default),
        ])
        .sort(),
    );
  });
});
