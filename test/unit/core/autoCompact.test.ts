import assert from "node:assert/strict";

import type { ServerAction } from "../../../src/core/state/actions.ts";
import {
  type AutoCompactOverride,
  type AutoCompactSettings,
  dueForCompaction,
  parseOverride,
  ruleOf,
  wasEffective,
} from "../../../src/core/state/autoCompact.ts";
import type { Session } from "../../../src/core/state/session.ts";
import type { State } from "../../../src/core/state/state.ts";
import { ownCompactionTokens } from "../../../src/server/v1/ownCompaction.ts";
import { patientMs } from "../../support/patience.mjs";
import { aServer, aSession, contextKnown, NOW_MS, stateWith } from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const ref = { serverID, sessionID: "a" };
const rule = { mode: "on", thresholdPercent: 95 } as const;

/** A session whose model has a context window of 200,000 tokens. */
function filled(
  contextTokens: number,
  options: {
    session?: Partial<Session>;
    live?: readonly ServerAction[];
    isEstimate?: boolean;
  } = {},
): State {
  return stateWith(
    aServer({
      name: "This machine",
      sessions: [aSession({ id: "root" }), aSession({ id: "a", ...options.session })],
      live: () => [
        contextKnown(serverID, "a", contextTokens, options.isEstimate),
        ...(options.live ?? []),
      ],
    }),
  );
}

describe("automatic compaction", () => {
  it("is due when an idle root session has reached the threshold", () => {
    assert.equal(dueForCompaction(filled(190_000), ref, rule), 95);
    assert.equal(dueForCompaction(filled(189_999), ref, rule), undefined);
    assert.equal(dueForCompaction(filled(190_000), ref, { ...rule, mode: "off" }), undefined);
  });

  it("skips sessions that work, wait, are children, are archived, or have queued prompts", () => {
    const working = { kind: "working", sinceMs: NOW_MS } as const;
    const common = { serverID, sessionID: "a" };
    for (const state of [
      filled(199_000, { live: [{ ...common, type: "activity.changed", activity: working }] }),
      filled(199_000, { live: [{ ...common, type: "prompts.queued", count: 1 }] }),
      filled(199_000, { session: { parentID: "root" } }),
      filled(199_000, { session: { archivedMs: NOW_MS } }),
      filled(199_000, { isEstimate: true }),
      // The server compacted during this turn.
      filled(199_000, {
        live: [
          { ...common, type: "activity.changed", activity: working },
          { ...common, type: "compaction.started", isAuto: true, atMs: NOW_MS },
          { ...common, type: "compaction.ended", error: undefined },
          { ...common, type: "activity.changed", activity: { kind: "idle" } },
        ],
      }),
    ]) {
      assert.equal(dueForCompaction(state, ref, rule), undefined);
    }
    const failed = filled(199_000, {
      live: [{ ...common, type: "session.failed", message: "too long", atMs: NOW_MS }],
    });
    assert.equal(dueForCompaction(failed, ref, rule), 99.5);
  });

  it("is not repeated if it did not help", () => {
    assert.equal(wasEffective({ before: 100, after: 20, afterPercent: 20 }, rule), true);
    for (const effect of [
      { before: 100, after: 100, afterPercent: 50 },
      { before: 100, after: 130, afterPercent: 65 },
      { before: 100, after: 99, afterPercent: 96 },
      { before: 100, after: undefined, afterPercent: undefined },
    ]) {
      assert.equal(wasEffective(effect, rule), false);
    }
  });

  it("takes mode and threshold from the last override that matches server and model", () => {
    const override = (given: Partial<AutoCompactOverride>): AutoCompactOverride => ({
      server: undefined,
      model: undefined,
      mode: undefined,
      thresholdPercent: undefined,
      ...given,
    });
    const settings = (...overrides: readonly AutoCompactOverride[]): AutoCompactSettings => ({
      mode: "offer",
      thresholdPercent: 95,
      overrides,
    });
    const state = filled(1);
    const of = (...overrides: readonly AutoCompactOverride[]) => {
      const { mode, thresholdPercent } = ruleOf(state, ref, settings(...overrides));
      return `${mode} ${String(thresholdPercent)}`;
    };
    assert.equal(of(), "offer 95");
    assert.equal(of(override({ model: "acme/*", thresholdPercent: 80 })), "offer 80");
    assert.equal(of(override({ model: "acme", thresholdPercent: 80 })), "offer 95");
    assert.equal(of(override({ model: "acme/sonne?", thresholdPercent: 80 })), "offer 95");
    for (const model of ["*", "*/*", "A*E/S*T", "acme/sonnet*", "*acme/sonnet", "ac**net"]) {
      assert.equal(of(override({ model, thresholdPercent: 80 })), "offer 80", model);
    }
    for (const model of ["", "acme/sonnet/*", "*acme", "acme/sonnet*t", "acme/son*nnet"]) {
      assert.equal(of(override({ model, thresholdPercent: 80 })), "offer 95", model);
    }
    assert.equal(
      of(
        override({ server: "This machine", mode: "on", thresholdPercent: 70 }),
        override({ server: "Another", mode: "off" }),
        override({ server: serverID, model: "ACME/sonnet", thresholdPercent: 60 }),
      ),
      "on 60",
    );
  });

  it("matches any pattern in no time: a workspace may contain it", () => {
    const override = parseOverride({ model: `${"*".repeat(40)}!`, mode: "on" });
    assert.ok(override !== undefined);
    const startedMs = performance.now();
    const settings = { mode: "offer", thresholdPercent: 95, overrides: [override] } as const;
    assert.equal(ruleOf(filled(1), ref, settings).mode, "offer");
    assert.ok(performance.now() - startedMs < patientMs(1_000));
  });

  it("accepts an override only if all of it is valid", () => {
    assert.deepEqual(parseOverride({ model: "a/*", threshold: 80 }), {
      server: undefined,
      model: "a/*",
      mode: undefined,
      thresholdPercent: 80,
    });
    for (const wrong of [
      "on",
      null,
      [],
      { mode: "always" },
      { threshold: 5 },
      { threshold: 101 },
      { threshold: "80" },
      { server: 1 },
      { modell: "a/b" },
    ]) {
      assert.equal(parseOverride(wrong), undefined);
    }
  });
});

describe("the server's own compaction", () => {
  const model = { limit: { context: 32_000, output: 4_000 } };

  it("starts where the answer would no longer fit", () => {
    assert.equal(ownCompactionTokens({}, model), 28_000);
    assert.equal(
      ownCompactionTokens({ compaction: { auto: true, reserved: 1_000 } }, model),
      28_000,
    );
    const large = { limit: { context: 200_000, output: 64_000 } };
    assert.equal(ownCompactionTokens({}, large), 168_000);
    const input = { limit: { context: 200_000, input: 180_000, output: 64_000 } };
    assert.equal(ownCompactionTokens({}, input), 160_000);
    assert.equal(ownCompactionTokens({ compaction: { reserved: 5_000 } }, input), 175_000);
  });

  it("never starts if it is turned off or the model has no limit", () => {
    assert.equal(ownCompactionTokens({ compaction: { auto: false } }, model), undefined);
    assert.equal(ownCompactionTokens({}, {}), undefined);
    assert.equal(ownCompactionTokens("no config", undefined), undefined);
  });
});
