import type { SessionChoices } from "../../src/protocol/page.ts";

/** What the user chose to see on a session's page, apart from scroll positions. */
export type ViewChoices = Omit<SessionChoices, "version" | "ref" | "scrollTop" | "tableScrollTop">;
