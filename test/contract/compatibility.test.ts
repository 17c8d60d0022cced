import assert from "node:assert/strict";
import {
  type CompatibilityCheck,
  compatibilityOf,
  type CompatibilityReport,
} from "../../src/core/state/compatibility.ts";
import { getServer } from "../../src/core/state/lookup.ts";
import { compatibilityReport } from "../../src/viewModels/documents/compatibilityReport.ts";
import type { V2DoubleOptions } from "../support/opencode/v2Double/startV2Double.ts";
import { startV2Double } from "../support/opencode/v2Double/startV2Double.ts";
import { type DomainTarget, startV1Target } from "../support/opencode/domainTarget.ts";
import { endpointOf, startPool } from "../support/opencode/pool.ts";

const SUBJECT = { extensionVersion: "0.1.0", editorVersion: "1.100.0", platform: "linux" };

/** Connects, runs the check, and returns the report with its text. */
async function check(
  target: Pick<DomainTarget, "endpoint" | "password">,
): Promise<{ readonly report: CompatibilityReport; readonly text: string }> {
  const { serverID } = target.endpoint;
  const pool = startPool([target.endpoint], new Map([[serverID, target.password ?? ""]]));
  try {
    const server = await pool.until((state) => {
      const found = getServer(state, serverID);
      return found?.connection.kind === "connected" ? found : undefined;
    }, "a connection");
    const report = await pool.pool.gateway(serverID)?.checkCompatibility();
    assert.ok(report !== undefined);
    return { report, text: String(compatibilityReport(server, report, SUBJECT)) };
  } finally {
    await pool.stop();
  }
}

function incompleteChecks(report: CompatibilityReport): readonly CompatibilityCheck[] {
  return report.checks.filter(({ status, missing }) => status !== "offered" || missing.length > 0);
}

describe("the compatibility check", function () {
  it("finds everything it needs in the real OpenCode 1 server", async () => {
    const target = await startV1Target({ password: "open sesame" });
    try {
      const { report, text } = await check(target);
      assert.equal(report.basis, "specification");
      assert.deepEqual(incompleteChecks(report), []);
      assert.equal(compatibilityOf(report), "full");
      assert.match(text, /OpenCode 1, version 1\.18/);
      for (const secret of [
        "open sesame",
        target.endpoint.url,
        new URL(target.endpoint.url).port,
        target.directory,
        "/tmp",
      ]) {
        assert.ok(!text.includes(secret), secret);
      }
    } finally {
      await target.stop();
    }
  });

  async function checkDouble(options: V2DoubleOptions = {}, hasSpecification = true) {
    const double = await startV2Double(options);
    double.faults.hasNoSpecification = !hasSpecification;
    double.state.add({ title: "a secret title", directory: "/home/dev/secret" });
    try {
      const { password, url } = double;
      const { report, text } = await check({ endpoint: endpointOf(url), password });
      assert.ok(!text.includes("secret") && !text.includes(password) && !text.includes(url));
      return { report, text };
    } finally {
      await double.stop();
    }
  }

  it("finds everything it needs in the contract of OpenCode 2", async () => {
    const { report } = await checkDouble();
    assert.deepEqual(incompleteChecks(report), []);
  });

  it("reports which older forms a beta has", async () => {
    const { report, text } = await checkDouble({ drift: "beta" });
    assert.equal(compatibilityOf(report), "full");
    assert.match(
      text,
      /\| Rename \| yes \| {2}\| `POST \/api\/session\/\{\}\/rename` \(an older form\)/,
    );
  });

  it("reports what is missing, and whether that matters", async () => {
    const limited = await checkDouble({ without: ["fork", "inbox"] });
    assert.equal(compatibilityOf(limited.report), "limited");
    assert.deepEqual(
      incompleteChecks(limited.report).map(({ area }) => area),
      ["Queued prompts", "Fork"],
    );
    assert.match(limited.text, /\| Fork \| \*\*no\*\* \|/);
    const broken = await checkDouble({ without: ["session"] });
    assert.equal(compatibilityOf(broken.report), "broken");
    assert.match(broken.text, /the extension requires is missing/);
  });

  it("probes what it can without a specification, and says that this is incomplete", async () => {
    const { report, text } = await checkDouble({}, false);
    assert.equal(report.basis, "probes");
    assert.equal(compatibilityOf(report), "unknown");
    const list = report.checks.find(({ area }) => area === "Session list");
    assert.equal(list?.status, "offered");
    assert.match(text, /no specification \(unsupported\)/);
  });
});
