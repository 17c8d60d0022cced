/** Deliberate misbehaviour of the double. Can be changed while it runs. */
export interface Faults {
  /** Each stream ends after this many events. */
  endStreamAfter: number | undefined;
  /** Every route answers with a web page. */
  answersHTML: boolean;
  /** Every call is refused, with or without a body that says why. */
  refuses: "withBody" | "withoutBody" | undefined;
  /** Delay before a step's totals are sent; they then arrive after the end of its turn. */
  lateTotalsMs: number;
  /** Totals are never sent; they are only in the row. */
  losesTotals: boolean;
  /** Events of unknown types are mixed in with the others. */
  unknownEvents: boolean;
  /** Rows have neither title nor model nor agent. */
  bareRows: boolean;
  /** `/openapi.json` is a web page. */
  hasNoSpecification: boolean;
  /** The maximum number of entries in a page, however many are requested. */
  pageCap: number;
}

export function noFaults(): Faults {
  return {
    endStreamAfter: undefined,
    answersHTML: false,
    refuses: undefined,
    lateTotalsMs: 0,
    losesTotals: false,
    unknownEvents: false,
    bareRows: false,
    hasNoSpecification: false,
    pageCap: 200,
  };
}
