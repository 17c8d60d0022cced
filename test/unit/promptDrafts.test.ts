import assert from "node:assert/strict";

import { MAX_KEPT_FILE_CHARACTERS, PromptDrafts } from "../../src/platform/promptDrafts.ts";

/** A window's state that survives a reload, as JSON. */
function windowState() {
  const values = new Map<string, string>();
  return {
    get: (key: string) =>
      values.has(key) ? (JSON.parse(values.get(key) ?? "") as never) : undefined,
    update: (key: string, value: unknown): Promise<void> => {
      values.set(key, JSON.stringify(value));
      return Promise.resolve();
    },
  };
}

const model = { providerID: "anthropic", modelID: "claude", variant: "high" };

describe("prompt drafts", () => {
  it("come back in the next window with their options", () => {
    const state = windowState();
    const drafts = new PromptDrafts(state);
    drafts.set("a", { text: "Half a thought" });
    drafts.set("a", { agent: "plan", model });
    drafts.save();
    const expected = { text: "Half a thought", agent: "plan", model };
    assert.deepEqual(new PromptDrafts(state).get("a"), expected);
  });

  it("are gone once they are sent or emptied", () => {
    const state = windowState();
    const drafts = new PromptDrafts(state);
    drafts.set("sent", { text: "one" });
    drafts.set("emptied", { text: "two" });
    drafts.set("emptied", { text: "" });
    drafts.save();
    drafts.forget("sent");
    const next = new PromptDrafts(state);
    assert.equal(next.get("sent"), undefined);
    assert.equal(next.get("emptied"), undefined);
  });

  it("are limited to twenty, and a very long one lasts only as long as its window", () => {
    const state = windowState();
    const drafts = new PromptDrafts(state);
    for (let at = 0; at < 25; at++) drafts.set(String(at), { text: "text" });
    drafts.set("24", { text: "x".repeat(100_001) });
    drafts.save();
    assert.equal(drafts.get("4"), undefined);
    assert.equal(drafts.get("24")?.text.length, 100_001);
    const next = new PromptDrafts(state);
    assert.equal(next.get("5")?.text, "text");
    assert.equal(next.get("24"), undefined);
  });

  it("keep their files, and say so where these are too large for the window's state", () => {
    const state = windowState();
    const drafts = new PromptDrafts(state);
    const attached = (characters: number) => {
      const file = { filename: "a.png", mime: "image/png", url: "x".repeat(characters) };
      return [{ id: 1, bytes: characters, file }];
    };
    drafts.set("older", { text: "one", files: attached(MAX_KEPT_FILE_CHARACTERS / 2) });
    drafts.set("large", { text: "two", files: attached(MAX_KEPT_FILE_CHARACTERS + 1) });
    drafts.set("newer", { files: attached(MAX_KEPT_FILE_CHARACTERS) });
    drafts.save();
    assert.equal(drafts.get("large")?.files?.length, 1);
    const next = new PromptDrafts(state);
    assert.deepEqual(next.get("older"), { text: "one", hasLostFiles: true });
    assert.deepEqual(next.get("large"), { text: "two", hasLostFiles: true });
    assert.deepEqual(next.get("newer")?.files, attached(MAX_KEPT_FILE_CHARACTERS));
    assert.equal(next.get("newer")?.hasLostFiles, undefined);
  });

  it("tell of each change and who made it, until nobody listens", () => {
    const drafts = new PromptDrafts(windowState());
    const heard: unknown[] = [];
    const stop = drafts.onDidChange((...change) => heard.push(change));
    drafts.set("a", { text: "one" }, 1);
    drafts.forget("a", 2);
    stop();
    drafts.set("a", { text: "two" }, 3);
    assert.deepEqual(heard, [
      ["a", 1],
      ["a", 2],
    ]);
  });

  it("are empty if the window's state holds something else", () => {
    const state = windowState();
    void state.update("promptDrafts", { a: 5 });
    assert.equal(new PromptDrafts(state).get("a"), undefined);
  });
});
