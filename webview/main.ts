/** The script of every webview of the extension: which page it is, the page's own document says. */
import { PAGE_ATTRIBUTE } from "../src/protocol/page.ts";
import { startBreakdown } from "./breakdownPage.ts";
import { registerChartParts } from "./charts/parts.ts";
import { registerToolkit } from "./toolkit.ts";
import { startUsage } from "./usage/usagePage.ts";

registerToolkit();
registerChartParts();

switch (document.body.getAttribute(PAGE_ATTRIBUTE)) {
  case "usagePanel":
    startUsage("panel");
    break;
  case "usageView":
    startUsage("view");
    break;
  default:
    startBreakdown();
}
