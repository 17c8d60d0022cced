import assert from "node:assert/strict";

import { PromptDrafts } from "../../src/platform/promptDrafts.ts";

/** A window's state that survives a reload, as JSON. */
function windowState() {
  const values = new Map<string, string>();
  return {
    characters: () => [...values.values()].join("").length,
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

  it("keep where their files are, never what is in them, however often they are saved", () => {
    const state = windowState();
    const drafts = new PromptDrafts(state);
    const file = {
      id: 1,
      bytes: 9_000_000,
      name: "a.png",
      mime: "image/png",
      uri: "file:///a.png",
    };
    drafts.set("a", { text: "See", files: [file] });
    drafts.save();
    assert.deepEqual(new PromptDrafts(state).get("a"), { text: "See", files: [file] });
    assert.ok(state.characters() < 200, `${state.characters()} characters are written`);
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
