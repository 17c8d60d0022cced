import type { Currency } from "../../core/usage/currency.ts";
import type { TokenKind } from "../breakdown/tokenKinds.ts";
import type { CsvCell } from "../text/csv.ts";
import type { SessionSlot, UsageChange, UsageDrill } from "../usage/usageChoices.ts";

/*
 * A card is one chart with its figures: what is drawn, what is said, and the same figures as a table. It is plain
 * data: any page draws any card, and what a click on a part asks for is written in the part.
 */

/** What a click asks the extension host for. */
export type CardRequest =
  | { readonly type: "choose"; readonly change: UsageChange }
  | { readonly type: "pickSession"; readonly slot: SessionSlot }
  | { readonly type: "openSession"; readonly sessionID: string }
  /** Open the usage panel at what the side bar shows, with the sessions behind something of it. */
  | { readonly type: "openPanel"; readonly drill?: UsageDrill | undefined }
  | { readonly type: "openBudgets" }
  | { readonly type: "refill" }
  | { readonly type: "cancelFill" }
  | { readonly type: "command"; readonly command: "compact"; readonly messageID?: undefined }
  /** Load the messages again after loading stopped. */
  | { readonly type: "reload" }
  | { readonly type: "copy"; readonly format: "csv" | "json"; readonly table: string }
  | { readonly type: "export"; readonly format: "csv" | "json"; readonly table: string };

/** A colour by its meaning; the page knows what the theme has for it. */
export type ColourName = TokenKind | "accent" | "warning" | "danger" | "neutral" | number;

export type Unit = "tokens" | Currency;

/** One bar, or one place on the axis. */
export interface Part {
  /** On the axis, and in full. */
  readonly label: string;
  readonly title: string;
  /** Ends the tooltip: what the series do not say. */
  readonly footer: string;
  readonly ask?: CardRequest | undefined;
  /** Its figures are estimates of an answer that is still being written. */
  readonly isLive?: boolean;
  /** Marked on the axis: the session was compacted here. */
  readonly isMarked?: boolean;
}

/** One colour of a plot: a value a part, `null` where there is none. */
export interface Series {
  readonly key: string;
  readonly label: string;
  readonly colour: ColourName;
  readonly values: readonly (number | null)[];
  /** Bars unless given. A limit is a dashed line that is added to nothing. */
  readonly type?: "bar" | "area" | "limit";
  /** A figure for the legend that the plot does not show. */
  readonly figure?: string;
}

/** Bars, areas and lines on one pair of axes. */
export interface Plot {
  readonly kind: "plot";
  readonly isHorizontal?: boolean;
  readonly layout: "stacked" | "grouped" | "overlaid";
  readonly unit: Unit;
  readonly parts: readonly Part[];
  readonly series: readonly Series[];
  /** Whether a click in the legend hides a series. */
  readonly canHide?: boolean;
  /** Whether the page may zoom into it. */
  readonly isZoomable?: boolean;
}

export interface RingPart {
  readonly label: string;
  readonly colour: ColourName;
  readonly value: number;
  /** The value in words, with its share; and exactly, where that differs. */
  readonly text: string;
  readonly exact?: string;
  readonly ask?: CardRequest | undefined;
}

/** A ring with a figure in the middle. */
export interface Ring {
  readonly kind: "ring";
  readonly parts: readonly RingPart[];
  readonly middle: readonly [figure: string, words: string];
}

/** A week a column, a day a cell. */
export interface CalendarPlot {
  readonly kind: "calendar";
  readonly days: readonly {
    readonly title: string;
    /** The name of the month that begins with it. */
    readonly month?: string;
    /** 0 for nothing, 1 to 4 by quarters of the days with usage. */
    readonly level: number;
    readonly ask: CardRequest;
  }[];
  readonly weeks: number;
  readonly weekdays: readonly string[];
}

/** Bars of how much of something is used up, and lines of text below them. */
export interface Meters {
  readonly kind: "meters";
  readonly meters: readonly {
    readonly id: string;
    readonly title: string;
    readonly figures: string;
    readonly detail: string;
    readonly hint: string;
    readonly percent: number;
    readonly ask: CardRequest;
  }[];
  readonly lines: readonly string[];
}

export type Drawing = Plot | Ring | CalendarPlot | Meters;

export interface Column {
  /** Undefined for what only a file has. */
  readonly title: string | undefined;
  /** Its name in a file; undefined for what only the page has. */
  readonly csv: string | undefined;
  readonly align: "start" | "end";
  readonly hint?: string;
  /** Where its text may be cut, in characters; figures are never cut. */
  readonly maxChars?: number;
  /** Its share of the room that is left; 1 unless given. */
  readonly grow?: number;
}

export interface Cell {
  readonly text: string;
  /** Exact, for a file. */
  readonly value?: CsvCell;
  readonly hint?: string | undefined;
  readonly tone?: "quiet" | "strong" | undefined;
  /** Makes the text a link, and the card that the answer is seen on, where it is another one. */
  readonly ask?: CardRequest | undefined;
  readonly reveals?: string;
  /** Steps the text is moved in, for a tree in a table. */
  readonly depth?: number;
}

export interface Row {
  readonly cells: readonly Cell[];
  readonly tone?: "live" | "failed" | undefined;
}

/** The figures of a card as a table: on the page, and as its CSV file. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Shown above the rows; not in a file: a spreadsheet makes its own. */
  readonly sum?: Row | undefined;
}

/** Something a person can press or choose in a heading. */
export type Control =
  | {
      readonly kind: "button";
      readonly label: string;
      readonly hint: string;
      readonly look?: "primary" | "secondary" | "icon";
      /** Why it cannot be pressed now. */
      readonly refusal?: string | undefined;
      readonly ask: CardRequest;
    }
  | {
      readonly kind: "dropdown" | "switch";
      readonly label: string;
      readonly value: string;
      readonly options: readonly {
        readonly value: string;
        readonly label: string;
        readonly ask: CardRequest;
      }[];
    };

export interface Card {
  /** Letters only: names the saved files as well. */
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  /** Columns of six it takes where there is room. */
  readonly columns: 2 | 3 | 4 | 6;
  /** The drawing in a sentence, for those who do not see it. */
  readonly label: string;
  /** Shown in place of the drawing when there is nothing to draw. */
  readonly empty?: string | undefined;
  /** Without one the table is all there is. */
  readonly drawing?: Drawing;
  /** Said below the drawing: formulas, and what is an estimate. */
  readonly notes?: readonly string[];
  /** The same figures as a table, on the page and as a CSV file. */
  readonly table?: Table;
  readonly controls?: readonly Control[];
  /** The id of the card it is placed below: that was clicked, and this is the answer. */
  readonly below?: string;
}
