import assert from "node:assert/strict";
import { iconText, plainText } from "../../../src/core/plainText.ts";

/** As VS Code finds links in the text of message boxes, progress and input boxes (its `parseLinkedText`). */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/gi;
/** As VS Code finds icons in labels (its `renderLabelWithIcons`). */
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
    it(`holds neither link nor icon: ${text}`, () => {
      const shown = plainText(text);
      assert.equal(shown.match(LINK), null);
      assert.equal(ICON.test(shown), false);
      assert.equal(shown.replaceAll("\u200b", ""), text, "what is read stays the same");
    });
  }

  it("leaves other text as it is", () => {
    for (const text of ["a [b] (c)", "costs $5 (about)", "f(x)[0]", "$", "]"]) {
      assert.equal(plainText(text), text);
    }
  });

  it("draws only the icon of our own", () => {
    assert.equal(iconText("check", "$(zap) done"), "$(check) $\u200b(zap) done");
  });
});
