import type { Route } from "./routes.ts";
import type { Schema } from "./schema.ts";
import { eventDataSchemas, loggedTypes } from "./schemas.ts";

/** The OpenAPI document that describes the double's routes. */
export function openapiOf(routes: readonly Route[], version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const { method, path, body, answer } = route;
    const item = (paths[path] ??= {});
    item[method.toLowerCase()] = {
      ...(body === undefined ? {} : { requestBody: json(body) }),
      responses: answer === undefined ? { 204: {} } : { 200: json(answer) },
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "opencode", version },
    paths,
    components: { schemas: { Event: { anyOf: eventSchemas() } } },
  };
}

function json(schema: Schema): unknown {
  return { content: { "application/json": { schema } } };
}

function eventSchemas(): readonly unknown[] {
  return Object.entries(eventDataSchemas)
    .filter(([type]) => !loggedTypes.has(type))
    .map(([type, data]) => ({
      type: "object",
      properties: { type: { type: "string", enum: [type] }, data },
    }));
}
