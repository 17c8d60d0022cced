import assert from "node:assert/strict";
import { statusText, usageText } from "../../../src/agents/humanText.ts";
import { sessionStatus } from "../../../src/core/agents/sessionStatus.ts";
import { usageReport } from "../../../src/core/usage/usageReport.ts";
import { aServer, aSession, NOW_MS, stateWith } from "../../support/seed/builders.ts";
import { aLedgerSession, aRow, aTable } from "../../support/seed/ledger.ts";

const SERVER = "http://127.0.0.1:4096";

describe("the command line's answers for people", () => {
  it("mark every amount of money with its cost state, rates and projections included", () => {
    const state = stateWith(aServer({ id: SERVER, sessions: [aSession({ id: "one" })] }));
    const status = sessionStatus(
      state,
      { serverID: SERVER, sessionID: "one" },
      {
        nowMs: NOW_MS,
        rate: {
          usdPerHour: 4.82,
          recordedUSDPerHour: 4.82,
          costState: "partial",
          tokensPerMinute: 100,
          answers: 3,
        },
      },
    );
    assert.ok(status !== undefined);
    assert.match(statusText(status), /^at this rate +≥ \$4\.82 an hour$/m);

    const gone = { sessionID: "one", isGone: true };
    const table = aTable({
      sessions: [aLedgerSession({ id: "one" })],
      rows: [
        aRow({ messageID: "m1", sessionID: "one", costUSD: 0.5 }),
        aRow({ messageID: "m2", ...gone, costUSD: 0.25 }),
        aRow({ messageID: "m3", ...gone, costUSD: 0, modelID: "free" }),
      ],
    });
    const report = usageReport(
      {
        table,
        prices: new Map(),
        calendar: { timeZone: "UTC" },
        nowMs: NOW_MS,
        projection: {
          todayUSD: 1,
          todayState: "recorded",
          endOfDayUSD: 2,
          endOfDayState: "estimated",
          monthUSD: 3,
          monthState: "recorded",
          endOfMonthUSD: 40,
          endOfMonthState: "partial",
        },
      },
      { period: "all", by: "model", limit: 20 },
    );
    const text = usageText(report);
    assert.match(text, /^used +.*, \$0\.50, also spent ≥ \$0\.25$/m);
    assert.match(text, /^by the end of today +projected ~\$2\.00$/m);
    assert.match(text, /^by the end of this month +projected ≥ \$40\.00$/m);
  });
});
