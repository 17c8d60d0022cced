import type { Currency } from "../../core/usage/currency.ts";
import type { TokenKind } from "../breakdown/tokenKinds.ts";
import type { CsvCell } from "../text/csv.ts";
import type { SessionSlot, UsageChange, UsageDrill } from "../usage/usageChoices.ts";

/*
 * A card is one chart with its figures: the drawing, its texts, and the same figures as a table. It is plain
 * data: any page can draw any card, and each part contains the request that a click on it makes.
 */

/** A request that a click makes to the extension host. */
export type CardRequest =
  | { readonly type: "choose"; readonly change: UsageChange }
  | { readonly type: "pickSession"; readonly slot: SessionSlot }
  | { readonly type: "openSession"; readonly sessionID: string }
  /** Opens the usage panel at what the side bar shows, with the sessions behind one of its figures. */
  | { readonly type: "openPanel"; readonly drill?: UsageDrill | undefined }
  | { readonly type: "openSetting"; readonly setting: "budgets" | "usage.prices" }
  | { readonly type: "refill" }
  | { readonly type: "cancelFill" }
  | { readonly type: "command"; readonly command: "compact"; readonly messageID?: undefined }
  /** Loads the messages again after loading stopped. */
  | { readonly type: "reload" }
  | { readonly type: "copy"; readonly format: "csv" | "json"; readonly table: string }
  | { readonly type: "export"; readonly format: "csv" | "json"; readonly table: string };

/** A colour by its meaning; the page maps it to the theme. */
export type ColourName = TokenKind | "accent" | "warning" | "danger" | "neutral" | number;

export type Unit = "tokens" | Currency;

/** One bar, or one position on the axis. */
export interface Part {
  /** Shown on the axis; `title` is the full form. */
  readonly label: string;
  readonly title: string;
  /** The end of the tooltip: anything the series don't show. */
  readonly footer: string;
  readonly ask?: CardRequest | undefined;
  /** Whether its figures are estimates of an answer that is still being written. */
  readonly isLive?: boolean;
  /** Marked on the axis: the session was compacted here. */
  readonly isMarked?: boolean;
}

/** One colour of a plot: one value per part, `null` if there is none. */
export interface Series {
  readonly key: string;
  readonly label: string;
  readonly colour: ColourName;
  readonly values: readonly (number | null)[];
  /** Defaults to bars. A limit is a dashed line that isn't stacked. */
  readonly type?: "bar" | "area" | "limit";
  /** A figure for the legend that isn't in the plot. */
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
  /** The value with its share; `exact` is set if the exact value reads differently. */
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

/** One column per week, one cell per day. */
export interface CalendarPlot {
  readonly kind: "calendar";
  readonly days: readonly {
    readonly title: string;
    /** Name of the month, if it begins on this day. */
    readonly month?: string;
    /** 0 for nothing, 1 to 4 by quartile of the days with usage. */
    readonly level: number;
    readonly ask: CardRequest;
  }[];
  readonly weeks: number;
  readonly weekdays: readonly string[];
}

/** Bars that show how much of something is used up, with lines of text below. */
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
  /** Undefined for columns that only files have. */
  readonly title: string | undefined;
  /** Its name in a file; undefined for columns that only the page has. */
  readonly csv: string | undefined;
  readonly align: "start" | "end";
  readonly hint?: string;
  /** Maximum characters before its text is cut off; figures are never cut off. */
  readonly maxChars?: number;
  /** Its share of the remaining width; defaults to 1. */
  readonly grow?: number;
}

export interface Cell {
  readonly text: string;
  /** Exact value, for a file. */
  readonly value?: CsvCell;
  readonly hint?: string | undefined;
  readonly tone?: "quiet" | "strong" | undefined;
  /** Makes the text a link; `reveals` is the card that shows the result, if it is another one. */
  readonly ask?: CardRequest | undefined;
  readonly reveals?: string;
  /** Indentation steps, for a tree in a table. */
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
  /** Shown above the rows; left out of files, since spreadsheets make their own. */
  readonly sum?: Row | undefined;
}

/** A control in a heading. */
export type Control =
  | {
      readonly kind: "button";
      readonly label: string;
      readonly hint: string;
      readonly look?: "primary" | "secondary" | "icon";
      /** Why it is currently disabled. */
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
  /** Letters only: also names saved files. */
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  /** How many of six columns it takes if there is room. */
  readonly columns: 2 | 3 | 4 | 6;
  /** Describes the drawing in a sentence, for screen readers. */
  readonly label: string;
  /** Shown instead of the drawing if there is nothing to draw. */
  readonly empty?: string | undefined;
  /** Without a drawing, the card only has its table. */
  readonly drawing?: Drawing;
  /** Shown below the drawing: formulas, and what is estimated. */
  readonly notes?: readonly string[];
  /** The same figures as a table, on the page and as a CSV file. */
  readonly table?: Table;
  readonly controls?: readonly Control[];
  /** Id of the card to place this one below, as the result of a click on it. */
  readonly below?: string;
}
