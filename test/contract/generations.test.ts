import assert from "node:assert/strict";
import { startV1Target, startV2Target } from "../support/opencode/domainTarget.ts";
import { startPool } from "../support/opencode/pool.ts";
import { realV2, startRealV2Target } from "../support/opencode/realV2.ts";
import { compatibilityOf } from "../../src/core/state/compatibility.ts";
import { domainSuite } from "./domainSuite.ts";

describe("OpenCode 1, the real server", function () {
  domainSuite(() => startV1Target());
});

describe("OpenCode 2, the double of its contract", function () {
  domainSuite(() => startV2Target());
});

describe("OpenCode 2 with the routes of its beta, the double", function () {
  domainSuite(() => startV2Target({ drift: "beta" }));
});

const real = realV2();
if (real !== undefined) {
  describe("OpenCode 2, the real server", function () {
    domainSuite(() => startRealV2Target(real), false);

    it("offers what the extension can't do without", async () => {
      const target = await startRealV2Target(real);
      const { endpoint, password } = target;
      const pool = startPool([endpoint], new Map([[endpoint.serverID, password ?? ""]]));
      try {
        await pool.until(
          (state) =>
            state.servers.get(endpoint.serverID)?.connection.kind === "connected" || undefined,
          "a connection",
        );
        const report = await pool.pool.gateway(endpoint.serverID)?.checkCompatibility();
        assert.ok(report !== undefined);
        const missing = report.checks.filter(
          (check) => check.status !== "offered" || check.missing.length > 0,
        );
        assert.notEqual(compatibilityOf(report), "broken", JSON.stringify(missing, undefined, 2));
      } finally {
        await pool.stop();
        await target.stop();
      }
    });
  });
}
