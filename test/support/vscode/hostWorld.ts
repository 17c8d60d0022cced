import assert from "node:assert/strict";

import * as vscode from "vscode";

import type { ExtensionApi, TestingHandle } from "../../../src/extension.ts";
import { type CommandID, PREFIX, SESSION_TEXT_SCHEME } from "../../../src/platform/ids.ts";
import type { SettingKey } from "../../../src/platform/settings.ts";
import { type SessionRef, sessionKey } from "../../../src/core/state/session.ts";
import type { ServerState, State } from "../../../src/core/state/state.ts";
import { waitMs } from "../patience.mjs";
import { readManifest } from "../project.mjs";

/** The extension as VS Code knows it. */
export function extension(): vscode.Extension<ExtensionApi> {
  const found = vscode.extensions.getExtension<ExtensionApi>(readManifest().id);
  assert.ok(found !== undefined, "the extension is not installed");
  return found;
}

/**
 * Activates the extension without any servers except those a test adds, and returns its test API. Turns off
 * unprompted messages, because a test that scripts the user's answers must know what they answer.
 */
export async function testingHandle(): Promise<TestingHandle> {
  await configure("localDiscovery.enabled", false);
  await configure("notifications", "off");
  await configure("autoCompact.mode", "off");
  const { testing } = await extension().activate();
  assert.ok(testing !== undefined, "the extension is not in test mode");
  return testing;
}

/** Values of settings before the running test changed them. */
const settingsBefore = new Map<SettingKey, unknown>();
let isInTest = false;

/** Writes a user setting; undefined removes it. If the test fails, its changes are reverted. */
export async function configure(key: SettingKey, value: unknown): Promise<void> {
  const settings = vscode.workspace.getConfiguration(PREFIX);
  if (isInTest && !settingsBefore.has(key)) {
    settingsBefore.set(key, settings.inspect(key)?.globalValue);
  }
  await settings.update(key, value, vscode.ConfigurationTarget.Global);
}

/** Hooks around every test in the extension host, so that a failing test leaves nothing behind for the next. */
export const worldHooks = {
  beforeEach(): void {
    isInTest = true;
  },
  async afterEach(this: Mocha.Context): Promise<void> {
    isInTest = false;
    Object.assign(vscode.window, realDialogs);
    const changed = [...settingsBefore];
    settingsBefore.clear();
    if (this.currentTest?.state !== "failed") return;
    for (const [key, value] of changed) await configure(key, value);
  },
};

export async function run(id: CommandID, ...args: readonly unknown[]): Promise<unknown> {
  return vscode.commands.executeCommand(id, ...args);
}

/** Waits until `find` finds something in the state, and returns it. */
export async function untilState<T>(
  { store }: TestingHandle,
  what: string,
  find: (state: State) => T | undefined,
): Promise<T> {
  const now = find(store.state);
  if (now !== undefined) return now;
  return await new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`timed out after ${String(waitMs)} ms waiting until ${what}`));
    }, waitMs);
    const stop = store.onDidChange(() => {
      const found = find(store.state);
      if (found === undefined) return;
      clearTimeout(timer);
      stop();
      resolve(found);
    });
  });
}

/** Waits until a server is connected, or until another given condition holds. */
export async function untilServer(
  handle: TestingHandle,
  url: string,
  kind: ServerState["connection"]["kind"] = "connected",
): Promise<ServerState> {
  return await untilState(handle, `${url} is ${kind}`, ({ servers }) =>
    [...servers.values()].find(
      ({ endpoint, connection }) => endpoint.url === url && connection.kind === kind,
    ),
  );
}

/** Polls until `find` returns a value. */
export async function until<T>(
  what: string,
  find: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const endMs = performance.now() + waitMs;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() > endMs)
      throw new Error(`timed out after ${String(waitMs)} ms waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The report that begins like this, once VS Code shows it rendered and without anything to save. */
export async function renderedReport(beginning: string): Promise<vscode.TextDocument> {
  const document = await until("the report is open", () =>
    vscode.workspace.textDocuments.find(
      (shown) => shown.uri.scheme === SESSION_TEXT_SCHEME && shown.getText().startsWith(beginning),
    ),
  );
  await until("the report is rendered", () => {
    const { activeTab } = vscode.window.tabGroups.activeTabGroup;
    return activeTab?.input instanceof vscode.TabInputWebview ? true : undefined;
  });
  assert.equal(document.isUntitled, false);
  return document;
}

export function keyOf({ serverID, sessionID }: SessionRef): string {
  return sessionKey(serverID, sessionID);
}

/** What the user was shown and answered. VS Code itself refuses dialogs while under test. */
export interface ScriptedUser {
  /** Messages of every kind with their details, in order. */
  readonly messages: readonly string[];
  /** Prompts of the input boxes that appeared. */
  readonly prompts: readonly string[];
  /** Number of unused answers. */
  unusedAnswers(): number;
  /** Restores VS Code's dialogs, as the end of a test also does. Fails if an answer was unused. */
  restoreDialogs(): void;
}

const realDialogs = {
  showInputBox: vscode.window.showInputBox,
  showQuickPick: vscode.window.showQuickPick,
  showSaveDialog: vscode.window.showSaveDialog,
  showInformationMessage: vscode.window.showInformationMessage,
  showWarningMessage: vscode.window.showWarningMessage,
  showErrorMessage: vscode.window.showErrorMessage,
  withProgress: vscode.window.withProgress,
};

interface Answers {
  /** Labels of the picked items, in order; undefined is Escape. */
  readonly picks?: readonly (string | undefined)[];
  /** Files chosen in save dialogs, in order; undefined is Cancel. */
  readonly files?: readonly (vscode.Uri | undefined)[];
  /** Texts typed into input boxes, in order; undefined is Escape. */
  readonly inputs?: readonly (string | undefined)[];
  /** Buttons pressed in messages that have any, in order; undefined closes the message. */
  readonly buttons?: readonly (string | undefined)[];
}

/** Replaces VS Code's dialogs with a user who gives these answers. */
export function scriptedUser(answers: Answers = {}): ScriptedUser {
  const inputs = [...(answers.inputs ?? [])];
  const buttons = [...(answers.buttons ?? [])];
  const picks = [...(answers.picks ?? [])];
  const files = [...(answers.files ?? [])];
  const messages: string[] = [];
  const prompts: string[] = [];
  const showInputBox = async (options: vscode.InputBoxOptions = {}) => {
    prompts.push([options.title, options.prompt].join(": "));
    const input = inputs.shift();
    const problem = input === undefined ? undefined : await options.validateInput?.(input);
    if (problem !== undefined && problem !== null) {
      messages.push(typeof problem === "string" ? problem : problem.message);
      return undefined;
    }
    return input;
  };
  const show = (message: string, ...rest: readonly unknown[]) => {
    const [first] = rest;
    const isOptions = typeof first === "object" && first !== null && !("title" in first);
    const options = isOptions ? (first as vscode.MessageOptions) : undefined;
    const items = (isOptions ? rest.slice(1) : rest) as readonly (string | vscode.MessageItem)[];
    const titles = items.map((item) => (typeof item === "string" ? item : item.title));
    messages.push([message, options?.detail].filter((text) => text !== undefined).join("\n"));
    const answer = items.length === 0 ? undefined : buttons.shift();
    if (answer === undefined) return Promise.resolve(undefined);
    assert.ok(titles.includes(answer), `no button ${answer}: ${titles.join()}`);
    return Promise.resolve(items[titles.indexOf(answer)]);
  };
  const showQuickPick = async (
    offered: readonly (string | vscode.QuickPickItem)[] | Thenable<readonly vscode.QuickPickItem[]>,
  ) => {
    const items = await offered;
    const labels = items.map((item) => (typeof item === "string" ? item : item.label));
    const pick = picks.shift();
    if (pick === undefined) return undefined;
    assert.ok(labels.includes(pick), `nothing to pick called ${pick}: ${labels.join()}`);
    return items[labels.indexOf(pick)];
  };
  const showSaveDialog = () => Promise.resolve(files.shift());
  Object.assign(vscode.window, {
    showInputBox,
    showQuickPick,
    showSaveDialog,
    showInformationMessage: show,
    showWarningMessage: show,
    showErrorMessage: show,
  });
  return {
    messages,
    prompts,
    unusedAnswers: () => inputs.length + buttons.length + picks.length + files.length,
    restoreDialogs: () => {
      Object.assign(vscode.window, realDialogs);
      const unusedAnswers = [...inputs, ...buttons, ...picks, ...files];
      assert.deepEqual(unusedAnswers, [], "answers left over");
    },
  };
}

/** Whether a process exists and belongs to this user. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
