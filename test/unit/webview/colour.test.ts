import assert from "node:assert/strict";
import { describe, it } from "mocha";

import { mixColours, onBackground, withAlpha } from "../../../webview/colour.ts";

describe("a colour", () => {
  it("is parsed in every form themes use", () => {
    for (const text of ["#f00", "#FF0000", "#ff0000ff", "rgb(255, 0, 0)", " rgb(255 0 0) "]) {
      assert.equal(withAlpha(text, 1), "rgba(255, 0, 0, 1)", text);
    }
    assert.equal(withAlpha("#ff000080", 1), "rgba(255, 0, 0, 0.5)");
    assert.equal(withAlpha("rgba(204, 204, 204, 0.2)", 1), "rgba(204, 204, 204, 0.2)");
    assert.equal(withAlpha("rgb(1 2 3 / 50%)", 1), "rgba(1, 2, 3, 0.5)");
  });

  it("can be mixed, made transparent and laid over another", () => {
    assert.equal(mixColours("#000000", "#ffffff", 0.5), "rgba(128, 128, 128, 1)");
    assert.equal(withAlpha("#ffffff", 0.25), "rgba(255, 255, 255, 0.25)");
    assert.equal(onBackground("rgba(255, 255, 255, 0.5)", "#000000"), "rgba(128, 128, 128, 1)");
    assert.equal(onBackground("#123456", "#000000"), "#123456");
    assert.equal(mixColours("#000", "rgb(4, 8, 9)", 1 / 3), "rgba(1, 3, 3, 1)");
  });

  it("is left unchanged if it cannot be parsed", () => {
    for (const text of ["", "currentColor", "red", "#ff", "#ggg", "rgb(1, 2)", "rgb(a, b, c)"]) {
      assert.equal(withAlpha(text, 0.5), text);
      assert.equal(mixColours(text, "#fff", 0.5), text);
      assert.equal(onBackground(text, "#fff"), text);
    }
  });
});
