/** Parses messages and restored state of pages; both may come from another version of this extension. */
import * as z from "zod/mini";

import type { SessionRef } from "../core/state/session.ts";
import { SESSION_TABS } from "../viewModels/conversation/sessionPlace.ts";
import { type FromPage, PAGE_PARTS, SESSION_COMMANDS } from "./page.ts";
import { fromCards } from "./answers.ts";
import { fromPromptBox } from "./parsePromptBox.ts";

/** Longest accepted text, except for pictures. */
const MAX_TEXT_LENGTH = 100_000;

const text = z.string().check(z.maxLength(MAX_TEXT_LENGTH));
/** ID of a card or table; also used in file names. */
const cardID = z.string().check(z.regex(/^[a-zA-Z]{1,40}$/));
const time = z.number();

const drill = z.object({
  chart: text,
  title: text,
  fromMs: z.optional(time),
  untilMs: z.optional(time),
  modelKey: z.optional(text),
  agent: z.optional(text),
  projectKey: z.optional(text),
  placeID: z.optional(text),
  origin: z.optional(z.enum(["root", "child"])),
  treeID: z.optional(text),
});

const range = z.enum(["today", "week", "month", "all"]);
const unit = z.enum(["auto", "hour", "day", "week", "month"]);
const measure = z.enum(["cost", "tokens"]);
const stack = z.enum(["kind", "model", "agent", "project", "place", "origin"]);
const slot = z.enum(["compareA", "compareB", "composition"]);
const format = z.enum(["csv", "json"]);

const choices = z.object({
  range,
  unit,
  measure,
  stack,
  drill: z.optional(drill),
  compareA: z.optional(text),
  compareB: z.optional(text),
  composition: z.optional(text),
});

const change = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("range"), range }),
  z.object({ kind: z.literal("unit"), unit }),
  z.object({ kind: z.literal("measure"), measure }),
  z.object({ kind: z.literal("stack"), stack }),
  z.object({ kind: z.literal("drill"), drill: z.optional(drill) }),
  z.object({ kind: z.literal("session"), slot, sessionID: z.optional(text) }),
]);

/** Messages shown at a time; far more than fit on any screen. */
const MAX_SHOWN_MESSAGES = 500;
/** Files opened at a time. */
const MAX_SHOWN_FILES = 10_000;
/** Longest text that can be copied from a page. */
const MAX_COPY_LENGTH = 10_000_000;

/** Largest accepted picture, in base64 characters: 24 MB of PNG. */
const MAX_PICTURE_LENGTH = 32_000_000;
const PNG_PREFIX = "data:image/png;base64,";
/** The first six bytes of every PNG file, in base64. */
const PNG_SIGNATURE = "iVBORw0K";

const fromPage: z.ZodMiniType<FromPage> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), choices: z.optional(choices) }),
  z.object({
    type: z.literal("width"),
    widthPx: z.number().check(z.minimum(1), z.maximum(100_000)),
    letterPx: z.number().check(z.minimum(1), z.maximum(1000)),
  }),
  z.object({ type: z.literal("choose"), change }),
  z.object({ type: z.literal("pickSession"), slot }),
  z.object({ type: z.literal("openSession"), sessionID: text }),
  z.object({ type: z.literal("openPanel"), drill: z.optional(drill) }),
  z.object({ type: z.literal("openSetting"), setting: z.enum(["budgets", "usage.prices"]) }),
  z.object({ type: z.literal("refill") }),
  z.object({ type: z.literal("cancelFill") }),
  z.object({ type: z.literal("reload") }),
  z.object({ type: z.literal("copy"), format, table: cardID }),
  z.object({ type: z.literal("export"), format, table: cardID }),
  z.object({
    type: z.literal("savePicture"),
    card: cardID,
    dataURL: z
      .string()
      .check(z.maxLength(MAX_PICTURE_LENGTH), z.startsWith(PNG_PREFIX + PNG_SIGNATURE)),
  }),
  z.object({ type: z.literal("tab"), tab: z.enum(SESSION_TABS) }),
  z.object({
    type: z.literal("showMessages"),
    messageIDs: z.array(text).check(z.maxLength(MAX_SHOWN_MESSAGES)),
  }),
  z.object({ type: z.literal("find"), text }),
  z.object({ type: z.literal("prompt"), asked: fromPromptBox }),
  z.object({ type: z.literal("answer"), answer: fromCards }),
  z.object({ type: z.literal("copyText"), text: z.string().check(z.maxLength(MAX_COPY_LENGTH)) }),
  z.object({ type: z.literal("openLink"), href: text }),
  z.object({
    type: z.literal("openFileDiffs"),
    messageID: z.optional(text),
    files: z.array(text).check(z.maxLength(MAX_SHOWN_FILES)),
  }),
  z.object({
    type: z.literal("command"),
    command: z.enum(SESSION_COMMANDS),
    messageID: z.optional(text),
  }),
  z.object({
    type: z.literal("problem"),
    during: z.enum(PAGE_PARTS),
    name: z.string().check(z.regex(/^[a-zA-Z]{1,40}$/)),
    at: z
      .array(z.string().check(z.regex(/^\d{1,7}:\d{1,7}$/)))
      .check(z.minLength(1), z.maxLength(5)),
  }),
]);

/** Parses a message from a page; undefined if it isn't a valid message in this version. Never throws. */
export function parseFromPage(value: unknown): FromPage | undefined {
  // An inherited `type` doesn't count.
  const isOwn = typeof value === "object" && value !== null && Object.hasOwn(value, "type");
  return isOwn ? fromPage.safeParse(value).data : undefined;
}

const keptSession = z.object({
  version: z.literal(1),
  ref: z.object({ serverID: text, sessionID: text }),
});

/** The session of a page restored by VS Code; undefined if the restored state has none. */
export function parseKeptSession(value: unknown): SessionRef | undefined {
  return keptSession.safeParse(value).data?.ref;
}

/** The base64 content of a picture's data URL. */
export function pictureBase64(dataURL: string): string {
  return dataURL.slice(PNG_PREFIX.length);
}
