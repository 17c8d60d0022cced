import { totalUSD, type Usage } from "../usage/usage.ts";

/**
 * What some rows of the ledger come to. `spent` is the money: what the servers still tell, every message
 * once. The servers' own figures (`opencode stats`, ccusage) are `spent` plus `copied`.
 */
export interface LedgerSum {
  /** Answers of a model in `spent`. */
  readonly messages: number;
  readonly spent: Usage;
  /** What forks copied, which the servers count again. */
  readonly copied: Usage;
  /** What was spent and the servers have forgotten: deleted, or reverted and overwritten. */
  readonly alsoSpent: Usage;
  /** Answers whose server told impossible figures; those count as zero. */
  readonly badMessages: number;
}

/** US dollars that were spent and the servers have forgotten: shown as «also spent». */
export function alsoSpentUSD(sum: LedgerSum): number {
  return totalUSD(sum.alsoSpent);
}
