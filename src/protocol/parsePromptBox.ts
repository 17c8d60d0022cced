/** Parses messages from a prompt box. */
import * as z from "zod/mini";

import { MAX_ATTACHED_BYTES, MAX_ATTACHMENTS, MAX_PROMPT_CHARACTERS } from "../core/limits.ts";
import type { FromPromptBox } from "./promptBox.ts";

const written = z.string().check(z.maxLength(MAX_PROMPT_CHARACTERS));
const name = z.string().check(z.maxLength(1000));
const uri = z.string().check(z.maxLength(10_000));
const base64 = z
  .string()
  .check(z.maxLength(Math.ceil(MAX_ATTACHED_BYTES / 3) * 4), z.regex(/^[A-Za-z0-9+/]*={0,2}$/));

export const fromPromptBox: z.ZodMiniType<FromPromptBox> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("wrote"), text: written }),
  z.object({ kind: z.literal("chooseAgent"), name: z.optional(name) }),
  z.object({ kind: z.literal("chooseModel"), key: z.optional(name) }),
  z.object({
    kind: z.literal("send"),
    text: written,
    delivery: z.optional(z.enum(["steer", "queue"])),
  }),
  z.object({ kind: z.literal("offers") }),
  z.object({ kind: z.literal("findFiles"), query: name }),
  z.object({ kind: z.literal("history") }),
  z.object({ kind: z.literal("attach"), name, mime: name, base64 }),
  z.object({
    kind: z.literal("attachURIs"),
    uris: z.array(uri).check(z.maxLength(MAX_ATTACHMENTS)),
  }),
  z.object({ kind: z.literal("attachSelection") }),
  z.object({ kind: z.literal("detach"), id: z.number() }),
]);
