/** The pages that one script draws. */
export type WebviewPageName = "breakdown" | "usagePanel" | "usageView";

/** The attribute of the document's body that says which page it is. */
export const PAGE_ATTRIBUTE = "data-page";
