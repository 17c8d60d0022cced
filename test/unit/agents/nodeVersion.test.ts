import assert from "node:assert/strict";

import { isNodeSupported, unsupportedRuntime } from "../../../src/agents/nodeVersion.ts";

describe("the Node.js version required by the command line", () => {
  it("is 22.16 or newer", () => {
    const supported = ["22.16.0", "v22.16.0\n", "v22.19.1", "v24.0.0", "v100.1.0"];
    const old = ["v20.20.2", "v22.12.0", "v9.99.0", "", "node"];
    assert.deepEqual(supported.map(isNodeSupported), [true, true, true, true, true]);
    assert.deepEqual(old.map(isNodeSupported), [false, false, false, false, false]);
  });

  it("is requested in a one-line message", () => {
    assert.equal(
      unsupportedRuntime("20.20.2"),
      "opencode-sessions needs Node 22.16 or newer; this is 20.20.2.",
    );
    assert.equal(unsupportedRuntime("22.19.0"), undefined);
  });
});
