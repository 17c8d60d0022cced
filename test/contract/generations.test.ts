import { startV1Target, startV2Target } from "../support/domainTarget.ts";
import { domainSuite } from "./domainSuite.ts";

describe("OpenCode 1, the real server", function () {
  this.timeout(60_000);
  domainSuite(() => startV1Target());
});

describe("OpenCode 2, the double of its contract", function () {
  this.timeout(60_000);
  domainSuite(() => startV2Target());
});

describe("OpenCode 2 with the routes of its beta, the double", function () {
  this.timeout(60_000);
  domainSuite(() => startV2Target({ drift: "beta" }));
});
