/** What the double does wrong on purpose. All may be changed while it runs. */
export interface Faults {
  /** Each stream ends after so many events. */
  endStreamAfter: number | undefined;
  /** Every route answers with a web page. */
  answersHTML: boolean;
  /** Every call is refused, with or without a body that says why. */
  refuses: "withBody" | "withoutBody" | undefined;
  /** The totals of a step are told so much later: after its turn has ended. */
  lateTotalsMs: number;
  /** Totals are never told; the row has them. */
  losesTotals: boolean;
  /** Events of a kind nobody knows stand between the others. */
  unknownEvents: boolean;
  /** Rows have neither title nor model nor agent. */
  bareRows: boolean;
  /** `/openapi.json` is a web page. */
  hasNoSpecification: boolean;
  /** A page holds at most so many, whatever is asked. */
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
