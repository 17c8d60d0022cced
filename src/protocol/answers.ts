import * as z from "zod/mini";

import type { RequestAnswer } from "../core/state/request.ts";
import type { RequestModel } from "../viewModels/conversation/requests.ts";

/** What a page's cards say of a request: it is named by its session, which may be below the page's, and its id. */
export type FromCards = RequestAnswer & {
  readonly sessionID: string;
  readonly requestID: string;
};

/** What the host sends to cards: all open requests, or that an answer was refused. */
export type ToCards =
  | { readonly kind: "requests"; readonly requests: readonly RequestModel[] }
  | { readonly kind: "failed"; readonly requestID: string; readonly reason: string }
  /** The card gets the focus. */
  | { readonly kind: "focus"; readonly requestID: string };

const text = z.string().check(z.maxLength(100_000));
const named = { sessionID: text, requestID: text };

/** Parses what a page's cards say. */
export const fromCards: z.ZodMiniType<FromCards> = z.discriminatedUnion("kind", [
  z.object({
    ...named,
    kind: z.literal("permission"),
    reply: z.enum(["once", "always", "reject"]),
    reason: z.optional(text),
  }),
  z.object({
    ...named,
    kind: z.literal("answers"),
    answers: z.record(text, z.array(text).check(z.maxLength(1000))),
  }),
  z.object({ ...named, kind: z.literal("decline") }),
]);
