import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";

import type * as published from "../../../src/core/agents/publicAPI.ts";
import schemas from "../../../src/agents/answerSchemas.json" with { type: "json" };
import { answerSchemas } from "../../support/answerSchemas.ts";
import { TOOLS } from "../../../src/agents/toolDescriptions.ts";
import { isOurToolFile, toolFileText } from "../../../src/agents/toolFile.ts";
import type { SessionState } from "../../../src/core/state/sessionState.ts";
import type { BudgetPeriod } from "../../../src/core/usage/budget.ts";
import type { CostState } from "../../../src/core/usage/usage.ts";
import type { ReportGrouping, ReportPeriod } from "../../../src/core/usage/usageReport.ts";

/** True if two types accept each other's values. */
type IsSame<A, B> = [A, B] extends [B, A] ? true : false;

// The published types import nothing, so that they can be copied: this checks that they match the code's own.
const ARE_SAME: readonly [
  IsSame<published.SessionStateName, Exclude<SessionState["kind"], "unknown">>,
  IsSame<published.CostState, CostState>,
  IsSame<keyof published.BudgetStatuses, BudgetPeriod>,
  IsSame<published.UsageReport["period"]["name"], ReportPeriod>,
  IsSame<published.UsageGrouping, ReportGrouping>,
] = [true, true, true, true, true];

interface Manifest {
  readonly contributes: {
    readonly languageModelTools: readonly {
      readonly name: string;
      readonly inputSchema: { readonly properties: Readonly<Record<string, unknown>> };
    }[];
    readonly mcpServerDefinitionProviders: readonly { readonly id: string }[];
  };
  readonly bin: Readonly<Record<string, string>>;
}
const root = new URL("../../../", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, root), "utf8");
const manifest = JSON.parse(read("package.json")) as Manifest;

describe("the tool descriptions for agents", () => {
  it("publish types that match the real ones", () => {
    assert.deepEqual(ARE_SAME, [true, true, true, true, true]);
    assert.doesNotMatch(read("src/core/agents/publicAPI.ts"), /^import /m);
  });

  it("have the schemas of the published types", () => {
    assert.deepEqual(schemas, answerSchemas(), "run `npm run manifest`");
  });

  it("have schemas that other JSON Schema validators accept", () => {
    // Read the way the MCP SDK's client does.
    for (const { inputSchema, outputSchema } of TOOLS) {
      for (const schema of [inputSchema, outputSchema]) {
        const sent = JSON.parse(JSON.stringify(schema)) as object;
        assert.ok(!("$schema" in sent));
        new Ajv({ strict: false }).compile(sent);
      }
    }
  });

  it("have the same arguments in the manifest, under prefixed names", () => {
    const { languageModelTools } = manifest.contributes;
    assert.deepEqual(
      languageModelTools.map(({ name }) => name),
      TOOLS.map(({ name }) => `opencode_${name}`),
    );
    for (const [index, { inputSchema }] of languageModelTools.entries()) {
      const properties = TOOLS[index]?.inputSchema["properties"] as object;
      assert.deepEqual(Object.keys(inputSchema.properties), Object.keys(properties));
    }
  });

  it("name the provider and the program like the manifest", () => {
    const [provider] = manifest.contributes.mcpServerDefinitionProviders;
    assert.ok(read("src/agents/registerDefinitions.ts").includes(`"${provider!.id}"`));
    assert.deepEqual(manifest.bin, { "opencode-sessions": "./dist/opencode-sessions.cjs" });
  });

  it("include a tool file that is recognised as ours, even with odd paths", () => {
    const odd = { program: '/a "b"/${c}/p.cjs', settings: "C:\\d\\s.json" };
    const text = toolFileText(odd);
    assert.ok(isOurToolFile(text));
    assert.ok(!isOurToolFile("export default {};"));
    const constants = /^const program = (.*);\nconst settings = (.*);$/m.exec(text);
    assert.deepEqual(
      constants?.slice(1).map((each) => JSON.parse(each) as unknown),
      [odd.program, odd.settings],
    );
  });
});
