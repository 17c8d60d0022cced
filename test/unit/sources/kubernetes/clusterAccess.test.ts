import assert from "node:assert/strict";
import { ClusterAccess } from "../../../../src/sources/kubernetes/clusterAccess.ts";
import { KubeConfig } from "../../../../src/sources/kubernetes/kubernetesClient.ts";
import { shiftClock } from "../../../support/shiftClock.ts";

describe("the access to a cluster", () => {
  afterEach(() => {
    shiftClock(0);
  });

  it("reuses credentials for a few seconds, even if the clock is set back", async () => {
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: "c", server: "https://cluster", skipTLSVerify: true }],
      users: [{ name: "u", token: "t" }],
      contexts: [{ name: "dev", cluster: "c", user: "u" }],
      currentContext: "dev",
    });
    let nowMs = 0;
    const access = new ClusterAccess("dev", () => config, { now: () => nowMs });
    const first = access.credentials();
    await first;
    nowMs += 4_999;
    assert.ok(access.credentials() === first);
    shiftClock(-3_600_000);
    nowMs += 1;
    assert.ok(access.credentials() !== first);
    access.dispose();
  });
});
