import type { CardRequest, Control } from "./card.ts";

/* What a page shows around its cards. */

export interface PageHead {
  readonly title: string;
  /** What it is doing, in a word, and in full. */
  readonly badge?: string;
  readonly badgeHint?: string | undefined;
  readonly isBusy?: boolean;
  readonly facts: readonly { readonly text: string; readonly hint?: string }[];
  readonly controls: readonly Control[];
}

export interface Tile {
  /** Unique on the page. */
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly detail: string;
  /** What the servers no longer have. */
  readonly gone?: string;
  readonly hint: string;
  /** A meter below it, in percent. */
  readonly percent?: number | undefined;
  /** Makes it a button: one of the page's tiles is chosen. */
  readonly ask?: CardRequest;
  readonly isChosen?: boolean;
}

/** Something to know before the figures are read. */
export interface Notice {
  /** Unique on the page: a notice with the same key is the same one with other words. */
  readonly key: string;
  readonly level: "info" | "warning";
  readonly text: string;
  readonly hint?: string;
  readonly isBusy?: boolean;
  /** How far it is, in percent; null before that is known. */
  readonly progress?: number | null;
  readonly action?: Extract<Control, { readonly kind: "button" }>;
  /** Shown only when it is still there after this time. */
  readonly delayMs?: number;
}
