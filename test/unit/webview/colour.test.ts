import assert from "node:assert/strict";
import { describe, it } from "mocha";

import {
  cssColour,
  mixColours,
  onBackground,
  parseColour,
  withAlpha,
} from "../../../webview/colour.ts";

describe("colour", () => {
  it("reads what themes hold", () => {
    const red = { red: 255, green: 0, blue: 0, alpha: 1 };
    for (const text of ["#f00", "#FF0000", "#ff0000ff", "rgb(255, 0, 0)", " rgb(255 0 0) "]) {
      assert.deepEqual(parseColour(text), red, text);
    }
    assert.equal(parseColour("#ff000080")?.alpha.toFixed(2), "0.50");
    assert.equal(parseColour("rgba(204, 204, 204, 0.2)")?.alpha, 0.2);
    assert.equal(parseColour("rgb(1 2 3 / 50%)")?.alpha, 0.5);
    for (const text of ["", "red", "#ff", "#ggg", "rgb(1, 2)", "rgb(a, b, c)"]) {
      assert.equal(parseColour(text), undefined, text);
    }
  });

  it("mixes, thins and lays colours over each other", () => {
    assert.equal(mixColours("#000000", "#ffffff", 0.5), "rgba(128, 128, 128, 1)");
    assert.equal(withAlpha("#ffffff", 0.25), "rgba(255, 255, 255, 0.25)");
    assert.equal(onBackground("rgba(255, 255, 255, 0.5)", "#000000"), "rgba(128, 128, 128, 1)");
    assert.equal(onBackground("#123456", "#000000"), "#123456");
    assert.equal(
      cssColour({ red: 1.4, green: 2.6, blue: 3, alpha: 1 / 3 }),
      "rgba(1, 3, 3, 0.333)",
    );
  });

  it("leaves alone what it cannot read", () => {
    assert.equal(withAlpha("currentColor", 0.5), "currentColor");
    assert.equal(mixColours("red", "#fff", 0.5), "red");
    assert.equal(onBackground("red", "#fff"), "red");
  });
});
