/** What draws charts: a script of its own, so that a conversation doesn't wait for it. */
// First here, too: what both scripts share is evaluated before either of them, and holds messages.
import "./displayLanguage.ts";

import { registerChartParts } from "./drawings/chartParts.ts";

registerChartParts();

export { startUsage } from "./pages/usagePage.ts";
export { createChartsView } from "./parts/chartsView.ts";
