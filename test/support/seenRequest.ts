import type { IncomingMessage } from "node:http";

/** A request as servers and proxies on its way may log it: everything but its body. */
export interface SeenRequest {
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export function seenRequest({
  method = "GET",
  url = "/",
  headersDistinct,
}: IncomingMessage): SeenRequest {
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value) => [name, value] as const),
  );
  return { method, path: url, headers };
}
