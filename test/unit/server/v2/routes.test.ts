import assert from "node:assert/strict";
import { operationKey, parseSpecification } from "../../../../src/server/specification.ts";
import { chooseRoutes } from "../../../../src/server/v2/routes.ts";
import { openapiOf } from "../../../support/opencode/v2Double/openapi.ts";
import { routesOf } from "../../../support/opencode/v2Double/routes.ts";

function specificationOf(drift: "current" | "beta") {
  const found = parseSpecification(openapiOf(Object.values(routesOf(drift)), "2.1.4"));
  assert.ok(found !== undefined);
  return found;
}

describe("routes of an OpenCode 2 server", () => {
  it("are those of 2.0.18 if the specification has them", () => {
    assert.deepEqual(chooseRoutes(specificationOf("current")), {
      renamesByPatch: true,
      clearsRevertByDelete: true,
      cancelsFormByDelete: true,
      replyField: "decision",
      forkField: "before",
      nestsPrompt: false,
      takesDelivery: true,
      takesFiles: true,
      mcpPath: "/api/experimental/mcp",
      logPath: ["/api/experimental/session/", "/log"],
      statisticsPath: "/api/experimental/session/stats",
      hasInbox: true,
      hasView: true,
      hasRevert: true,
    });
  });

  it("are those of 2.0.18 if the specification cannot be read", () => {
    assert.deepEqual(chooseRoutes(undefined), chooseRoutes(specificationOf("current")));
  });

  it("follow the beta if the server is one", () => {
    assert.deepEqual(chooseRoutes(specificationOf("beta")), {
      renamesByPatch: false,
      clearsRevertByDelete: false,
      cancelsFormByDelete: false,
      replyField: "reply",
      forkField: "boundary",
      nestsPrompt: false,
      takesDelivery: true,
      takesFiles: true,
      mcpPath: "/api/mcp",
      logPath: ["/api/session/", "/log"],
      statisticsPath: "/api/session/stats",
      hasInbox: true,
      hasView: true,
      hasRevert: true,
    });
  });

  it("leave out those a server does not have", () => {
    const routes = chooseRoutes({ operations: new Map(), words: new Set() });
    assert.equal(routes.mcpPath, undefined);
    assert.equal(routes.logPath, undefined);
    assert.equal(routes.statisticsPath, undefined);
    assert.equal(routes.hasInbox, false);
    assert.equal(routes.hasRevert, false);
  });
});

describe("a specification", () => {
  it("is read through references and unions, with any parameter names", () => {
    const found = parseSpecification({
      openapi: "3.1.0",
      paths: {
        "/api/thing/{thingID}/prompt": {
          post: {
            requestBody: {
              content: { "application/json": { schema: { $ref: "#/components/schemas/Input" } } },
            },
            responses: {
              200: {
                content: {
                  "application/json": {
                    schema: {
                      properties: {
                        data: { type: "array", items: { $ref: "#/components/schemas/Thing" } },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
      components: {
        schemas: {
          Input: {
            anyOf: [{ properties: { prompt: {} } }, { $ref: "#/components/schemas/Other" }],
          },
          Other: { properties: { id: {} } },
          Thing: {
            properties: {
              kind: { const: "thing.made" },
              self: { $ref: "#/components/schemas/Thing" },
            },
          },
          Loop: { anyOf: [{ $ref: "#/components/schemas/Loop" }] },
          Event: { properties: { type: { enum: ["thing.lost"] } } },
        },
      },
    });
    const operation = found?.operations.get(operationKey("post", "/api/thing/:id/prompt"));
    assert.deepEqual([...(operation?.body ?? [])], ["prompt", "id"]);
    assert.deepEqual([...(operation?.answer ?? [])], ["kind", "self"]);
    assert.deepEqual([...(found?.words ?? [])].sort(), ["thing.lost", "thing.made"]);
  });

  it("is invalid without paths", () => {
    for (const value of [undefined, null, "x", [], {}, { paths: [] }]) {
      assert.equal(parseSpecification(value), undefined);
    }
  });
});
