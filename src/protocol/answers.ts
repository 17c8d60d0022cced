import * as z from "zod/mini";

import type { RequestAnswer } from "../core/state/request.ts";
import type { RequestModel } from "../viewModels/conversation/requests.ts";

/** What a page's cards send about a request, identified by its ID and its session, which may be a sub-session. */
export type FromCards = RequestAnswer & {
  readonly sessionID: string;
  readonly requestID: string;
};

/** What the host sends to cards: all open requests, a failed answer, or a focus request. */
export type ToCards =
  | { readonly kind: "requests"; readonly requests: readonly RequestModel[] }
  | { readonly kind: "failed"; readonly requestID: string; readonly reason: string }
  /** Moves the focus to the card. */
  | { readonly kind: "focus"; readonly requestID: string };

const text = z.string().check(z.maxLength(100_000));
const named = { sessionID: text, requestID: text };

/** Parses messages from a page's cards. */
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
