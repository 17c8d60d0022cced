import assert from "node:assert/strict";

import { v1Capabilities } from "../../../src/server/v1/v1Adapter.ts";

describe("the capabilities of OpenCode 1", () => {
  it("include sharing up to 1.19.0, after which OpenCode discontinued it", () => {
    const offered = ["1.0.3", "1.18.33", "1.19.0", "local"].filter((version) =>
      v1Capabilities(version).has("share"),
    );
    assert.deepEqual(offered, ["1.0.3", "1.18.33", "1.19.0", "local"]);
    for (const version of ["1.19.1", "1.19.6", "1.20.0"]) {
      assert.ok(!v1Capabilities(version).has("share"), version);
      assert.ok(v1Capabilities(version).has("revert"), version);
    }
  });
});
