import assert from "node:assert/strict";
import { iconText, plainText } from "../../../src/core/plainText.ts";

/** How VS Code finds links in message boxes, progress and input boxes (its `parseLinkedText`). */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/gi;
/** How VS Code finds icons in labels (its `renderLabelWithIcons`). */
const ICON = /\$\(([A-Za-z0-9-]+(?:~[A-Za-z]+)?)\)/;

describe("text of servers in message boxes and labels", () => {
  const hostile = [
    "[Open](command:workbench.action.closeWindow)",
    "[a](https://example.com) and [b](file:///etc/passwd)",
    '[x](command:a "title")',
    "[[x](command:a)](command:b)",
    "$(check) all is well",
    "$($(check)) $(loading~spin)",
  ];
  for (const text of hostile) {
    it(`contains neither link nor icon: ${text}`, () => {
      const shown = plainText(text);
      assert.equal(shown.match(LINK), null);
      assert.equal(ICON.test(shown), false);
      assert.equal(shown.replaceAll("\u200b", ""), text, "what is read stays the same");
    });
  }

  it("is unchanged if it contains neither", () => {
    for (const text of ["a [b] (c)", "costs $5 (about)", "f(x)[0]", "$", "]"]) {
      assert.equal(plainText(text), text);
    }
  });

  it("renders no icon except our own", () => {
    assert.equal(iconText("check", "$(zap) done"), "$(check) $\u200b(zap) done");
  });
});
