import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { OpenCodeSetup } from "../../../src/agents/openCodeSetup.ts";
import type { FileChange } from "../../../src/core/agents/programSetup.ts";
import { NO_CAPABILITIES } from "../../../src/core/state/capabilities.ts";
import { configValue, withConfigValue } from "../../../src/sources/openCodeConfigEdit.ts";
import { temporaryFolder } from "../../support/seed/ledger.ts";

/** Of a server whose configuration has a section for MCP servers. */
const NESTED = new Set(["mcpSection"] as const);
const START = { command: ["node", "/p.cjs", "mcp"], environment: {} } as const;

function aSetup() {
  const folder = temporaryFolder();
  const builtFolder = path.join(folder, "dist");
  mkdirSync(builtFolder);
  writeFileSync(path.join(builtFolder, "opencode-sessions.cjs"), "// version 1\n");
  const project = path.join(folder, "project");
  mkdirSync(project);
  const setup = new OpenCodeSetup({
    storageFolder: path.join(folder, "storage", "agents"),
    builtFolder,
    environment: { XDG_CONFIG_HOME: path.join(folder, "config") },
    homeFolder: path.join(folder, "home"),
  });
  return { folder, builtFolder, setup, project: { directory: project } };
}

/** Awaits a planned change, which must exist. */
async function planned(change: Promise<FileChange | undefined>): Promise<FileChange> {
  const found = await change;
  assert.ok(found !== undefined);
  return found;
}

describe("setting up session_status in OpenCode", () => {
  it("installs the program and its settings permanently, and updates them with each version", async () => {
    const { setup, builtFolder } = aSetup();
    assert.equal(await setup.isPrepared(), false);
    await setup.prepare({ budgets: [{ period: "daily", usd: 5 }] });
    assert.equal(await setup.isPrepared(), true);
    writeFileSync(path.join(builtFolder, "opencode-sessions.cjs"), "// version 2\n");
    await setup.prepare({ budgets: [] });
    assert.equal(readFileSync(setup.program, "utf8"), "// version 2\n");
    assert.deepEqual(JSON.parse(readFileSync(setup.settingsFile, "utf8")), { budgets: [] });
    assert.equal(readdirSync(path.dirname(setup.program)).length, 2, "nothing is left over");
    const files = [setup.program, setup.settingsFile];
    const written = files.map((file) => statSync(file).ino);
    await setup.prepare({ budgets: [] });
    assert.deepEqual(
      files.map((file) => statSync(file).ino),
      written,
      "the same is not written again",
    );
    const { command } = setup.startNow();
    assert.deepEqual(command.slice(0, 3), [process.execPath, setup.program, "mcp"]);
  });

  it("uses the Node on the path, unless that is too old", async () => {
    const { setup, folder } = aSetup();
    const programWith = async (nodeFolder: string): Promise<string | undefined> => {
      const before = process.env["PATH"];
      process.env["PATH"] = [nodeFolder, before].join(path.delimiter);
      try {
        return (await setup.startLasting()).command[0];
      } finally {
        process.env["PATH"] = before;
      }
    };
    assert.equal(await programWith(path.dirname(process.execPath)), "node");
    if (process.platform === "win32") return; // A script cannot replace node.exe there.
    writeFileSync(path.join(folder, "node"), "#!/bin/sh\necho v20.20.2\n", { mode: 0o755 });
    assert.equal(await programWith(folder), process.execPath);
  });

  it("writes to the existing configuration unless it changed in the meantime", async () => {
    const { setup, project, folder } = aSetup();
    const user = await setup.configFile("user");
    assert.equal(user, path.join(folder, "config", "opencode", "opencode.json"));
    const change = await planned(setup.planConfig("user", NO_CAPABILITIES, START));
    assert.equal(change.before, undefined);
    assert.ok(!existsSync(user), "planned, not written");
    await setup.write(change);
    assert.deepEqual(JSON.parse(readFileSync(user, "utf8")), {
      mcp: {
        "opencode-sessions": {
          type: "local",
          command: ["node", "/p.cjs", "mcp"],
          enabled: true,
        },
      },
    });
    assert.equal(
      await setup.planConfig("user", NO_CAPABILITIES, START),
      undefined,
      "nothing to change",
    );
    assert.equal(await setup.isConfigured("user", NO_CAPABILITIES), true);

    const own = path.join(project.directory, "opencode.jsonc");
    const text = '{\n    // mine\n    "model": "a/b",\n    "mcp": { "servers": {} },\n}\n';
    writeFileSync(own, text);
    assert.equal(await setup.configFile(project), own);
    const late = await planned(setup.planConfig(project, NESTED, START));
    writeFileSync(own, `${text}\n`);
    await assert.rejects(setup.write(late), /has changed in the meantime/);
    await setup.write(await planned(setup.planConfig(project, NESTED, START)));
    assert.match(readFileSync(own, "utf8"), /\/\/ mine/);
    assert.deepEqual(
      configValue(readFileSync(own, "utf8"), ["mcp", "servers", "opencode-sessions"]),
      {
        type: "local",
        command: ["node", "/p.cjs", "mcp"],
      },
    );
  });

  it("keeps a configuration file's mode and the symbolic link to it", async function () {
    if (process.platform === "win32") this.skip();
    const { setup, folder } = aSetup();
    const target = path.join(folder, "dotfiles.json");
    writeFileSync(target, "{}\n", { mode: 0o600 });
    const file = await setup.configFile("user");
    mkdirSync(path.dirname(file), { recursive: true });
    symlinkSync(target, file);
    await setup.write(await planned(setup.planConfig("user", NO_CAPABILITIES, START)));
    assert.ok(lstatSync(file).isSymbolicLink(), "the link is still one");
    assert.equal(statSync(target).mode & 0o777, 0o600);
    assert.match(readFileSync(target, "utf8"), /opencode-sessions/);
  });

  describe("in a project whose links lead out of it", function () {
    if (process.platform === "win32") this.pending = true;

    /** Each makes the project's files lead to `outside`, which holds a precious file or nothing. */
    const links: Readonly<Record<string, (project: string, outside: string) => void>> = {
      "a configuration": (project, outside) => {
        writeFileSync(path.join(outside, "precious.json"), "{}\n");
        symlinkSync(path.join(outside, "precious.json"), path.join(project, "opencode.json"));
      },
      "a relative link by way of another": (project, outside) => {
        writeFileSync(path.join(outside, "precious.json"), "{}\n");
        symlinkSync("../outside", path.join(project, "near"));
        symlinkSync("near/precious.json", path.join(project, "opencode.jsonc"));
      },
      "a dangling link": (project) => {
        symlinkSync("../outside/new.json", path.join(project, "opencode.json"));
      },
      "a loop": (project) => {
        symlinkSync("opencode.json", path.join(project, "opencode.json"));
      },
    };
    for (const [what, link] of Object.entries(links)) {
      it(`leaves the other file unchanged, and says so: ${what}`, async () => {
        const { setup, project, folder } = aSetup();
        const outside = path.join(folder, "outside");
        mkdirSync(outside);
        link(project.directory, outside);
        await assert.rejects(setup.planConfig(project, NO_CAPABILITIES, START), /symbolic link/);
        const files = readdirSync(outside).map((name) =>
          readFileSync(path.join(outside, name), "utf8"),
        );
        assert.ok(files.every((text) => text === "{}\n"));
        assert.equal(await setup.isConfigured(project, NO_CAPABILITIES), false);
      });
    }

    it("leaves it unchanged if the link appeared after the change was reviewed", async () => {
      const { setup, project, folder } = aSetup();
      const change = await planned(setup.planConfig(project, NO_CAPABILITIES, START));
      symlinkSync(path.join(folder, "new.json"), path.join(project.directory, "opencode.json"));
      await assert.rejects(setup.write(change), /symbolic link/);
      assert.ok(!existsSync(path.join(folder, "new.json")));
    });

    it("writes no tool file into the other folder, and removes none from there", async () => {
      const { setup, project, folder } = aSetup();
      const outside = path.join(folder, "outside");
      mkdirSync(path.join(outside, "tool"), { recursive: true });
      const link = path.join(project.directory, ".opencode");
      symlinkSync(outside, link);
      await assert.rejects(setup.planToolFile(project, true), /symbolic link/);
      assert.deepEqual(readdirSync(path.join(outside, "tool")), []);
      const own = await planned(setup.planToolFile("user", true));
      writeFileSync(path.join(outside, "tool", path.basename(own.file)), own.after ?? "");
      assert.equal(await setup.planToolFile(project, false), undefined);
    });

    it("follows links that stay in it, also where the project itself is reached by one", async () => {
      const { setup, project, folder } = aSetup();
      mkdirSync(path.join(project.directory, "settings"));
      symlinkSync("settings/..file.json", path.join(project.directory, "opencode.json"));
      const byLink = path.join(folder, "by-link");
      symlinkSync(project.directory, byLink);
      await setup.write(
        await planned(setup.planConfig({ directory: byLink }, NO_CAPABILITIES, START)),
      );
      const written = path.join(project.directory, "settings", "..file.json");
      assert.match(readFileSync(written, "utf8"), /opencode-sessions/);
      assert.ok(lstatSync(path.join(project.directory, "opencode.json")).isSymbolicLink());
    });
  });

  it("removes exactly what it added", async () => {
    const { setup } = aSetup();
    const file = await setup.configFile("user");
    mkdirSync(path.dirname(file), { recursive: true });
    const before = '{\n  "model": "a/b" // mine\n}\n';
    writeFileSync(file, before);
    await setup.write(await planned(setup.planConfig("user", NO_CAPABILITIES, START)));
    await setup.write(await planned(setup.planConfig("user", NO_CAPABILITIES, undefined)));
    assert.equal(readFileSync(file, "utf8"), before);
    assert.equal(await setup.planConfig("user", NO_CAPABILITIES, undefined), undefined);
  });

  it("does not touch a configuration it cannot read", async () => {
    const { setup, project } = aSetup();
    const file = path.join(project.directory, "opencode.json");
    writeFileSync(file, '{ "mcp": ');
    await assert.rejects(setup.planConfig(project, NO_CAPABILITIES, START), /is not valid JSON/);
    assert.equal(await setup.isConfigured(project, NO_CAPABILITIES), false);
  });

  it("installs, updates and removes the tool file, but does not touch someone else's", async () => {
    const { setup, project } = aSetup();
    const file = setup.toolFile(project);
    assert.equal(file, path.join(project.directory, ".opencode", "tool", "session_status.js"));
    assert.equal(await setup.planToolFile(project, false), undefined);
    await setup.write(await planned(setup.planToolFile(project, true)));
    assert.equal(await setup.planToolFile(project, true), undefined, "nothing to change");
    assert.ok(readFileSync(file, "utf8").includes(JSON.stringify(setup.program)));
    await setup.write(await planned(setup.planToolFile(project, false)));
    assert.ok(!existsSync(file));
    writeFileSync(file, "export default {};\n");
    await assert.rejects(setup.planToolFile(project, true), /is a different tool/);
    assert.equal(await setup.planToolFile(project, false), undefined);
  });
});

describe("a value in OpenCode's configuration", () => {
  it("is set and removed without touching the rest", () => {
    const rows: readonly (readonly [string, string])[] = [
      ["", '{\n  "a": {\n    "b": 1\n  }\n}\n'],
      ["{}", '{\n  "a": {\n    "b": 1\n  }\n}\n'],
      ['{\n\t"x": 1\n}\n', '{\n\t"x": 1,\n\t"a": {\n\t\t"b": 1\n\t}\n}\n'],
    ];
    for (const [text, wanted] of rows) {
      assert.equal(withConfigValue(text, ["a", "b"], 1), wanted);
    }
    const others = '{\n  "a": { "b": 1, "c": 2 } // both\n}\n';
    const removed = withConfigValue(others, ["a", "b"], undefined);
    assert.equal(configValue(removed ?? "", ["a", "c"]), 2);
    assert.match(removed ?? "", /\/\/ both/);
    assert.equal(withConfigValue(others, ["a", "none"], undefined), others);
    assert.equal(withConfigValue("[]", ["a"], 1), undefined);
    assert.equal(withConfigValue('{"a"', ["a"], 1), undefined);
  });
});
