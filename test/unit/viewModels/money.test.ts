import assert from "node:assert/strict";

import { setShownCurrency, US_DOLLARS } from "../../../src/core/usage/currency.ts";
import {
  breakdownCards,
  breakdownExcerpt,
} from "../../../src/viewModels/breakdown/breakdownCards.ts";
import { breakdownModel } from "../../../src/viewModels/breakdown/breakdown.ts";
import { breakdownTiles } from "../../../src/viewModels/breakdown/breakdownPage.ts";
import { breakdownTable } from "../../../src/viewModels/breakdown/breakdownTables.ts";
import { transcript } from "../../../src/viewModels/documents/transcript.ts";
import { formatUSD } from "../../../src/viewModels/text/format.ts";
import { shownMoney, spokenMoney } from "../../../src/viewModels/text/money.ts";
import { sessionTooltip } from "../../../src/viewModels/tree/sessionTooltip.ts";
import { statusBarContent } from "../../../src/viewModels/tree/statusBar.ts";
import { NOW_MS, REF, SCENARIOS } from "../../support/seed/breakdownScenarios.ts";

describe("money in the user's currency", () => {
  beforeEach(() => {
    setShownCurrency({ code: "EUR", perUSD: 0.5 });
  });
  afterEach(() => {
    setShownCurrency(US_DOLLARS);
  });

  it("is converted, keeps its mark, and is read out with the currency's name", () => {
    assert.equal(shownMoney(3), "€1.50");
    assert.equal(shownMoney(3, "estimated"), "~€1.50");
    assert.equal(shownMoney(3, "partial"), "≥ €1.50");
    assert.equal(shownMoney(3, "unpriced"), "–");
    assert.equal(spokenMoney(3), "1.50 euros");
    setShownCurrency(US_DOLLARS);
    assert.equal(shownMoney(3), formatUSD(3));
    assert.equal(spokenMoney(3), "3.00 US dollars");
  });

  it("appears everywhere for a session, with no dollars left", () => {
    const state = SCENARIOS.normal();
    const model = breakdownModel(state, REF, NOW_MS);
    assert.ok(model);
    const surfaces = {
      tooltip: sessionTooltip(state, REF, NOW_MS),
      statusBar: statusBarContent(state, REF, NOW_MS),
      tiles: breakdownTiles(model),
      cards: breakdownCards(
        breakdownExcerpt(model, { from: 0, to: model.points.length }, 60, "own"),
      ),
      table: breakdownTable(model, "messages"),
      transcript: transcript(state, REF),
    };
    for (const [name, surface] of Object.entries(surfaces)) {
      const text = JSON.stringify(surface);
      assert.match(text, /€\d|"code":"EUR"/, name);
      assert.doesNotMatch(text, /\$\d|"code":"USD"/, name);
    }
  });
});
