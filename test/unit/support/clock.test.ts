import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { zoneAtTen } from "../../support/clock.mjs";

describe("a test run's time zone", () => {
  it("is one where it is ten in the morning, whenever the run starts", () => {
    for (let hour = 0; hour < 24; hour++) {
      const nowMs = Date.UTC(2026, 10, 30, hour, 59);
      const timeZone = zoneAtTen(nowMs);
      const format = new Intl.DateTimeFormat("en", { timeZone, hour: "numeric", hourCycle: "h23" });
      assert.equal(format.format(nowMs), "10", timeZone);
    }
  });
});
