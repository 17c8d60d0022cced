import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";

import type * as published from "../../../src/agents/publicAPI.ts";
import { TOOLS } from "../../../src/agents/toolDescriptions.ts";
import { isOurToolFile, toolFileText } from "../../../src/agents/toolFile.ts";
import type { SessionList } from "../../../src/core/sessionList.ts";
import type { SessionStatus } from "../../../src/core/sessionStatus.ts";
import type { UsageReport } from "../../../src/core/usageReport.ts";

/** True where two types accept each other's values. */
type IsSame<A, B> = [A, B] extends [B, A] ? true : false;

// The published types stand alone, so that they can be copied: here they are held to the real ones.
const ARE_SAME: readonly [
  IsSame<published.SessionStatus, SessionStatus>,
  IsSame<published.SessionList, SessionList>,
  IsSame<published.UsageReport, UsageReport>,
] = [true, true, true];

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

describe("what agents are told of the tools", () => {
  it("has types for others that are the real ones", () => {
    assert.deepEqual(ARE_SAME, [true, true, true]);
    assert.doesNotMatch(read("src/agents/publicAPI.ts"), /^import /m);
  });

  it("has schemas that readers of other dialects take", () => {
    // As the MCP SDK's own client reads them.
    for (const { inputSchema, outputSchema } of TOOLS) {
      for (const schema of [inputSchema, outputSchema]) {
        const sent = JSON.parse(JSON.stringify(schema)) as object;
        assert.ok(!("$schema" in sent));
        new Ajv({ strict: false }).compile(sent);
      }
    }
  });

  it("has the same arguments in the manifest, under names of its own", () => {
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

  it("names the provider and the program as the manifest does", () => {
    const [provider] = manifest.contributes.mcpServerDefinitionProviders;
    assert.ok(read("src/agents/registerDefinitions.ts").includes(`"${provider!.id}"`));
    assert.deepEqual(manifest.bin, { "opencode-sessions": "./dist/opencode-sessions.cjs" });
  });

  it("writes a tool file that is known again, whatever its paths hold", () => {
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
