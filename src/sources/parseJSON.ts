import * as z from "zod";

/** An object with any keys. */
export const FIELDS = z.record(z.string(), z.unknown());

/** A process id. */
export const PID = z.int().positive();

/** A port that can be connected to. */
export const PORT = z.int().positive().max(65_535);

/** The code of a file-system or network error; undefined if it has none. */
export function codeOf(error: unknown): string | undefined {
  return z.object({ code: z.string() }).safeParse(error).data?.code;
}

/** Parses JSON of a known shape; undefined if it is malformed or has another shape. */
export function parseJSONAs<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
): z.infer<Schema> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return schema.safeParse(value).data;
}
