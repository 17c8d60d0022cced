import type { Usage } from "../usage/usage.ts";

/**
 * The sum of some ledger rows. `spent` is the actual spending on messages the servers still have, each counted
 * once. The servers' own figures (`opencode stats`, ccusage) are `spent` plus `copied`.
 */
export interface LedgerSum {
  /** Number of model answers in `spent`. */
  readonly messages: number;
  readonly spent: Usage;
  /** Usage copied by forks, which the servers count again. */
  readonly copied: Usage;
  /** Spending on messages the servers no longer have: deleted, or reverted and overwritten. */
  readonly alsoSpent: Usage;
  /** Number of answers for which the server reported impossible figures; those count as zero. */
  readonly badMessages: number;
}
