import * as z from "zod";

/** An object, whatever its keys. */
export const FIELDS = z.record(z.string(), z.unknown());

/** A process id. */
export const PID = z.int().positive();

/** A port one can connect to. */
export const PORT = z.int().positive().max(65_535);

/** The code of a failure of the file system or the network; undefined where it has none. */
export function codeOf(error: unknown): string | undefined {
  return z.object({ code: z.string() }).safeParse(error).data?.code;
}

/** Reads JSON of a known shape; undefined when it is none or has another shape. */
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
