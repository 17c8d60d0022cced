/** The script of every webview in the extension; the document says which page it is. */
import "./displayLanguage.ts";

import { PAGE_ATTRIBUTE } from "../src/protocol/page.ts";
import { startSession } from "./pages/sessionPage.ts";
import { registerToolkit } from "./toolkit.ts";

registerToolkit();

switch (document.body.getAttribute(PAGE_ATTRIBUTE)) {
  case "usagePanel":
    void startUsage("panel");
    break;
  case "usageView":
    void startUsage("view");
    break;
  default:
    startSession();
}

async function startUsage(kind: "panel" | "view"): Promise<void> {
  (await import("./charts.ts")).startUsage(kind);
}
