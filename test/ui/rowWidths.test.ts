import assert from "node:assert/strict";

import { DEFAULT_TITLE_LENGTH } from "../../src/core/state/shownParts.ts";
import { poll } from "../support/opencode/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

const SHORT_TITLES = ["Refactor parser flow", "Fix audit log export", "Improve docs wording"];
const LONG_TITLES = [
  "Measure the memory of the workers while the window is closed",
  "WHY DOES THE BUILD HANG ON MONDAYS ONLY, AND ON ONE MACHINE",
  "为什么在关闭窗口之后工作进程仍然占用如此多的内存",
];

describe("session rows in a narrow side bar, in a real VS Code", () => {
  let server: OpenCodeServer;

  before(async function () {
    server = await startOpenCode({ projects: ["app", "other"] });
    const { client } = server;
    for (const title of [...LONG_TITLES, ...SHORT_TITLES]) {
      const { id } = await client.createSession({ title });
      await client.prompt(id, `${title}\nDO say 50`);
    }
    await client.createSession({ title: "Elsewhere", directory: server.directories[1]! });
  });
  after(async () => {
    await server.stop();
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    settings: {
      // A second server, so that rows are below a server and a project.
      "opencodeSessions.servers": [
        { url: server.url, name: "Test server" },
        { url: "http://127.0.0.1:9", name: "Lost server" },
      ],
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.tree.titleLength": DEFAULT_TITLE_LENGTH,
    },
  }));

  /** Rows whose cost is not fully visible. */
  const cutCosts = async (): Promise<readonly string[]> =>
    workbench()
      .view()
      .locator(".monaco-list-row")
      .evaluateAll((rows) =>
        rows.flatMap((row) => {
          const text = row.querySelector(".label-description")?.firstChild;
          const box = row.querySelector(".monaco-icon-label-container");
          const cost = /^(?:● )?\$[\d.]+/.exec(text?.textContent ?? "")?.[0];
          if (!(text instanceof Text) || box === null || cost === undefined) return [];
          const range = document.createRange();
          range.setStart(text, 0);
          range.setEnd(text, cost.length);
          // In a truncated row, the ellipsis covers part of the text.
          const isCut = box.scrollWidth > box.clientWidth;
          const edge = box.getBoundingClientRect().right - (isCut ? 12 : 0);
          return range.getBoundingClientRect().right > edge
            ? [row.querySelector(".label-name")?.textContent ?? ""]
            : [];
        }),
      );

  const dragTo = async (width: number): Promise<void> => {
    const { page } = workbench();
    const sideBar = page.locator(".part.sidebar");
    for (let tries = 0; tries < 5; tries++) {
      const box = await sideBar.boundingBox();
      assert.ok(box !== null);
      if (Math.abs(box.width - width) < 1) return;
      const edge = box.x + box.width;
      await page.mouse.move(edge, 500);
      await page.mouse.down();
      await page.mouse.move(edge + width - box.width, 500, { steps: 5 });
      await page.mouse.up();
    }
    const box = await sideBar.boundingBox();
    assert.ok(
      Math.abs((box?.width ?? 0) - width) < 2,
      `the side bar is ${String(box?.width)} wide`,
    );
  };

  it("show their cost at 300 pixels, whatever the title, below a server and a project", async () => {
    await workbench().openSideBar();
    await poll("all rows", async () => {
      const rows = await workbench().treeRows();
      const sessions = rows.filter(
        ({ level, description }) => level === 3 && /\$/.test(description),
      );
      return sessions.length === SHORT_TITLES.length + LONG_TITLES.length ? true : undefined;
    });
    await dragTo(300);
    await workbench().screenshot("rows-300");
    assert.deepEqual(await cutCosts(), []);
    const measured = workbench().treeRow(/^Measure the memory of the workers while the window is/);
    assert.match(
      (await measured.locator(".label-name").textContent()) ?? "",
      /^Measure the memo.*…$/,
    );
  });

  it("show their cost at 250 pixels with the title length set to fit", async () => {
    await dragTo(250);
    assert.notDeepEqual(await cutCosts(), []);
    await workbench().changeSettings({ "opencodeSessions.tree.titleLength": 12 });
    await poll("every cost", async () => ((await cutCosts()).length === 0 ? true : undefined));
    await workbench().useTheme("light");
    await workbench().screenshot("rows-250");
  });

  it("show full titles if configured", async () => {
    await workbench().changeSettings({ "opencodeSessions.tree.titleLength": 0 });
    await poll("the whole title", async () =>
      (await workbench().treeRows()).some(({ label }) => label === LONG_TITLES[0])
        ? true
        : undefined,
    );
    assert.notDeepEqual(await cutCosts(), []);
  });
});
