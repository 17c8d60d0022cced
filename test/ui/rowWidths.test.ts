import assert from "node:assert/strict";

import { fittingTitleLength } from "../../src/core/state/shownParts.ts";
import { sessionRow } from "../../src/viewModels/tree/sessionRow.ts";
import { poll } from "../support/opencode/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  aModel,
  aPermission,
  aServer,
  aSession,
  contextKnown,
  minutesAgo,
  NOW_MS,
  SONNET,
  stateWith,
} from "../support/seed/builders.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

const SHORT_TITLES = ["Refactor parser flow", "Fix audit log export", "Improve docs wording"];
const LONG_TITLES = [
  "Measure the memory of the workers while the window is closed",
  "WHY DOES THE BUILD HANG ON MONDAYS ONLY, AND ON ONE MACHINE",
  "为什么在关闭窗口之后工作进程仍然占用如此多的内存",
];

/** Label and description of a root session in every state, below `depth` rows. */
function rowsInEveryState(
  depth: number,
  titleLength: number,
): readonly (readonly [label: string, description: string])[] {
  const models = [aModel(), aModel({ modelID: "free", price: undefined })];
  const rows: (readonly [string, string])[] = [];
  for (const title of [...SHORT_TITLES, ...LONG_TITLES])
    for (const costUSD of [0, 0.0063, 0.23, 12.34])
      for (const isPartial of [false, true])
        for (const activity of ["idle", "working", "waiting"])
          for (const contextTokens of [1000, 166_000])
            for (const isActive of [false, true])
              for (const isPinned of [false, true]) {
                const server = aServer({
                  models,
                  sessions: [
                    aSession({ id: "a", title, costUSD, tokens: 50_000, updatedMs: minutesAgo(2) }),
                    ...(isPartial
                      ? [
                          aSession({
                            id: "b",
                            parentID: "a",
                            tokens: 500,
                            model: { ...SONNET, modelID: "free" },
                          }),
                        ]
                      : []),
                  ],
                  requests: activity === "waiting" ? [aPermission("a")] : [],
                  activities:
                    activity === "working"
                      ? { a: { kind: "working", sinceMs: minutesAgo(2) } }
                      : {},
                  live: (serverID) => [contextKnown(serverID, "a", contextTokens)],
                });
                const ref = { serverID: server.endpoint.serverID, sessionID: "a" };
                const row = sessionRow(stateWith(server), ref, {
                  nowMs: NOW_MS,
                  active: isActive ? ref : undefined,
                  pinned: new Set(isPinned ? ["a"] : []),
                  depth,
                  titleLength,
                });
                assert.ok(row !== undefined);
                rows.push([row.label, row.description]);
              }
  return rows;
}

/**
 * A shortened title may leave this much of its row empty: letters differ in width, and rows of which none can be
 * expanded begin further left.
 */
const SPARE_PX = 55;

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
      "opencodeSessions.tree.titleLength": undefined,
    },
  }));

  /** How much room is left behind the cost of each given row, drawn in place of a real one at this level. */
  const roomsPx = async (
    level: number,
    texts: readonly (readonly [label: string, description: string])[],
  ): Promise<readonly (readonly [row: string, roomPx: number])[]> =>
    workbench()
      .view()
      .locator(`.monaco-list-row[aria-level="${String(level)}"]`)
      .first()
      .evaluate((real, rows) => {
        // VS Code does not draw text again that it takes to be there, so the real row stays as it is.
        const row = real.cloneNode(true);
        if (!(row instanceof Element)) throw new Error("no row");
        real.parentElement?.append(row);
        const name = row.querySelector(".label-name");
        const description = row.querySelector(".label-description");
        const box = row.querySelector(".monaco-icon-label-container");
        if (name === null || description === null || box === null) throw new Error("no row");
        const rooms = rows.map(([label, text]) => {
          name.textContent = label;
          description.textContent = text;
          const range = document.createRange();
          const cost = /^[^$]*\$[\d.]+/.exec(text)?.[0];
          if (description.firstChild === null || cost === undefined) throw new Error("no cost");
          range.setStart(description.firstChild, 0);
          range.setEnd(description.firstChild, cost.length);
          // In a truncated row, the ellipsis covers part of the text.
          const isCut = box.scrollWidth > box.clientWidth;
          const edge = box.getBoundingClientRect().right - (isCut ? 12 : 0);
          return [`${label} ${text}`, edge - range.getBoundingClientRect().right] as const;
        });
        row.remove();
        return rooms;
      }, texts);

  /** The given rows whose cost is not fully visible. */
  const cutCosts = async (
    ...of: Parameters<typeof roomsPx>
  ): Promise<readonly (readonly [row: string, roomPx: number])[]> =>
    (await roomsPx(...of)).filter(([, roomPx]) => roomPx < 0);

  /** The session rows at a level that are drawn now. */
  const drawnRows = async (level: number): Promise<readonly (readonly [string, string])[]> => {
    const rows = (await workbench().treeRows()).filter(
      (row) => row.level === level && row.description.includes("$"),
    );
    assert.notEqual(rows.length, 0);
    return rows.map(({ label, description }) => [label, description] as const);
  };

  const cutRows = async (level: number) => cutCosts(level, await drawnRows(level));

  /** Waits until every cost is visible and shortened titles fill their rows. Fonts for Chinese may be missing. */
  const untilFitting = async (level: number): Promise<void> => {
    await poll("rows that fill the side bar", async () => {
      const rows = await drawnRows(level);
      const rooms = await roomsPx(level, rows);
      const isFitting = rooms.every(
        ([row, roomPx]) => roomPx >= 0 && (!/^[ -~]*…/.test(row) || roomPx < SPARE_PX),
      );
      return isFitting ? true : undefined;
    });
  };

  /** How many letters of a title fit a side bar of this width in this font. */
  const fittingLetters = async (widthPx: number): Promise<number> => {
    const letters = "abcdefghijklmnopqrstuvwxyz";
    const title = workbench().view().locator(".label-name").first();
    const px = await title.evaluate((element, text) => {
      const context = document.createElement("canvas").getContext("2d");
      if (context === null) throw new Error("no canvas");
      const { fontSize, fontFamily } = getComputedStyle(element);
      context.font = `${fontSize} ${fontFamily}`;
      return context.measureText(text).width;
    }, letters);
    return fittingTitleLength({ widthPx, letterPx: px / letters.length });
  };

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
      // A row under the pointer keeps its words.
      await page.mouse.move(edge + 600, 400);
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
    assert.deepEqual(await cutRows(3), []);
    const measured = workbench().treeRow(/^Measure the memory of the workers while the window is/);
    assert.match((await measured.locator(".label-name").textContent()) ?? "", /^Measure th.*…$/);
  });

  it("show as much of a title as fits beside their cost, once a page tells their width", async () => {
    await workbench().clickRow(/^Refactor/);
    await workbench().expandView("Active Session");
    for (const widthPx of [250, 400, 300]) {
      await dragTo(widthPx);
      await untilFitting(3);
      await workbench().screenshot(`rows-fitting-${String(widthPx)}`);
    }
  });

  it("show their cost at 250 pixels in every state", async () => {
    await dragTo(250);
    await untilFitting(3);
    assert.deepEqual(await cutCosts(3, rowsInEveryState(2, await fittingLetters(250))), []);
    await workbench().screenshot("rows-250-dark");
    await workbench().useTheme("light");
    await workbench().screenshot("rows-250-light");
    await dragTo(300);
    await workbench().screenshot("rows-300-light");
    await workbench().useTheme("dark");
    await workbench().screenshot("rows-300-dark");
    await dragTo(250);
    await untilFitting(3);
  });

  it("show their cost at the top level as well", async () => {
    await workbench().changeSettings({
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
    });
    await workbench().clickViewAction("Show This Workspace Only");
    await poll("sessions at the top level", async () =>
      (await workbench().treeRows()).every(({ level }) => level === 1) ? true : undefined,
    );
    await untilFitting(1);
    assert.deepEqual(await cutCosts(1, rowsInEveryState(0, await fittingLetters(250))), []);
    await workbench().screenshot("rows-250-top-level");
  });

  it("show full titles if configured", async () => {
    await workbench().changeSettings({ "opencodeSessions.tree.titleLength": 0 });
    await poll("the whole title", async () =>
      (await workbench().treeRows()).some(({ label }) => label === LONG_TITLES[0])
        ? true
        : undefined,
    );
    assert.notDeepEqual(await cutRows(1), []);
  });
});
