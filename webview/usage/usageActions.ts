import type { FromUsage } from "../../src/protocol/usage.ts";
import type { SessionSlot, UsageDrill } from "../../src/viewModels/usageChoices.ts";
import type { UsageTableID } from "../../src/viewModels/usageTables.ts";

/** What a person does on a page of usage. */
export interface UsageActions {
  readonly ask: (message: FromUsage) => void;
  /** Shows the sessions behind something. */
  readonly onDrill: (drill: UsageDrill | undefined) => void;
  readonly onOpenSession: (sessionID: string) => void;
  /** Puts a session into a comparison, or takes its context apart. */
  readonly onUseSession: (slot: SessionSlot | "compare", sessionID: string) => void;
  /** Switches a card between its chart and its table. */
  readonly onToggleTable: (id: UsageTableID) => void;
  readonly onToggleSeries: (key: string) => void;
}
