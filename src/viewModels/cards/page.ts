import type { CardRequest, Control } from "./card.ts";

/* What a page shows around its cards. */

export interface PageHead {
  readonly title: string;
  /** Its state in a word; `badgeHint` has the details. */
  readonly badge?: string;
  readonly badgeHint?: string | undefined;
  readonly isBusy?: boolean;
  readonly facts: readonly PageFact[];
  readonly controls: readonly Control[];
}

export interface PageFact {
  readonly text: string;
  readonly hint?: string;
  /** Makes it a link. */
  readonly ask?: CardRequest;
}

export interface Tile {
  /** Unique on the page. */
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly detail: string;
  /** Usage on what the servers no longer have. */
  readonly gone?: string;
  readonly hint: string;
  /** Shown as a meter below it. */
  readonly percent?: number | undefined;
  /** Makes it a button: one of the page's tiles is selected. */
  readonly ask?: CardRequest;
  readonly isChosen?: boolean;
}

/** Something the user should know before reading the figures. */
export interface Notice {
  /** Unique on the page: a notice with the same key replaces the earlier text. */
  readonly key: string;
  readonly level: "info" | "warning";
  readonly text: string;
  readonly hint?: string;
  readonly isBusy?: boolean;
  /** In percent; null until known. */
  readonly progress?: number | null;
  readonly action?: Extract<Control, { readonly kind: "button" }>;
  /** Shown only if it still applies after this time. */
  readonly delayMs?: number;
}
