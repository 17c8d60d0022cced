import assert from "node:assert/strict";
import { HOLD_MS } from "../../src/viewModels/tree/heldRows.ts";
import { formatCost } from "../../src/viewModels/text/money.ts";
import { poll } from "../support/opencode/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { patientMs } from "../support/patience.mjs";

const NESTED =
  "DO say 30 ;; task general Find the session { say 20 ;; task explore Trace the timer { task explore Check the clock { say 30 } ;; say 20 } ;; say 25 } ;; say 40";

describe("the tree, in a real VS Code on a real server", () => {
  let server: OpenCodeServer;

  before(async function () {
    server = await startOpenCode({ projects: ["app", "other"] });
    const { client } = server;
    const docs = await client.createSession({ title: "Write the docs" });
    await client.prompt(docs.id, "Write the docs\nDO say 50");
    const nested = await client.createSession({ title: "Fix flaky login test" });
    await client.prompt(nested.id, `Fix flaky login test\n${NESTED}`);
    await client.createSession({ title: "Elsewhere", directory: server.directories[1]! });
  });
  after(async () => {
    await server.stop();
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    settings: {
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
      "opencodeSessions.localDiscovery.enabled": false,
    },
  }));

  const description = async (name: RegExp): Promise<string> =>
    (await workbench().treeRow(name).locator(".label-description").textContent()) ?? "";
  const labels = async (): Promise<string[]> =>
    (await workbench().treeRows()).map(({ label }) => label);
  const filterBy = async (text: string): Promise<void> => {
    const shown = workbench().page.locator(".sidebar", { hasText: `Filter “${text}”` });
    await workbench().answerTo("OpenCode: Filter Sessions…", text, text === "" ? undefined : shown);
  };
  const untilLabels = async (what: string, isSo: (labels: string[]) => boolean): Promise<void> => {
    let last: string[] = [];
    await poll(what, async () => {
      last = await labels();
      return isSo(last) ? true : undefined;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${last.join(", ")}`);
    });
  };
  /** The cost that the tree must show for these sessions together, by the server's own figures. */
  const cost = async (...sessionIDs: readonly string[]): Promise<string> => {
    const sessions = await Promise.all(sessionIDs.map((id) => server.client.session(id)));
    const costUSD = sessions.reduce((sum, session) => sum + (session.cost ?? 0), 0);
    assert.ok(costUSD > 0);
    const nothing = { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } };
    return formatCost({
      tokens: nothing,
      recordedUSD: costUSD,
      estimatedUSD: 0,
      unpricedTokens: 0,
    });
  };
  /** Waits until nothing is redrawn: VS Code does not report a collapse to extensions while it redraws the row's list. */
  const untilAtRest = async (): Promise<void> => {
    await poll("the server's answer", async () => {
      const text = await description(/^Write the docs/);
      return text.includes("$") && !text.includes("stale") ? true : undefined;
    });
    await workbench().page.evaluate(async (quietMs) => {
      const rows = document.querySelector(".sidebar .pane .monaco-list-rows");
      if (rows === null) throw new Error("no rows");
      await new Promise<void>((resolve) => {
        const observer = new MutationObserver(() => {
          clearTimeout(timer);
          timer = setTimeout(finish, quietMs);
        });
        const finish = (): void => {
          observer.disconnect();
          resolve();
        };
        let timer = setTimeout(finish, quietMs);
        observer.observe(rows, { childList: true, subtree: true, characterData: true });
      });
    }, patientMs(1000));
  };
  const sessionID = async (title: string): Promise<string> => {
    const found = (await server.client.sessions()).find((session) =>
      session.title.startsWith(title),
    );
    assert.ok(found !== undefined, `no session ${title}`);
    return found.id;
  };

  it("shows each session with the server's figures, and projects if there are several", async () => {
    await workbench().openSideBar();
    await workbench()
      .treeRow(/^Write the docs/)
      .waitFor();
    const rows = await workbench().treeRows();
    assert.deepEqual(
      rows.map(({ level, label }) => `${String(level)} ${label}`),
      ["1 app", "2 Fix flaky login test", "2 Write the docs", "1 other", "2 Elsewhere"],
    );
    const expected = await cost(await sessionID("Write the docs"));
    const text = await description(/^Write the docs/);
    assert.match(text.replace(expected, "COST"), /^COST · (now|\dm)$/);
  });

  it("nests children three levels deep under a parent that shows the sum", async () => {
    const ids = await Promise.all(
      ["Fix flaky", "Find the session", "Trace the timer", "Check the clock"].map(sessionID),
    );
    const text = await description(/^Fix flaky login test/);
    const expected = await cost(...ids);
    assert.match(text.replace(expected, "COST"), /^● COST · (now|\dm)$/);
    await workbench().toggleRow(/^Fix flaky login test/);
    await workbench().toggleRow(/^Find the session/);
    await workbench().toggleRow(/^Trace the timer/);
    await workbench()
      .treeRow(/^Check the clock/)
      .waitFor();
    const levels = (await workbench().treeRows()).slice(1, 5).map(({ level }) => level);
    assert.deepEqual(levels, [2, 3, 4, 5]);
    const costs = [await cost(ids[3]!), await cost(ids[2]!, ids[3]!)];
    assert.notEqual(costs[0], costs[1]);
    assert.ok((await description(/^Check the clock/)).startsWith(`${costs[0]!} · `));
    assert.ok((await description(/^Trace the timer/)).startsWith(`${costs[1]!} · `));
  });

  it("updates a row on its own while its session streams, and leaves the rest unchanged", async function () {
    const id = await sessionID("Write the docs");
    await workbench().changeSettings({ "opencodeSessions.tree.rowParts": ["cost", "tokens"] });
    await poll("rows with tokens", async () =>
      /^\$[\d.]+ · [\d.]+k$/.test(await description(/^Write the docs/)) ? true : undefined,
    );
    await workbench().clickRow(/^Trace the timer/);
    const before = await workbench().treeRows();
    const seen = new Set<string>();
    const counts = new Set<number>();
    await server.client.promptAsync(id, "Go on\nDO slow 40 ;; say 360");
    await poll("the end of the answer", async () => {
      const text = await description(/^Write the docs/);
      if (text.includes("~")) seen.add(text);
      counts.add((await workbench().treeRows()).length);
      return seen.size > 2 && !text.includes("~") ? true : undefined;
    });
    await server.client.waitUntilIdle(id);
    const expected = await cost(id);
    await poll(`the row with ${expected}`, async () =>
      (await description(/^Write the docs/)).includes(expected) ? true : undefined,
    );
    // Rows keep their places for a while after a click.
    await untilLabels("the newest first", (now) => now[1] === "Write the docs");
    assert.deepEqual([...counts], [before.length], "rows went or came while figures moved");
    const rows = await workbench().treeRows();
    const shape = (row: (typeof rows)[number]): string =>
      `${row.label} ${String(row.isExpanded)} ${String(row.isSelected)}`;
    assert.deepEqual(rows.map(shape).sort(), before.map(shape).sort());
    assert.deepEqual(
      rows.filter(({ isSelected }) => isSelected).map(({ label }) => label),
      ["Trace the timer @explore"],
    );
    await workbench().changeSettings({ "opencodeSessions.tree.rowParts": undefined });
    await poll("rows as they were", async () =>
      (await description(/^Write the docs/)).includes("k") ? undefined : true,
    );
  });

  it("shows own and tree figures side by side in the tooltip", async () => {
    const row = workbench().treeRow(/^Fix flaky login test/);
    const shown = await workbench().readTooltip(
      row.locator(".label-name"),
      "With sub-sessions",
      (tooltip) => tooltip.innerText(),
    );
    const text = shown.replaceAll("\u00a0", " ");
    for (const expected of [
      /Fix flaky login test/,
      /Own\s+With sub-sessions/,
      /Input\s+[\d,]+\s+[\d,]+/,
      /Cache read\s+[\d,]+\s+[\d,]+/,
      /Total\s+[\d,]+\s+[\d,]+/,
      /Cost\s+\$[\d.]+\s+\$[\d.]+/,
      /Sub-sessions: 3/,
      /Model: Steady 2/,
      /Directory: .*app/,
    ]) {
      assert.match(text, expected);
    }
  });

  it("filters as you type, and Escape cancels", async () => {
    const all = await labels();
    await workbench().runCommand("OpenCode: Filter Sessions…");
    await workbench().page.locator(".quick-input-title", { hasText: "Filter Sessions" }).waitFor();
    await workbench().quickInput.fill("flaky");
    await untilLabels(
      "only what matches",
      (now) => !now.includes("Write the docs") && now.includes("Fix flaky login test"),
    );
    await workbench()
      .page.locator(".sidebar", { hasText: "Filter “flaky”: 1 of 3 sessions" })
      .waitFor();
    await workbench().page.keyboard.press("Escape");
    await untilLabels("all rows, as open as they were", (now) => now.length === all.length);
    const open = await workbench().treeRows();
    await untilAtRest();
    await workbench().toggleRow(/^Fix flaky login test/);
    await filterBy("TIMER");
    const found = workbench().treeRow(/^Trace the timer/);
    await found.waitFor();
    assert.equal(await found.locator(".label-name .highlight").innerText(), "timer");
    await workbench().screenshot("tree filtered");
    await workbench().clickRow(/^Clear Filter/);
    await untilLabels("the closed row closed", (now) => {
      return now.includes("Write the docs") && !now.includes("Trace the timer @explore");
    });
    await workbench().toggleRow(/^Fix flaky login test/);
    await untilLabels("the rows as they were", (now) => now.length === open.length);
    await workbench().answerTo("OpenCode: Filter Sessions…", "nothing like this");
    await workbench().page.getByText("No session matches the filter.").waitFor();
    await workbench().screenshot("tree filtered to nothing");
    // The welcome text may be drawn twice: click again if a button disappears just now.
    const clear = workbench().page.getByRole("button", { name: "Clear Filter" }).last();
    await poll("the filter is cleared", async () => {
      if (await clear.isVisible())
        await clear.click({ timeout: patientMs(2000) }).catch(() => undefined);
      return (await labels()).length > 0 ? true : undefined;
    });
    await untilLabels("all rows, as open as they were", (now) => now.length === all.length);
  });

  it("leaves the filter's input open when a row is clicked", async () => {
    const all = await labels();
    await workbench().runCommand("OpenCode: Filter Sessions…");
    await workbench().page.locator(".quick-input-title", { hasText: "Filter Sessions" }).waitFor();
    await workbench().quickInput.fill("docs");
    await untilLabels("only what matches", (now) => !now.includes("Fix flaky login test"));
    await workbench().clickRow(/^Write the docs/);
    await poll("the row is selected", async () =>
      (await workbench().treeRows()).some(
        ({ label, isSelected }) => isSelected && label === "Write the docs",
      )
        ? true
        : undefined,
    );
    assert.equal(await workbench().quickInput.inputValue(), "docs");
    assert.ok(!(await labels()).includes("Fix flaky login test"));
    await workbench().quickInput.press("Escape");
    await untilLabels("all rows, as open as they were", (now) => now.length === all.length);
  });

  it("keeps the selected session when a filter is set and cleared", async () => {
    const selected = async (): Promise<readonly string[]> =>
      (await workbench().treeRows())
        .filter(({ isSelected }) => isSelected)
        .map(({ label }) => label);
    await workbench().clickRow(/^Write the docs/);
    for (const [filter, expected] of [
      ["docs", ["Write the docs"]],
      ["flaky", []],
      ["", ["Write the docs"]],
    ] as const) {
      await filterBy(filter);
      await untilLabels(
        "the filter",
        (now) => now.includes("Fix flaky login test") === (filter !== "docs"),
      );
      await poll(`${expected.join()} to be selected`, async () =>
        (await selected()).join() === expected.join() ? true : undefined,
      );
    }
  });

  it("sorts as chosen", async () => {
    const roots = async (): Promise<string[]> =>
      (await workbench().treeRows()).filter(({ level }) => level === 2).map(({ label }) => label);
    assert.deepEqual(await roots(), ["Write the docs", "Fix flaky login test", "Elsewhere"]);
    await workbench().pickFrom("OpenCode: Sort Sessions By…", "By title");
    await untilLabels("the order by title", (now) => now.indexOf("Write the docs") > 3);
    await workbench().page.locator(".sidebar", { hasText: "by title" }).first().waitFor();
    await workbench().pickFrom("OpenCode: Sort Sessions By…", "Most recent first");
    await untilLabels("the most recent first", (now) => now[1] === "Write the docs");
  });

  it("limits itself to this workspace on request, and shows archived sessions only on request", async () => {
    const { length: count } = await labels();
    await workbench().clickViewAction("Show This Workspace Only");
    await untilLabels("one project, so no row for it", (now) => now[0] === "Write the docs");
    assert.ok(!(await labels()).includes("Elsewhere"));
    await workbench().clickViewAction("Show All Projects");
    await untilLabels("both projects, as open as they were", (now) => now.length === count);

    const { id } = await server.client.createSession({ title: "Over and done" });
    await untilLabels("a new session", (now) => now.includes("Over and done"));
    await server.client.request("PATCH", `/session/${id}`, {
      body: { time: { archived: Date.now() } },
    });
    await untilLabels("it is archived", (now) => !now.includes("Over and done"));
    await workbench().runCommand("OpenCode: Show Archived Sessions");
    await untilLabels("archived sessions", (now) => now.includes("Over and done"));
    await poll("its row says so", async () =>
      (await description(/^Over and done/)).startsWith("archived · ") ? true : undefined,
    );
    await workbench().runCommand("OpenCode: Hide Archived Sessions");
    await untilLabels("none archived", (now) => !now.includes("Over and done"));
    await server.client.remove(id);
  });

  it("treats any title as plain text of one line", async () => {
    const { client } = server;
    const titles = {
      markdown: "# Title **bold** [link](command:workbench.action.quit) `code` $(sync) | a | b |",
      html: "<img src=x onerror=alert(1)> <b>bold</b> & &amp;",
      lines: "first line\r\nsecond\tline \u202Eleft\u0007",
      emoji: "👩‍👩‍👧‍👦 family 🙂",
      long: "é".repeat(10_000),
    };
    await workbench().changeSettings({ "opencodeSessions.tree.titleLength": 0 });
    for (const title of Object.values(titles)) {
      const { id } = await client.createSession();
      await client.rename(id, title);
    }
    const expected = [
      /^# Title \*\*bold\*\* \[link\]\(command/,
      /^<img src=x onerror=alert\(1\)> <b>bold/,
      /^first line second line left$/,
      /^👩‍👩‍👧‍👦 family 🙂$/,
      /^é{20,80}…$/,
    ];
    await untilLabels("all five titles", (now) =>
      expected.every((title) => now.some((label) => title.test(label))),
    );
    const side = workbench().page.locator(".sidebar");
    assert.equal(await side.locator("img, b, strong, a[href^='command:']").count(), 0);

    const hover = workbench().page.locator(".workbench-hover:visible");
    const head = hover.locator("p").first();
    // Rows may still move under the pointer, which then shows another row's tooltip or none.
    await poll("the tooltip of the first title", async () => {
      await workbench().page.mouse.move(700, 400);
      await hover.waitFor({ state: "hidden" });
      // The label is wider than its row: hovering over its middle would scroll it.
      await workbench()
        .treeRow(/^# Title/)
        .hover({ position: { x: 80, y: 10 } });
      const shown = await head.innerText({ timeout: patientMs(3000) }).catch(() => undefined);
      return shown?.trim() === titles.markdown ? true : undefined;
    });
    assert.equal(await hover.locator("a, h1, code, .codicon").count(), 0);
    await workbench().page.mouse.move(700, 400);

    await workbench().runCommand("OpenCode: Switch Session…");
    const picks = await workbench().quickPickRows();
    assert.ok(picks.some((name) => name.includes("**bold** [link]")));
    await workbench().page.keyboard.press("Escape");
    const made = new Set(Object.values(titles));
    for (const { id, title } of await client.sessions())
      if (made.has(title)) await client.remove(id);
    await untilLabels("sessions that were deleted are gone", (rows) =>
      rows.every((label) => !label.startsWith("ééé")),
    );
    await workbench().changeSettings({ "opencodeSessions.tree.titleLength": 40 });
  });

  it("switches to a chosen currency in rows and the status bar without a reload", async () => {
    const statusBar = workbench().page.locator('.statusbar-item[id^="opencode-sessions"]');
    await workbench().changeSettings({
      "opencodeSessions.usage.currency": "EUR",
      "opencodeSessions.usage.currencyRate": 500,
    });
    await poll("a row and the status bar in euros", async () => {
      const texts = [await description(/^Write the docs/), await statusBar.innerText()];
      return texts.every((text) => text.includes("€") && !text.includes("$")) ? true : undefined;
    });
    const spoken = await workbench()
      .treeRow(/^Write the docs/)
      .getAttribute("aria-label");
    assert.match(spoken ?? "", /[\d.]+ euros/);
    await workbench().changeSettings({
      "opencodeSessions.usage.currency": undefined,
      "opencodeSessions.usage.currencyRate": undefined,
    });
    await poll("a row and the status bar in dollars", async () => {
      const texts = [await description(/^Write the docs/), await statusBar.innerText()];
      return texts.every((text) => text.includes("$") && !text.includes("€")) ? true : undefined;
    });
  });

  it("keeps expanded, collapsed and selected rows across a window reload", async () => {
    const shape = async (): Promise<readonly string[]> =>
      (await workbench().treeRows()).map(({ level, label, isExpanded, isSelected }) =>
        [level, label, isExpanded, isSelected ? "selected" : ""].join(" "),
      );
    const reloaded = async (): Promise<void> => {
      const before = await shape();
      await workbench().reload();
      let now: readonly string[] = [];
      await poll("the rows as they were", async () => {
        now = await shape();
        return now.join() === before.join() ? true : undefined;
      }).catch(() => {
        assert.deepEqual(now, before);
      });
    };
    const isFocusInside = async (): Promise<boolean> =>
      (await workbench().page.locator(".sidebar :focus").count()) > 0;
    await untilAtRest();
    await workbench().toggleRow(/^Project other/);
    await untilLabels("a closed project", (now) => !now.includes("Elsewhere"));
    await workbench().clickRow(/^Trace the timer/);
    assert.ok((await shape()).includes("4 Trace the timer @explore true selected"));
    await reloaded();
    assert.equal(await isFocusInside(), false);

    await untilAtRest();
    await workbench().toggleRow(/^Fix flaky login test/);
    await untilLabels("a closed session", (now) => !now.includes("Trace the timer @explore"));
    await reloaded();
  });

  it("moves no row under the pointer while sessions come and become active", async () => {
    const { page } = workbench();
    await untilAtRest();
    const placeOf = (rows: readonly string[]): number => rows.indexOf("Write the docs");
    assert.equal(placeOf(await labels()), 1);
    const row = workbench().treeRow(/^Write the docs/);
    let hoveredMs = 0;
    await poll("the row's tooltip", async () => {
      await page.mouse.move(700, 400);
      hoveredMs = performance.now();
      await row.locator(".label-name").hover({ timeout: patientMs(3000) });
      const tooltip = page.locator(".workbench-hover:visible", { hasText: "Write the docs" });
      return await tooltip.waitFor({ timeout: patientMs(3000) }).then(
        () => true,
        () => undefined,
      );
    });
    const { id } = await server.client.createSession({ title: "Just made" });
    await server.client.promptAsync(await sessionID("Fix flaky"), "Once more\nDO say 5");
    const places = new Set<number>();
    await poll("the new session's row", async () => {
      const now = await labels();
      if (now.includes("Just made")) return true;
      places.add(placeOf(now));
      return undefined;
    });
    assert.ok(performance.now() - hoveredMs >= HOLD_MS, "it moved rows under the pointer");
    assert.deepEqual([...places], [1]);
    await untilLabels("everything in its place", (now) => placeOf(now) === 3);
    await server.client.remove(id);
  });

  it("throws nothing into the page or the log", () => {
    assert.deepEqual(workbench().pageErrors, []);
    assert.doesNotMatch(workbench().readLogs(), /unhandled|\[error\].*opencode-sessions/i);
    assert.deepEqual(workbench().outsideRequests, []);
  });
});
