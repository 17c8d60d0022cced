/** The script of every webview in the extension; the document says which page it is. */
import "./displayLanguage.ts";

import { PAGE_ATTRIBUTE } from "../src/protocol/page.ts";
import { startSession } from "./pages/sessionPage.ts";
import { registerChartParts } from "./drawings/chartParts.ts";
import { registerToolkit } from "./toolkit.ts";
import { startUsage } from "./pages/usagePage.ts";

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
    startSession();
}
